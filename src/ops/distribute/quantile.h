// Exact quantiles without sorting.
#pragma once

#include "column/column.h"

// The quantiles 0 <= q[i] <= 1 of a column's values as floats, interpolated linearly between the
// two values next to q (count - 1), as numpy does by default. Missing values are left out; NaN when
// one is NaN, unless `skipna` leaves them out too; NaN of nothing. The same on all ranks, inside a
// body, collective.
//
// Of many values a sample tells where up to 16 quantiles are, and one pass collects what is
// there. That, or else all values' order words, are counted in up to 2^16 bins of equal width; the
// bins that hold what is wanted are counted again, more finely, until few values are in them: those
// are brought together and sorted. Memory: 4 MB, a byte for each row of a rank and, in the last of
// passes that a sample does not spare, at most 4 for each row of a rank's share.
//
// `*type` is that of the results: float, or of times and durations theirs, interpolated exactly and
// rounded to the microsecond, or to the unit where that is finer; MB_EINVALID of nothing then.
mb_status mb_quantiles(mb_context *cx, mb_column *column, const double *q, int n, bool skipna,
                       mb_value *results, const mb_type **type) MB_MUST_CHECK;

// What lies between two values of a kind, given by their order keys low <= high, `part` of the way
// from the first, as numpy computes it, but also where their difference is beyond doubles. Not
// collective.
double mb_quantile_between(mb_kind kind, uint64_t low, uint64_t high, double part);
