// The text of files from any place on.
#pragma once

#include "io/packed/source.h"
#include "io/paths.h"
#include "io/records/records.h"

// A file; the same on all ranks.
typedef struct mb_record_file {
    int64_t kind;
    int64_t first, last; // where its records begin and end; of a compressed file its bytes
    int64_t skipped;     // of the text of a compressed file, before its records
    uint64_t header;     // a hash of it
} mb_record_file;

typedef struct mb_record_files {
    mb_paths paths;
    mb_buffer *table;
    const char *const *names;
    mb_record_file *list;
    int64_t n;
} mb_record_files;

// Which files are meant; rank 0 looks. Their records are still unknown. Inside a body, collective.
mb_status mb_record_files_find(mb_context *cx, const mb_records *records,
                               mb_record_files *files) MB_MUST_CHECK;

// Finds where the records of all files begin and end, each rank for some of them. Fails where their
// headers differ. Inside a body, collective.
mb_status mb_record_files_inspect(mb_context *cx, const mb_records *records, bool header,
                                  mb_record_files *files) MB_MUST_CHECK;
void mb_record_files_close(mb_record_files *files);

// Adds for each file that is meant its path and the lines at its beginning that are comments, as
// far as 64 KiB; rank 0 looks, all are told. Inside a body, collective.
mb_status mb_record_comments(mb_context *cx, const mb_records *records,
                             mb_strings *comments) MB_MUST_CHECK;

// A byte of a file, and bytes of the text that begins there: of plain text none.
typedef struct mb_record_place {
    int64_t at, behind;
} mb_record_place;

// A text that is read from a byte of its file on: of a compressed one, from the first stretch that
// begins there or behind it (io/packed/source.h).
typedef struct mb_input {
    mb_context *cx;
    const char *path;
    int fd;
    mb_text_source *source;
    int64_t at, end; // places in the text: the next byte, and of plain text its end
    int64_t first;   // where it began: of plain text the byte, of other text that of a stretch
    int64_t last;    // where another's text begins: a byte,
    int64_t limit;   // and in the text; INT64_MAX: it was not read yet
    int64_t limit_stretch; // which is this one,
    mb_text_sum limit_sum; // and what those before it say
    int64_t stretch;       // of compressed text: the one that was read last,
    int64_t stretch_at;    // and where in the text it begins
    bool spares;           // compressed data that end too early are no failure
    bool cut_off;          // they did
} mb_input;

mb_status mb_input_open(mb_context *cx, const char *path, const mb_record_file *file, int64_t first,
                        int64_t last, mb_input *input) MB_MUST_CHECK;
// Up to `room` bytes; 0 at the end only.
mb_status mb_input_read(mb_input *input, char *to, size_t room, size_t *n) MB_MUST_CHECK;
// As many as there are, up to `room`.
mb_status mb_input_fill(mb_input *input, char *to, int64_t room, int64_t *n) MB_MUST_CHECK;
// The place in the file of one in the text, which is not before the limit, or the end of all.
mb_record_place mb_input_place(const mb_input *input, int64_t at);
// What a compressed file says up to the limit.
mb_text_sum mb_input_sum(const mb_input *input);
// The bytes of a compressed file that were read since `*passed` of them were, which becomes
// current.
int64_t mb_input_passed(const mb_input *input, int64_t *passed);
void mb_input_close(mb_input *input);

// The first bytes of a file's text, at most `most`; `*whole`: that is all.
mb_status mb_input_head(mb_context *cx, const char *path, int64_t kind, int64_t most,
                        mb_buffer **head, int64_t *n, bool *whole) MB_MUST_CHECK;

// The place behind the end of the line at a place, n where there is none.
int64_t mb_line_behind(const char *text, int64_t at, int64_t n);

// Where the first record of a head is: behind a byte order mark, lines that are skipped, comments
// and blank lines. Fails for text of 16 bits.
mb_status mb_head_first(mb_context *cx, const mb_records *records, const char *path,
                        const char *head, int64_t n, int64_t *first) MB_MUST_CHECK;

// Scans from there on; the last line of a whole text gets an end. Gives lists in a buffer. The text
// needs MB_SLACK bytes behind it.
mb_status mb_lines_of(mb_context *cx, mb_dialect dialect, char *text, int64_t n, bool whole,
                      mb_buffer **lists, mb_lines *scan) MB_MUST_CHECK;

// The first bytes of a file's text, as many as have a line. Starts as all zeros.
typedef struct mb_head {
    mb_buffer *text, *lists;
    int64_t n, first; // its bytes, and where the first record begins
    mb_lines lines;   // from there on
} mb_head;

mb_status mb_head_scan(mb_context *cx, const mb_records *records, const char *path, int64_t kind,
                       mb_head *head) MB_MUST_CHECK;
void mb_head_close(mb_head *head);

// A batch of a scan, without rows.
void mb_batch_begin(char *text, const mb_lines *scan, mb_batch *batch);

// Rows of a scan from line `*line` on, of as many fields or not, without comments and blank lines;
// lines that begin at `limit` or behind it are not taken. The lines that were passed are counted.
void mb_batch_fill(mb_dialect dialect, char *text, const mb_lines *scan, int64_t limit,
                   int64_t *line, mb_batch *batch);
