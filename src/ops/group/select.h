// Selection: order statistics of words without sorting them.
#pragma once

#include <stdint.h>

// The two of n > 0 words that the quantile 0 <= q <= 1 lies between, in order, into `ends`; returns
// how far it is from the first to the second, 0 to 1. Reorders the words. Quickselect (Hoare 1961)
// with pivots of random samples: O(n) expected. Not collective.
double mb_select_ends(uint64_t *words, int64_t n, double q, uint64_t *ends);
