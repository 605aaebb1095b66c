// Reductions of two columns, row by row, to a scalar: the same bits on any number of ranks.
#pragma once

#include "ops/reduce/reduce.h"

typedef enum mb_bivariate_statistic { MB_DOT, MB_COV, MB_CORR } mb_bivariate_statistic;

// "dot", "cov", "corr".
const char *mb_bivariate_name(mb_bivariate_statistic statistic);

// Reduces the rows of `a` and `b` in which neither value is missing (or NaN, with skipna). Inside a
// body, collective. MB_EINVALID when the lengths differ, and for the dot product of an int column
// and a uint column.
//
// dot: the sum of products, of the type and with the overflow of a sum; a float when either column
// is one. cov: about the means, divided by the number of rows less ddof. corr: cov by the standard
// deviations. These are floats: NaN of nothing. Memory: 500 kB a rank.
mb_status mb_bivariate(mb_context *cx, mb_column *a, mb_column *b, mb_bivariate_statistic statistic,
                       mb_reduce_options options, mb_scalar *result) MB_MUST_CHECK;
