// Selection: order statistics of values without sorting them.
#pragma once

#include <stdint.h>

// Reorders n values, none of them NaN, as far as it takes for values[k] to be the value that a sort
// would put there: no value before it is larger, none after it smaller. Quickselect (Hoare 1961)
// with pivots of random samples: O(n) expected. Not collective.
void mb_select(double *values, int64_t n, int64_t k);

// The quantile 0 <= q <= 1 of n values, none of them NaN or -0.0, interpolated as mb_quantiles does
// it; NaN where n is 0. Reorders the values. Not collective.
double mb_select_quantile(double *values, int64_t n, double q);
