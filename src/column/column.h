// The column: an immutable value of one type, spread over the ranks.
//
// value type + layout + state: stored, with planes of values and of validity, or pending, with an
// expression. Integers are stored as 8-byte values or as unsigned offsets of 1, 2 or 4 bytes from a
// base; the width never shows in a result. Everything but the buffers of the planes, and what they
// hold, is the same on all ranks.
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

// An array with an entry for each local row of a column.
typedef struct mb_plane {
    int width;         // bytes of an entry; 0: a bit, bit i % 64 of word i / 64
    uint64_t base;     // an integer narrower than 8 bytes is base + its entry
    mb_buffer *buffer; // owns the entries; NULL: there is no such plane
    const void *data;  // the first entry
} mb_plane;

// What is known of a column's values, the same on all ranks but for `ranges`. A fact may be loose,
// never wrong: who relies on tight bounds tightens them.
typedef struct mb_facts {
    int64_t missing;   // rows that are missing, on all ranks, or MB_UNCOUNTED
    bool bounded;      // `range` bounds all valid values, as it does of all stored integers
    mb_range range;    // of all ranks; minimum > maximum in the type's order when there are none
    bool ascending;    // no row is below the one before it, and none is missing
    mb_buffer *ranges; // an mb_range for each 64 Ki local rows, or NULL
} mb_facts;

enum { MB_UNCOUNTED = -1 }; // while an operation makes the column: there may be missing rows

typedef enum mb_column_state {
    MB_STORED,  // with planes
    MB_PENDING, // with an expression
} mb_column_state;

typedef struct mb_column {
    int64_t references;
    mb_context *cx;
    const mb_type *type;
    mb_layout *layout;
    uint64_t identity; // the same on all ranks for the same value: see lockstep.h
    mb_column_state state;

    mb_plane values;   // 1 byte for bool; 1, 2, 4, 8 for integers; 4, 8 for floats
    mb_plane validity; // set bits are valid rows; no such plane when no rank has a missing row
    mb_facts facts;

    struct mb_expression *expression;                // what a pending column will be; else NULL
    void (*drop_expression)(struct mb_expression *); // set with it, by the layer above

    // The values are a host's, which may change them, or are computed from such by an expression,
    // which is kept. The latter are in the context's list while they are stored.
    bool live;
    struct mb_column *live_next, **live_link;
    struct mb_column *frozen; // owned; a copy of a host's values for who keeps them, until a touch
#ifdef MB_CHECKED
    mb_tentative check; // see check.h
#endif
} mb_column;

// The constructor: a column of the type, layout, identity, state, planes, facts and expression of
// `model`, with one reference. It takes references to the type, the layout and the buffers, and the
// expression itself. A stored column gets the planes that the model has no buffer for: values of
// the model's width and base, not initialised, and validity, all missing, unless facts.missing is
// 0. Values of a shared buffer are copied, unless the column is live. Whoever made it writes their
// buffers until the operation ends. Not collective.
mb_status mb_column_new(mb_context *cx, const mb_column *model, mb_column **column) MB_MUST_CHECK;

// The identity of a result of the running operation: the operation's number and an index.
uint64_t mb_result_identity(const mb_context *cx, int index);

// The facts of a column that also hold for any of its rows, in their order, with missing rows
// counted anew.
mb_facts mb_facts_of_rows(const mb_column *column);

// A step (see lockstep.h) that also counts the missing rows of a column that was made with
// MB_UNCOUNTED. `made` may be NULL where `status` is a failure. Collective.
mb_status mb_column_settle(mb_context *cx, mb_status status, mb_column *made) MB_MUST_CHECK;

// Sets the number of missing rows on all ranks, and drops the validity when it is 0.
void mb_column_set_missing(mb_column *made, int64_t missing);

// Stores a pending column: it takes the planes and facts of `made`, which has its type and layout.
// A live one keeps its expression.
void mb_column_store(mb_column *column, const mb_column *made);

// Makes all columns pending again whose values were computed from a host's. Between operations, not
// collective, but on all ranks.
void mb_columns_renew(mb_context *cx);

// A column with values as they will stay: the column itself, unless it is live. Of a host's array
// it is a copy, which the column holds until it is released or mb_column_thaw is called. Not
// collective.
mb_status mb_column_freeze(mb_context *cx, mb_column *column, mb_column **frozen) MB_MUST_CHECK;

// The host has changed the values.
void mb_column_thaw(mb_column *column);

mb_column *mb_column_retain(mb_column *column);
void mb_column_release(mb_column *column);

// This rank's rows.
int64_t mb_column_rows(const mb_column *column);

// Whether there are no values yet. The same on all ranks.
static inline bool mb_column_pending(const mb_column *column)
{
    return column->state == MB_PENDING;
}

// Bytes that this rank holds for it.
int64_t mb_column_bytes(const mb_column *column);

// One local row of a materialised column, widened; false when it is missing.
bool mb_column_get(const mb_column *column, int64_t local_row, mb_value *value);

// The bounds of a stored column's values, false and those in its facts when none are known. Those
// of bools are.
bool mb_column_range(const mb_column *column, mb_range *range);

// Whether a range has no value; the range becomes one that has those of another, too.
bool mb_range_empty(mb_kind kind, mb_range range);
void mb_range_join(mb_kind kind, mb_range *range, mb_range other);

// Whether local row i is valid.
static inline bool mb_column_valid(const mb_column *column, int64_t i)
{
    return !column->validity.data ||
           ((const uint64_t *)column->validity.data)[i / 64] >> (i % 64) & 1;
}

// Sets the bits of so many rows, all valid, and none behind them.
void mb_validity_fill(uint64_t *words, int64_t rows);

// Words of a validity bitmap.
static inline int64_t mb_validity_words(int64_t rows)
{
    return (rows + 63) / 64;
}

// Rows of this rank that are missing.
int64_t mb_column_missing_here(const mb_column *column);

// Validity bits as bytes, 0 or 1, of n rows from the first bit on.
void mb_validity_bytes(const uint64_t *validity, int64_t n, uint8_t *bytes);

// "int column of 100 rows", into `text`.
void mb_column_describe(const mb_column *column, char *text, size_t size);
