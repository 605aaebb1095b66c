// Exact quantiles without sorting.
#pragma once

#include "column/column.h"

// The quantiles 0 <= q[i] <= 1 of a column's values as floats, interpolated linearly between the
// two values next to q (count - 1), as numpy does by default. Missing values are left out; NaN when
// one is NaN, unless `skipna` leaves them out too; NaN of nothing. The same on all ranks, inside a
// body, collective.
//
// The values' order words are counted in up to 2^16 bins of equal width; the bins that hold what is
// wanted are counted again, more finely, until few values are in them: those are brought together
// and sorted. Two or three passes, one where the values have few bits. Memory: 4 MB, and for the
// last passes at most 4 bytes for each row of a rank's share.
mb_status mb_quantiles(mb_context *cx, mb_column *column, const double *q, int n, bool skipna,
                       double *results) MB_MUST_CHECK;
