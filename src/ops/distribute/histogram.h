// Histograms with bins of equal width.
#pragma once

#include "column/column.h"

// One dimension: values from low to high in `bins` bins, each without its upper edge but the last.
typedef struct mb_axis {
    mb_column *column;
    int64_t bins;
    mb_value *edges; // room for bins + 1, which are filled: floats
    double low, high;
    mb_int128 least, most;
    bool ranged; // low and high are given; else they are found: the least and largest number, moved
                 // apart by half to each side where they are equal; 0 and 1 where there is none
    bool whole;  // low and high are the integers least and most, which doubles need not hold
    bool whole_edges; // edges are values of the column's type: of integers whose bins are whole,
                      // where floats do not hold the edges
} mb_axis;

enum { MB_MOST_AXES = 2, MB_MOST_BINS = 1 << 24 };

// Counts the rows of one or two columns of one length in the bins: counts[i * axes[1].bins + j].
// Values are compared exactly with the edges; rows with a missing value, NaN or one out of range
// are left out. MB_EINVALID when a range that is found is not finite, and where floats cannot tell
// the edges apart. The same on all ranks. Inside a body, collective. Integers of up to 4 bytes are
// counted by what is stored of them, or searched for the edges where they ascend. Memory: 24 bytes
// a bin; 48 where there are few of them.
mb_status mb_histogram(mb_context *cx, mb_axis *axes, int naxes, uint64_t *counts) MB_MUST_CHECK;
