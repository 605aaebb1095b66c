// Sorted columns: a test for the order, and binary search.
#pragma once

#include <stdbool.h>

#include "column/column.h"

// Whether the rows are in the order of mb_sort. A pending column is evaluated, and stays pending.
// Inside a body, collective.
mb_status mb_is_sorted(mb_context *cx, mb_column *column, bool descending,
                       bool *sorted) MB_MUST_CHECK;

// The position, from 1 on, that each row of `values` would have in a column of the same type and in
// ascending order: before the rows that are equal to it, or `after` them. An int column laid out as
// `values`, missing where these are. MB_EINVALID if the column is not in ascending order. Inside a
// body, collective.
//
// A column of few rows is replicated. Otherwise each value is sent to the rank whose rows enclose
// it, which replies with the position. Memory: 8 bytes for each row of the column, 17 for each of
// `values` and 8 for each that this rank receives, and the result.
mb_status mb_search_sorted(mb_context *cx, mb_column *column, mb_column *values, bool after,
                           mb_column **result) MB_MUST_CHECK;
