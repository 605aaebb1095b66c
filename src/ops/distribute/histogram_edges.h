// The edges of the bins of histograms.
#pragma once

#include "ops/distribute/histogram.h"

// Sets the edges of an axis whose ends are known. MB_EINVALID where floats cannot tell them apart.
mb_status mb_axis_set_edges(mb_context *cx, mb_axis *axis) MB_MUST_CHECK;

// Whether the bins need more than sums of doubles: they are not much wider than the distance of
// doubles, or their number by a unit, or the range, is beyond doubles.
bool mb_axis_is_coarse(const mb_axis *axis);

// Whether all values in the range are integers that doubles hold, as doubles the edges.
bool mb_axis_fits_doubles(const mb_axis *axis);

// The order words of the first value of a column of integers or bools that is in each bin or behind
// it, and last of the first one above the last edge; returns how many words there are, fewer where
// the type ends before.
int64_t mb_axis_words(const mb_axis *axis, uint64_t *words);

// How far the value of an order word is above the low end.
double mb_axis_offset(const mb_axis *axis, uint64_t word);
