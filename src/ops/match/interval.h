// Look-ups by order: the interval that holds a value, and the last key that is not above it.
//
// Keys are sorted, and replicated while they are few, up to 65,536 or the rows of the column on
// each rank; more are partitioned by order (ops/match/key_index.h). The first bits of a value
// choose the keys among which a binary search finds it.
#pragma once

#include "column/column.h"

typedef struct mb_intervals {
    mb_column *starts, *ends; // of one type and length, int, uint or float; both ends included
    mb_column *column;        // of this type: the rows that are looked up
} mb_intervals;

// For each row the position, from 1, of the interval that holds it: an int column laid out as
// `column`, missing where the row is, or where no interval does. Intervals are in any order; those
// with a missing end are passed over. MB_EINVALID names an interval that ends before it starts (or
// at NaN), or two that overlap. Inside a body, collective. Memory: 24 bytes an interval of this
// rank, 72 an interval on every rank, or on one where they are partitioned, and the result.
mb_status mb_find_intervals(mb_context *cx, const mb_intervals *intervals,
                            mb_column **result) MB_MUST_CHECK;

// For each row of a column the position, from 1, of the largest key that is not above it, of equal
// ones the last: an int column laid out as `column`, missing where the row is, or where all keys
// are above. Keys and column are of one type; missing keys are passed over, NaN is above all
// values. Inside a body, collective. Memory: 16 bytes a key of this rank, 64 a key on every rank,
// or on one where they are partitioned, and the result.
mb_status mb_find_last(mb_context *cx, mb_column *keys, mb_column *column,
                       mb_column **result) MB_MUST_CHECK;
