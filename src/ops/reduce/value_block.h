// The moments of one block of rows, whose values come in parts: with the same bits however they are
// parted, and from each instruction set.
//
// Values go to 32 lanes in turn; a lane adds its values one after the other, and lanes are added in
// pairs. Moments about the mean take a second look at the values, once all are there and still in
// cache.
#pragma once

#include "ops/reduce/moments.h"

enum {
    MB_BLOCK_VALUES = 4096, // most values of a block
    MB_MOST_SERIES = 2,
    // What is wanted of the moments; the other members stay 0.
    MB_SUMS = 1,
    MB_PRODUCTS = 2,
    MB_DOTS = 4,
    MB_SQUARES = 8, // about the means, with MB_SUMS
    MB_CUBES = 16,  // these with MB_SQUARES
    MB_CROSSES = 32,
};

// Values of some rows, in one series or in two (else NULL).
typedef struct mb_value_rows {
    const double *values[MB_MOST_SERIES];
    int64_t n;
} mb_value_rows;

typedef struct mb_value_block {
    const mb_moment_kernels *kernels; // this and the next two are set before it begins
    int nseries;
    unsigned wanted;
    int64_t count; // of values so far
    double sum[MB_MOST_SERIES][MB_SUM_LANES], product[MB_SUM_LANES], dot[MB_SUM_LANES];
    double kept[MB_MOST_SERIES][MB_BLOCK_VALUES]; // where the means are needed first
} mb_value_block;

// Begins a block, whatever was there before.
void mb_value_block_begin(mb_value_block *block);

// Adds values, which are not needed any more. `bounds` is NULL, or gets the bounds of the first
// series' values, sooner than a loop of its own would find them.
void mb_value_block_add(mb_value_block *block, const mb_value_rows *part, mb_float_bounds *bounds);

// Adds the last values, and gives the moments of the block.
mb_moments mb_value_block_end(mb_value_block *block, const mb_value_rows *last,
                              mb_float_bounds *bounds);
