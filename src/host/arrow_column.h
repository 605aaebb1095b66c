// Columns of a record batch of Arrow's C data interface (moonbear.h), as arrays of a host.
#pragma once

#include "host/array.h"

#define MB_ARROW_UNITS "smun" // the letters of units of time, as mb_unit counts them

// Beyond this a length or an offset is a mistake: bytes and bits could not be counted.
#define MB_ARROW_MOST_ROWS (INT64_MAX / 64)

typedef enum mb_arrow_text {
    MB_ARROW_NO_TEXT,
    MB_ARROW_TEXT,       // offsets of 4 bytes, and bytes
    MB_ARROW_LARGE_TEXT, // offsets of 8 bytes
    MB_ARROW_FIXED_TEXT, // `width` bytes a row
    MB_ARROW_VIEWS       // 16 bytes a row, with short strings, or where a long one lies
} mb_arrow_text;

// Strings of an array, or of the dictionary of one.
typedef struct mb_arrow_strings {
    mb_arrow_text form;
    int width;
    const struct ArrowArray *values; // those that have the strings
    int64_t first;                   // of its rows
    mb_array_type index;             // of a dictionary: what its rows' numbers are,
    const void *numbers;             // and these; NULL: there is none
} mb_arrow_strings;

typedef struct mb_arrow_column {
    mb_host_array rows;
    mb_arrow_strings strings;
} mb_arrow_column;

// Describes column i of a batch, which stays where it is. MB_EINVALID, with a message that names
// the column and its format, for what does not become a column, and for offsets, numbers and views
// that point beyond what they are of. Not collective.
mb_status mb_arrow_describe(mb_context *cx, const char *caller, const struct ArrowSchema *schema,
                            const struct ArrowArray *batch, int64_t i,
                            mb_arrow_column *column) MB_MUST_CHECK;
