// Columns in order: whether they are, and where values belong in them.
#pragma once

#include <stdbool.h>

#include "column/column.h"

// Whether the rows are in the order that mb_sort gives. A pending column is evaluated and not kept.
// Inside a body, collective.
mb_status mb_is_sorted(mb_context *cx, mb_column *column, bool descending,
                       bool *sorted) MB_MUST_CHECK;

// The position, from 1 on, that each row of `values` would have in a column of the same type and in
// ascending order: before the rows that are equal to it, or `after` them. An int column laid out as
// `values`, missing where these are. MB_EINVALID when the column is not in order. Inside a body,
// collective.
//
// A column of few rows is brought to all ranks. Otherwise each value goes to the rank where it
// belongs and its position comes back.
// Memory: 8 bytes for each row of the column, 17 for each of `values` and 8 for each that comes
// here, and the result.
mb_status mb_search_sorted(mb_context *cx, mb_column *column, mb_column *values, bool after,
                           mb_column **result) MB_MUST_CHECK;
