// Reductions of a column to scalars, with the same result on any number of ranks, bit for bit.
#pragma once

#include <math.h>

#include "column/column.h"

typedef enum mb_statistic {
    MB_SUM,
    MB_PROD,
    MB_MIN,
    MB_MAX,
    MB_ARGMIN,
    MB_ARGMAX,
    MB_ANY,
    MB_ALL,
    MB_COUNT_NONZERO,
    MB_MEAN,
    MB_VAR,
    MB_STD,
    MB_SKEW,
    MB_STATISTICS
} mb_statistic;

typedef struct mb_reduce_options {
    bool skipna; // leave NaN out, as missing values are
    double ddof; // var, std and cov divide by the number of values less this
} mb_reduce_options;

typedef struct mb_scalar {
    const mb_type *type;
    mb_value value;
} mb_scalar;

// A float; all NaN are one, since their bits would tell how they came about.
static inline mb_scalar mb_float_scalar(double value)
{
    return (mb_scalar){&mb_type_float, {.f = isnan(value) ? (double)NAN : value}};
}

// "sum", "prod", ...
const char *mb_statistic_name(mb_statistic statistic);

// Reduces `column` to the statistics s for which bit s of `wanted` is set, each into results[s], in
// one pass over its rows. Missing values are left out; NaN propagates. Inside a body, collective.
//
// sum: int for bool and int, uint for uint (MB_EOVERFLOW past 64 bits; 128 inside), float for
// float; 0 of nothing. prod: of the same types, modulo 2^64 for integers; 1 of nothing. min, max:
// the column's type; MB_EINVALID of nothing. argmin, argmax: int, the first position, from 1, of
// the least or largest value, or of NaN; MB_EINVALID of nothing. any, all, count_nonzero: of values
// that are not zero; false, true and 0 of nothing. mean, var, std, skew: float, NaN of nothing and
// where count - ddof is not above 0; integer sums are exact before the division of the mean. Float
// sums, products and moments are those of ops/reduce/block_sums.h. Of times and durations: sum of
// durations, min, max, argmin, argmax; mean: of the type, and std: a duration, to the microsecond
// or the type's unit where that is finer, MB_EINVALID of nothing; MB_EINVALID for all others.
// Memory: a block a rank, and 250 kB a rank for floats and moments.
mb_status mb_reduce(mb_context *cx, mb_column *column, unsigned wanted, mb_reduce_options options,
                    mb_scalar *results) MB_MUST_CHECK;

// The sum high * 2^64 + low as a value of the integer type that `sum` has; MB_EOVERFLOW when it
// does not fit. Not collective.
mb_status mb_exact_sum(mb_context *cx, const char *operation, mb_int128 high, uint64_t low,
                       mb_scalar *sum) MB_MUST_CHECK;
