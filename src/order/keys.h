// Keys: rows of one or several columns as unsigned numbers in the order of their values.
//
// The code of a value is its distance from the column's least one, so that few bits vary; of a
// descending key, from the largest. NaN comes after all values and missing rows after NaN, in both
// directions; -0.0 equals 0.0, all NaN are alike. The codes of a row are packed into as few 64-bit
// words as hold them, the first column in the highest bits of word 0; each code is within a word.
// Packed rows compare as the rows of the columns do, word by word, and are equal when those are.
//
// Everything here is the same on all ranks.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "column/column.h"
#include "expr/evaluate.h"
#include "order/order.h"

enum {
    MB_MOST_KEYS = MB_MOST_ROOTS,      // columns
    MB_MOST_FIELDS = 2 * MB_MOST_KEYS, // and words: a column takes one field, at worst two
    MB_KEY_ROWS = 1024,                // most rows that mb_keys_each hands out at a time
};
MB_WHOLE_WORDS(MB_KEY_ROWS);

// What must be known of a column before its values get codes.
typedef struct mb_key_bounds {
    mb_kind kind;
    bool single;            // floats whose values all fit 4 bytes: codes of 32 bits
    bool any, nan, missing; // whether there are values that are numbers, NaN, missing rows
    uint64_t low,
        high; // of the numbers, in order: mb_order_bits, mb_order_float, or that of floats
} mb_key_bounds;

// The bounds of a column: those that it carries, or what a pass over its rows finds. Inside a body,
// collective.
mb_status mb_key_bounds_of(mb_context *cx, mb_column *column, mb_key_bounds *bounds) MB_MUST_CHECK;

// Bounds of the values of both, of one type, so that two tables get the same codes. Not collective.
mb_key_bounds mb_key_bounds_join(mb_key_bounds a, mb_key_bounds b);

// A field of a packed row: the code of a column; or, where that would need 65 bits, whether the row
// is missing, followed by the code.
typedef struct mb_key_field {
    int column;    // its index
    bool presence; // 1 for missing rows, 0 for others
    bool descending;
    uint64_t span;         // the largest code of a number
    uint64_t nan, missing; // their codes; of missing rows 0 where presence has its own field
    uint64_t largest;      // code
    int word, shift, bits;
} mb_key_field;

typedef struct mb_keys {
    int ncolumns, nfields, nwords; // nwords is at least 1
    mb_key_bounds bounds[MB_MOST_KEYS];
    mb_key_field fields[MB_MOST_FIELDS];
    int bits[MB_MOST_FIELDS]; // of each word; may be 0
} mb_keys;

// The packing for columns with these bounds; `descending` may be NULL. Not collective.
void mb_keys_pack(const mb_key_bounds *bounds, const bool *descending, int ncolumns, mb_keys *keys);

// Takes the words of rows first .. first + n - 1 of this rank, n <= MB_KEY_ROWS: words[w][i] is
// word w of row i. They may be written to, and last until the call returns.
typedef mb_status mb_take_keys(void *state, uint64_t *const *words, int64_t first, int64_t n);

// Streams the packed rows of `columns`, of one length, in order. Pending columns are evaluated and
// not kept. The status is this rank's own: agree on it next. Inside a body, collective.
mb_status mb_keys_each(mb_context *cx, const mb_keys *keys, mb_column *const *columns,
                       mb_take_keys *take, void *state) MB_MUST_CHECK;

// The same of n rows of columns that have values and one layout, from local row `first` on, a
// multiple of 64. Not collective.
mb_status mb_keys_some(mb_context *cx, const mb_keys *keys, mb_column *const *columns,
                       int64_t first, int64_t n, mb_take_keys *take, void *state) MB_MUST_CHECK;

// Packed rows of columns that have values and one layout, read where they are wanted.
typedef struct mb_key_reader {
    mb_column *const *columns;
    mb_buffer *coder;
} mb_key_reader;

mb_status mb_key_reader_open(mb_context *cx, const mb_keys *keys, mb_column *const *columns,
                             mb_key_reader *reader) MB_MUST_CHECK;
void mb_key_reader_close(mb_key_reader *reader);

// The words of n <= MB_KEY_ROWS rows from local row `first` on, a multiple of 64; they last until
// the next call. Not collective.
uint64_t *const *mb_key_reader_take(const mb_key_reader *reader, int64_t first, int64_t n);

// The same of n <= MB_KEY_ROWS rows anywhere, local rows rows[i], as rows 0 .. n - 1. Not
// collective.
mb_status mb_keys_picked(mb_context *cx, const mb_keys *keys, mb_column *const *columns,
                         const int64_t *rows, int64_t n, mb_take_keys *take,
                         void *state) MB_MUST_CHECK;

// How stored values of a field, counted from `base`, become codes: see order.h. Not collective.
mb_coding mb_key_coding(const mb_keys *keys, const mb_key_field *field, uint64_t base);

// The values of a column back from packed rows, as mb_builder_append_words takes them, which
// may overwrite words of one only. valid[i] is 0 for missing rows. Not collective.
void mb_keys_values(const mb_keys *keys, int column, uint64_t *const *words, int64_t n,
                    uint64_t *values, uint8_t *valid);
