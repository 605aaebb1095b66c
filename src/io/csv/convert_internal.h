// What the files of a conversion share: its state.
//
// convert.c takes memory and deals files to teams of ranks (convert_deal.c). A batch reads some
// text of each file and makes rows of it (convert_text.c), cuts these into chunks of MB_CHUNK_ROWS,
// which it deals evenly to the ranks of the team, and writes them (convert_rows.c).
#pragma once

#include "comm/shuffle.h"
#include "io/csv/convert.h"
#include "io/hdf/encode.h"
#include "io/hdf/write.h"
#include "io/packed/source.h"

typedef struct mb_convert_file {
    char *input, *output;
    mb_text_kind kind;
    int64_t size;
    bool shared;      // all ranks work on it together
    int64_t position; // bytes of it that were read
    mb_conversion_report report;
    char reason[MB_CSV_REASON_SIZE];
} mb_convert_file;

// The ranks that convert a file together, of which the first has the output open.
typedef struct mb_convert_team {
    int file; // -1: none
    int first, end;
} mb_convert_team;

// What ranks tell each other of the text that they have.
typedef struct mb_convert_text {
    bool over;     // the file was converted before
    bool last;     // the window reaches the end of the file
    bool drained;  // the rank's part of the window has no more text than this,
    bool cut;      // as the compressed data stop too early
    int64_t turn;  // the first rank whose part of the window is not used up
    int64_t lines; // bytes of whole lines, or of the ends of such,
    int64_t rest;  // and behind them
    int64_t part;  // bytes of the part, so far
    mb_text_sum sum;
} mb_convert_text;

// What they tell of the rows that they have made.
typedef struct mb_convert_news {
    int64_t rows; // with those left over
    int64_t lines, bad, first_bad;
    int64_t prefixes; // in the device table if it has changed, otherwise 0
} mb_convert_news;

// What they tell of what is done.
typedef struct mb_convert_outcome {
    bool over;
    int64_t position, rows, bad, first_line;
    char reason[MB_CSV_REASON_SIZE];
} mb_convert_outcome;

// The file at hand; the same on all ranks of its team, but for what is marked.
typedef struct mb_convert_work {
    bool open;
    bool over;         // all rows are written
    int64_t position;  // where the window begins,
    int64_t window;    // and how many bytes of the file each rank has of it
    int turn;          // as above
    int64_t lines;     // before the batch
    int64_t left_over; // rows, on the first rank
    int64_t chunks;    // written
    int64_t carried;   // bytes of a line that has begun; MB_CSV_LINE_SIZE: or more
    mb_text_sum sum;
    mb_device_table devices, merged, previous;
    mb_text_source *source; // this rank's, as all that follows
    bool placed;            // where its part of the window begins
    bool drained;
    int64_t filled, part; // bytes of text that wait, and of the part so far
    int64_t mark;         // of them a byte order mark
    int64_t rows;         // in memory
} mb_convert_work;

// Rows of all ranks, those of the first rank first: which each of them has, which make its chunks,
// and which are left over.
typedef struct mb_convert_spans {
    int64_t *start; // of the rows that ranks have; nranks + 1
    int64_t *chunked, *chunked_end, *rest, *rest_end;
    bool moves; // not all rows are where they belong
} mb_convert_spans;

struct mb_conversion {
    mb_context *cx;
    mb_csv_format format;
    int level;
    bool skip_bad, skip_header, begun;
    bool alone;    // each team is a rank
    int64_t range; // bytes of text that a rank takes in one batch,
    int64_t piece; // and when it is alone
    int n;
    mb_convert_file *files;
    int *order;             // of files: shared ones first, then those with most work
    int next;               // in this order
    int64_t total, done;    // bytes of input
    mb_convert_team *teams; // of each rank
    mb_convert_text *texts; // as all that follows until `spans`
    mb_convert_news *news;
    mb_convert_outcome *outcomes;
    bool *takes_part; // its text is next
    int64_t *tail_sizes, *sizes;
    mb_convert_spans spans;
    mb_convert_work work;
    mb_csv_parser *parser;
    mb_hdf_output *output;
    mb_encoder *encoder;
    mb_hdf_round round;
    mb_buffer *text;           // behind room for the beginning of a line
    mb_buffer *carried, *line; // of a line that began before
    mb_buffer *tails;          // of the texts of all ranks
    mb_buffer *devices, *encoded, *rows, *moved_rows;
    int64_t *words[MB_CSV_WORDS]; // of each row, in `rows`,
    int64_t *moved[MB_CSV_WORDS]; // and in `moved_rows`
};

// Decides which files are shared, and puts all in order. Replicated, but for the status.
mb_status mb_convert_deal(mb_conversion *conversion) MB_MUST_CHECK;

// Gives idle ranks files; false where all are idle. Replicated.
bool mb_convert_start(mb_conversion *conversion);

// This rank's team, and its file.
static inline const mb_convert_team *mb_convert_mine(const mb_conversion *conversion)
{
    return &conversion->teams[mb_rank(conversion->cx)];
}

static inline mb_convert_file *mb_convert_file_of(const mb_conversion *conversion)
{
    return &conversion->files[mb_convert_mine(conversion)->file];
}

// Whether all text of a rank's file was taken. Replicated.
bool mb_convert_ends(const mb_conversion *conversion, int rank);

// Reads text and makes rows of it, and agrees on device names. `*good` is this rank's status: a
// failure for bad lines. May be repeated. Inside a body, collective.
mb_status mb_convert_read(mb_conversion *conversion, mb_status *good) MB_MUST_CHECK;

// The number in the file of the first bad line that this rank has parsed.
int64_t mb_convert_first_bad(const mb_conversion *conversion);

// Takes note of what mb_convert_read has done. Does not fail.
void mb_convert_commit_text(mb_conversion *conversion);

// Writes the chunks of all rows; then puts aside those left over. `status` is this rank's so far.
// May be repeated. Inside a body, collective.
mb_status mb_convert_write(mb_conversion *conversion, mb_status status) MB_MUST_CHECK;

// Writes the names of devices and finishes outputs that are complete. The end of a body,
// collective.
mb_status mb_convert_finish(mb_conversion *conversion) MB_MUST_CHECK;
