// Choosing rows: filters, slices, and rows that are replicated on every rank.
#pragma once

#include "column/column.h"

// The layout of the rows where a bool column is true: each rank keeps its own, unless one would
// hold far more than the others. Stores a pending mask. Inside a body, collective.
mb_status mb_mask_layout(mb_context *cx, mb_column *mask, mb_layout **layout) MB_MUST_CHECK;

// Rows first, first + step, ... of a column, n of them, counted from 0. Rows stay where they are
// unless one rank would hold far more than the others; without a step nothing is copied. Inside a
// body, collective.
mb_status mb_slice(mb_context *cx, mb_column *column, int64_t first, int64_t step, int64_t n,
                   mb_column **result) MB_MUST_CHECK;

// Brings rows first .. first + n - 1 to every rank, as 64-bit values (bools 0 or 1, floats
// doubles); valid[i] is 0 where a row is missing. Inside a body, collective; concludes it, but for
// text whose dictionary is spread.
mb_status mb_fetch_rows(mb_context *cx, mb_column *column, int64_t first, int64_t n,
                        mb_value *values, uint8_t *valid) MB_MUST_CHECK;
