// What the files of a conversion share: its state, and the chunks that both ways write.
//
// convert.c calls convert_shared.c and convert_alone.c, which differ in who reads the text and who
// deals out the work, and both call convert_chunks.c. Shared files come first; then the same memory
// serves the others.
#pragma once

#include "io/csv/convert.h"
#include "io/csv/realign.h"
#include "io/hdf/encode.h"
#include "io/hdf/write.h"
#include "io/packed/source.h"

typedef struct mb_convert_file {
    char *input, *output;
    mb_text_kind kind;
    int64_t size;
    bool shared; // all ranks work on it together
    mb_conversion_report report;
    char reason[MB_CSV_REASON_SIZE];
} mb_convert_file;

// What ranks tell each other after they have read some text.
typedef struct mb_convert_news {
    int64_t rows, lines, bad, first_bad;
    int64_t prefixes; // of a shared file: in the device table if it has changed, otherwise 0
    int64_t position; // of another one
    bool done;        // and whether it is over
    char reason[MB_CSV_REASON_SIZE];
} mb_convert_news;

// The shared file at hand. Replicated, but for what is marked.
typedef struct mb_convert_shared {
    int file;          // its number, or that of the next one
    int64_t start;     // where its first line begins: behind a mark
    int64_t position;  // bytes read
    int64_t lines;     // before the batch
    int64_t left_over; // rows on rank 0
    mb_device_table devices, merged, previous;
    int64_t *sizes; // of what each rank sends
    mb_realign realign;
    mb_buffer *encoded; // chunks: their sizes, then their bytes
    int fd;             // this rank's, as the next ones
    char *begin;        // of the lines in the text
    size_t length;
    const char *tail; // why what follows them is no line, or NULL
} mb_convert_shared;

// Files of one rank each.
typedef struct mb_convert_alone {
    int next; // in the conversion's order: the file to be dealt next
    struct mb_convert_place {
        int file; // -1: none
        int64_t position;
    } * ranks;              // where each is
    mb_text_source *source; // this rank's, as the next ones
    size_t filled;          // bytes of text that wait: the beginning of a line
    bool begun;             // what may stand before the first line is gone
    bool dropping;          // they belong to a line that was too long
    bool done;              // with the file, of which the others do not know yet
} mb_convert_alone;

struct mb_conversion {
    mb_context *cx;
    mb_csv_format format;
    int level;
    bool skip_bad, skip_header, begun;
    int64_t range; // bytes of text that a rank takes in one batch,
    int64_t piece; // and at a time when it is alone
    int n;
    mb_convert_file *files;
    int *order, n_order; // files for one rank each, those with most work first
    int64_t total, done; // bytes of input
    mb_convert_shared shared;
    mb_convert_alone alone;
    mb_convert_news *all; // of each rank
    // Of the file that this rank works on.
    mb_csv_parser *parser;
    mb_hdf_output *output;
    mb_encoder *encoder;
    mb_buffer *text, *chunk, *devices, *rows;
    int64_t *words[MB_CSV_WORDS]; // of each row, in `rows`
    int64_t n_rows;               // in memory
    int64_t n_chunks;             // written
};

// Fails if an output would overwrite an input or another output, whatever their paths; removes what
// killed conversions to these outputs left behind. For rank 0 alone.
mb_status mb_convert_check_paths(mb_conversion *conversion) MB_MUST_CHECK;

// Decides which files are shared, and puts the others in order. Replicated, but for the status.
mb_status mb_convert_deal(mb_conversion *conversion) MB_MUST_CHECK;

// Room for `text` bytes of text and a line that began before them or ends behind them, the rows in
// them and those of some chunks more. May be called again. Not collective, like all about chunks.
mb_status mb_convert_take_memory(mb_conversion *conversion, int64_t text,
                                 int64_t chunks) MB_MUST_CHECK;
void mb_convert_release(mb_conversion *conversion);

// Begins the output of a file.
mb_status mb_convert_create(mb_conversion *conversion, const mb_convert_file *file) MB_MUST_CHECK;

// Encodes n rows of a column from row `first` on as one chunk; returns its size.
size_t mb_convert_encode(mb_conversion *conversion, int column, int64_t first, int64_t n,
                         void *chunk);

// Writes the full chunks in memory; the rows behind them come first then.
mb_status mb_convert_write(mb_conversion *conversion) MB_MUST_CHECK;

// Writes the rows in memory, fewer than a chunk has, and the names of the devices, and finishes the
// output, which is gone then unless this fails.
mb_status mb_convert_finish(mb_conversion *conversion,
                            const mb_device_table *devices) MB_MUST_CHECK;

// Fails for the bad line number `line` (from 1) of a file.
mb_status mb_convert_fail(mb_conversion *conversion, const mb_convert_file *file, int64_t line,
                          const char *reason) MB_MUST_CHECK;

// What this rank has to tell of the lines that it has parsed.
mb_convert_news mb_convert_tell(const mb_conversion *conversion);

// The two ways. Opening is not collective and may be repeated; a batch is part of an operation's
// body. `over` tells whether there is nothing left to do this way.
mb_status mb_convert_shared_open(mb_conversion *conversion) MB_MUST_CHECK;
mb_status mb_convert_shared_batch(mb_conversion *conversion) MB_MUST_CHECK;
bool mb_convert_shared_over(const mb_conversion *conversion);
void mb_convert_shared_close(mb_conversion *conversion);

mb_status mb_convert_alone_open(mb_conversion *conversion) MB_MUST_CHECK;
mb_status mb_convert_alone_batch(mb_conversion *conversion) MB_MUST_CHECK;
bool mb_convert_alone_over(const mb_conversion *conversion);
void mb_convert_alone_close(mb_conversion *conversion);
