// Text of comma-separated lines into columns.
//
// A format lists the fields of a line, each with a name and a converter. A line is taken strictly:
// its fields are counted, each must be wholly what its converter reads, and the line must end in LF
// alone; the last one may lack that. A field may stand in double quotes, and a byte order mark
// before the first line. What is wrong is told with the field's name; the caller knows the file and
// adds the line's number.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/context.h"
#include "io/records/column.h"

enum {
    MB_CSV_NAME_SIZE = 64,
    MB_CSV_FIELDS = 256,          // most in a line
    MB_CSV_TEXT_SIZE = 32,        // bytes of text where a format does not say how many,
    MB_CSV_LONGEST_TEXT = 4096,   // and the most that it can say
    MB_CSV_WORDS = 4096,          // most of 8 bytes in a row
    MB_CSV_LINE_SIZE = 256 << 10, // of the longest line, with its LF
    MB_CSV_REASON_SIZE = 512,
};

typedef struct mb_csv_field {
    char name[MB_CSV_NAME_SIZE];
    mb_record_column what;
    int column; // -1 when skipped
    int word;   // where the column is in a row, of words of 8 bytes,
    int words;  // and how many it has: text has more than one, padded with zeros
} mb_csv_field;

typedef struct mb_csv_format {
    int n_fields, n_columns, n_words, n_devices;
    mb_csv_field fields[MB_CSV_FIELDS];
} mb_csv_format;

// Adds a field to a format that began as zeros. Fails for names that no dataset can have, names
// given twice and converters that do not exist. "text:N" has room for N bytes, rounded up to words;
// "time:s" reads numbers of seconds since 1970, and so on for other units.
// Not collective.
mb_status mb_csv_format_add(mb_context *cx, mb_csv_format *format, const char *name,
                            const char *converter) MB_MUST_CHECK;

// The field that makes a column.
const mb_csv_field *mb_csv_format_field(const mb_csv_format *format, int column);

// Reads text by a format. Values of all types but text are 8 bytes wide: int64_t, uint64_t, double.
typedef struct mb_csv_parser {
    mb_context *cx;
    const mb_csv_format *format;
    bool skip_bad;    // go on after a bad line
    bool skip_header; // leave the first line of a file out
    bool at_start;    // what is parsed first since the restart begins a file
    mb_record_devices devices;
    mb_record_state *states; // of the columns
    mb_batch *batch;
    mb_buffer *lists, *arena;

    int64_t lines, bad;              // since the last restart
    int64_t first_bad;               // the first bad line, counted from 0
    char reason[MB_CSV_REASON_SIZE]; // why it is bad
} mb_csv_parser;

// Not collective, like all that follows. Closed in any case.
mb_status mb_csv_parser_open(mb_context *cx, mb_csv_parser *parser, const mb_csv_format *format,
                             bool skip_bad, bool skip_header) MB_MUST_CHECK;
void mb_csv_parser_close(mb_csv_parser *parser);

// Forgets what was counted; whether what follows begins a file.
void mb_csv_parser_restart(mb_csv_parser *parser, bool at_start);

// The bytes of a byte order mark that a file's text begins with: 3 or 0.
size_t mb_csv_mark(const char *text, size_t size);

// Reads whole lines (the last byte is an LF, and MB_SLACK bytes behind it are readable) into the
// words of rows from `row` on, each word of all rows in an array of its own, and returns the rows
// made; there must be room for mb_csv_most_rows. Stops at the first bad line unless it may skip
// them.
int64_t mb_csv_parse(mb_csv_parser *parser, char *text, size_t size, int64_t *const *words,
                     int64_t row);

// Counts a line that the caller found to be bad, for one of these reasons or its own.
void mb_csv_parser_reject(mb_csv_parser *parser, const char *reason);
extern const char mb_csv_long_line[];

// The most rows that so many bytes of text can hold.
int64_t mb_csv_most_rows(const mb_csv_format *format, int64_t size);
