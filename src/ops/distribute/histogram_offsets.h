// Bins of integers by what is stored of them.
#pragma once

#include "ops/distribute/histogram.h"
#include "ops/distribute/histogram_kernels.h"

// The bins of a column's stored offsets by the order words of an axis (see mb_axis_words);
// `bins->starts` has room for one more than there are bins. False where this cannot be: for floats,
// values of 8 bytes, and pending ones. The same on all ranks.
bool mb_offset_bins_of(const mb_axis *axis, const uint64_t *words, int64_t nwords,
                       mb_offset_bins *bins);

// Adds the rows of an ascending column in each of the bins, by searching for the starts.
void mb_offset_bins_search(const mb_column *column, const mb_offset_bins *bins, uint64_t *counts);
