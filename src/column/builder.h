// Builders: rows of new columns, appended in order on each rank, stored as narrow as they allow.
//
// The width is guessed before the rows are seen, from a range that all ranks agree on (what a
// sample showed, say), and widened when a value does not fit; finishing makes it the same on all
// ranks. A guess that holds costs one pass.
#pragma once

#include "column/column.h"

typedef struct mb_builder mb_builder;

// Begins a column of n_local rows on this rank. `guess` may be NULL; it must be the same on all
// ranks, and is ignored for floats and bools. `float_width` is 4 or 8 for floats, and ignored for
// others. Not collective.
mb_status mb_builder_open(mb_context *cx, const mb_type *type, int64_t n_local,
                          const mb_range *guess, int float_width,
                          mb_builder **builder) MB_MUST_CHECK;

// Appends n rows: int64_t, uint64_t, double (float where float_width is 4) or uint8_t bools.
// `valid` has a byte a row, 0 for missing, or is NULL. Fails (MB_EINVALID) past n_local rows.
// Not collective.
mb_status mb_builder_append(mb_builder *builder, const void *values, const uint8_t *valid,
                            int64_t n) MB_MUST_CHECK;

// Bytes of a row that mb_builder_append takes.
int mb_builder_width(const mb_builder *builder);

// The same of n words of 64 bits: integers, doubles, or bools in the lowest bit. They may be
// overwritten.
mb_status mb_builder_append_words(mb_builder *builder, uint64_t *words, const uint8_t *valid,
                                  int64_t n) MB_MUST_CHECK;

// Makes it a builder of n_local rows, no fewer than were appended, for those who do not know the
// number before. What is there is copied when the builder was opened for fewer. Not collective.
mb_status mb_builder_resize(mb_builder *builder, int64_t n_local) MB_MUST_CHECK;

// Turns n builders into columns with one exchange, inside an operation's body. Each must have got
// all of its rows; `layouts[i]` says how many each rank has. Results get identities first, first +
// 1, ... of the running operation. On failure nothing is made. Collective; the builders stay the
// caller's to close.
mb_status mb_builder_finish(mb_context *cx, mb_builder **builders, int n, mb_layout *const *layouts,
                            int first, mb_column **columns) MB_MUST_CHECK;

// Frees a builder, finished or not. NULL is fine.
void mb_builder_close(mb_builder *builder);
