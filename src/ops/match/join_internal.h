// Between the files of mb_join_positions.
#pragma once

#include "ops/match/directory.h"
#include "ops/match/join.h"

// Where the right rows of a key stand in their order, and how many they are, in one word.
enum { MB_RUN_COUNT_BITS = 32 };

static inline int64_t mb_run_start(uint64_t run)
{
    return (int64_t)(run >> MB_RUN_COUNT_BITS);
}

static inline int64_t mb_run_count(uint64_t run)
{
    return (int64_t)(run & UINT32_MAX);
}

typedef struct mb_joining {
    mb_context *cx;
    const mb_join *join;
    mb_directory directory; // of the right keys
    mb_column *order;       // the positions of the right rows, key by key
    mb_buffer *runs;        // of each left row of this rank: its run, 0 for none
    int64_t filled;         // left rows so far
    int64_t n;              // rows of the result, on this rank
} mb_joining;

// Orders the right rows, and makes a directory of their keys with the runs of each. Rows are dealt
// out by sorting, so that a key which many have loads no rank. Inside a body, collective.
mb_status mb_join_order(mb_joining *joining) MB_MUST_CHECK;

// The pairs of the left rows' runs. Inside a body, collective.
mb_status mb_join_pairs(mb_joining *joining, mb_column *positions[2]) MB_MUST_CHECK;

// Fails where rows of the result, here and on all ranks, would not fit what is left of the budget,
// and says how many they are. Not collective.
mb_status mb_join_check_size(mb_context *cx, int64_t here, int64_t total,
                             int64_t row_bytes) MB_MUST_CHECK;
