// The column: an immutable value of one type, spread over the ranks.
//
// value type + layout + (values with optional validity, or a pending expression). Integers are
// stored as 8-byte values or as unsigned offsets of 1, 2 or 4 bytes from a base; the width never
// shows in a result. Everything but `buffer`, `validity` and their contents is the same on all
// ranks.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "comm/layout.h"
#include "comm/lockstep.h"
#include "core/context.h"
#include "types/type.h"

struct mb_expression;

enum { MB_STATISTICS_ROWS = 1 << 16 }; // local rows to each entry of `ranges`
MB_WHOLE_WORDS(MB_STATISTICS_ROWS);

// Bounds of some values of a bool, int or uint column, as bits of its type.
typedef struct mb_range {
    uint64_t minimum, maximum;
} mb_range;

typedef struct mb_column {
    int64_t references;
    mb_context *cx;
    const mb_type *type;
    mb_layout *layout;
    uint64_t identity; // the same on all ranks for the same value: see lockstep.h

    int width;     // bytes of a stored value: 1 for bool; 1, 2, 4, 8 for integers; 4, 8 for floats
    uint64_t base; // an integer narrower than 8 bytes is base + its stored value
    mb_buffer *buffer;  // owns `values`; NULL while pending
    const void *values; // this rank's rows
    mb_buffer
        *validity;   // bit i % 64 of word i / 64 is set when local row i is there; NULL: all are
    int64_t missing; // rows that are not there, on all ranks

    bool bounded;      // `range` bounds all values that are there
    mb_range range;    // of all ranks; minimum > maximum in the type's order when there are none
    bool ascending;    // known that no row is below the one before it, and none is missing
    mb_buffer *ranges; // an mb_range for each 64 Ki local rows, or NULL

    // Of a pending column: the identity of the first column that was computed from it, 0 if none
    // was; the change that set it; and how many rows were read without computing the others.
    uint64_t asker;
    mb_tentative asked;
    int64_t rows_read;
    struct mb_expression *expression;                // what a pending column will be; else NULL
    void (*drop_expression)(struct mb_expression *); // set with it, by the layer above
} mb_column;

// A column without values yet, with one reference; takes a reference to the layout. Not collective.
mb_status mb_column_new(mb_context *cx, const mb_type *type, mb_layout *layout,
                        mb_column **column) MB_MUST_CHECK;

mb_column *mb_column_retain(mb_column *column);
void mb_column_release(mb_column *column);

// This rank's rows.
int64_t mb_column_rows(const mb_column *column);

// Whether there are no values yet. The same on all ranks.
static inline bool mb_column_pending(const mb_column *column)
{
    return !column->buffer;
}

// Bytes that this rank holds for it.
int64_t mb_column_bytes(const mb_column *column);

// One local row of a materialised column, widened; false when it is missing.
bool mb_column_get(const mb_column *column, int64_t local_row, mb_value *value);

// Whether local row i is there.
static inline bool mb_column_valid(const mb_column *column, int64_t i)
{
    return !column->validity || ((const uint64_t *)column->validity->data)[i / 64] >> (i % 64) & 1;
}

// Rows of this rank that are missing.
int64_t mb_column_missing_here(const mb_column *column);

// Validity bits as bytes, 0 or 1, of n rows from the first bit on.
void mb_validity_bytes(const uint64_t *validity, int64_t n, uint8_t *bytes);

// Gives a result of the running operation its identity: the operation's number and an index.
void mb_column_identify(mb_column *column, int index);

// "int column of 100 rows", into `text`.
void mb_column_describe(const mb_column *column, char *text, size_t size);
