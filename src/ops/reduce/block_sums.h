// Moments of rows spread over the ranks, bit for bit the same however they are spread.
//
// Rows are cut into blocks of 4,096 by their global number. The moments of a block are computed by
// the rank that holds its first row; ranks that hold more of its rows send them there. Blocks are
// then joined in a binary tree over their numbers: each rank joins what it can of the tree, and all
// ranks finish it from the subtrees of all. So sums are pairwise (Higham, The Accuracy of Floating
// Point Summation, 1993) but for 128 rows of a block at a time.
#pragma once

#include "comm/layout.h"
#include "ops/reduce/value_block.h"

typedef struct mb_block_sums mb_block_sums;

// Begins the sums of this rank's rows in a layout, of one series or two. Not collective.
mb_status mb_block_sums_open(mb_context *cx, const mb_layout *layout, int nseries, unsigned wanted,
                             mb_block_sums **sums) MB_MUST_CHECK;

// Rows from the next one to the end of its block.
int64_t mb_block_sums_room(const mb_block_sums *sums);

// Takes the next rows of this rank, no more than there is room for: `count` of them are there, with
// the values x, and y of a second series (else NULL). `bounds` is NULL, or gets the bounds of x,
// sooner than a loop of its own would find them.
void mb_block_sums_add(mb_block_sums *sums, const double *x, const double *y, int64_t count,
                       int64_t rows, mb_float_bounds *bounds);

// The moments of all rows of all ranks, after the last one was added. Collective, after a step:
// cannot fail.
void mb_block_sums_finish(mb_block_sums *sums, mb_moments *all);

// NULL is fine.
void mb_block_sums_close(mb_block_sums *sums);
