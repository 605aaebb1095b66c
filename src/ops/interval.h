// Finding the intervals that values lie in.
#pragma once

#include "column/column.h"

typedef struct mb_intervals {
    mb_column *starts, *ends; // of one type and length, int, uint or float; both ends included
    mb_column *column;        // of this type: the rows that are looked up
} mb_intervals;

// For each row the position, from 1, of the interval that holds it: an int column laid out as
// `column`, missing where the row is, or where no interval does. Intervals are in any order; those
// with a missing end are passed over. MB_EINVALID names an interval that ends before it starts (or
// at NaN), or two that overlap. Inside a body, collective.
//
// The intervals are brought to every rank and sorted there by their starts. The first bits of a
// value say between which of them it is searched, by halves. Memory: 80 bytes an interval on every
// rank, and the result.
mb_status mb_find_intervals(mb_context *cx, const mb_intervals *intervals,
                            mb_column **result) MB_MUST_CHECK;
