// Results of rows spread over the ranks, bit for bit the same however they are spread.
//
// Rows are cut into blocks of 4,096 by their global number. The state of a block is computed by the
// rank that holds its first row; ranks that hold more of its rows, which are their first ones, send
// them there. Blocks are then joined in a binary tree over their numbers: each rank joins what it
// can of the tree, and all ranks finish it from the subtrees of all.
#pragma once

#include "comm/layout.h"
#include "comm/shuffle.h"

enum { MB_TREE_ROWS = 4096 };

// Rows of a rank that belong to a block which begins on an earlier one.
int64_t mb_tree_head(const mb_layout *layout, int rank);

// Whether a rank has such rows.
bool mb_tree_any_heads(const mb_layout *layout);

// The message with the rows of a head: words of which the first is the caller's, then `rows` words
// for each plane. Where those of a plane begin; of the plane behind the last, its words in all.
static inline int64_t mb_tree_place(int plane, int64_t rows)
{
    return 1 + plane * rows;
}

// Words that all messages for a rank take at most.
static inline int64_t mb_tree_words(int nranks, int nplanes)
{
    return nranks + nplanes * (int64_t)MB_TREE_ROWS;
}

// Brings the heads to the ranks that began their blocks, one after the other in rank order; those
// for this rank are of the ranks r whose shuffle->received.counts[r] is not 0. Collective.
void mb_tree_send_heads(mb_shuffle *shuffle, const mb_layout *layout, int nplanes,
                        const void *message, void *received);

// States of blocks, joined as far as they are neighbours.
typedef struct mb_block_tree {
    mb_context *cx;
    // `state` becomes that of its rows and those of `next`, which are behind them.
    void (*join)(void *state, const void *next, void *owner);
    void *owner;
    size_t size; // of a state
    mb_buffer *memory, *gathered;
    size_t part; // bytes of a rank's subtrees
} mb_block_tree;

// Opens a tree whose join, owner and size are set, for the blocks of a layout. Memory: two states
// for each bit of the number of blocks, on this rank and of all ranks. Not collective.
mb_status mb_block_tree_open(mb_context *cx, const mb_layout *layout,
                             mb_block_tree *tree) MB_MUST_CHECK;

// Adds the state of the next block of this rank.
void mb_block_tree_add(mb_block_tree *tree, int64_t number, const void *state);

// Joins the states of all ranks' blocks, before `all`, which is the state of no rows and becomes
// that of all. Collective, after a step: cannot fail.
void mb_block_tree_finish(mb_block_tree *tree, void *all);

// The tree may be all zeros.
void mb_block_tree_close(mb_block_tree *tree);
