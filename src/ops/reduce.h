// Reductions of a column to scalars, with the same result on any number of ranks, bit for bit.
#pragma once

#include "column/column.h"

typedef enum mb_reduction { MB_SUM, MB_MIN, MB_MAX, MB_MEAN, MB_ANY, MB_ALL } mb_reduction;

// A scalar result; `missing` when there was no value to take (the mean of nothing is NaN instead).
typedef struct mb_scalar {
    mb_type type;
    mb_value value;
} mb_scalar;

// Reduces `column`; missing values are skipped, NaN propagates. Inside a body, collective.
//
// sum: int for bool and int, uint for uint (MB_EOVERFLOW past 64 bits; 128 inside), float for
// float; 0 of nothing. min, max: the column's type; MB_EINVALID of nothing. mean: float, NaN of
// nothing; integer sums are exact before the division. any, all: of values that are not zero; false
// and true of nothing. Float sums add blocks of 4,096 rows in fixed lanes, then the blocks in a
// binary tree over their numbers: an error bound as that of pairwise summation (Higham, The
// Accuracy of Floating Point Summation, 1993), in an order that does not depend on the layout.
// Memory: a block a rank, and 3 kB a rank for float sums.
mb_status mb_reduce(mb_context *cx, mb_column *column, mb_reduction reduction,
                    mb_scalar *result) MB_MUST_CHECK;
