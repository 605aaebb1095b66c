// What the files of mb_join_positions share.
#pragma once

#include "ops/match/join.h"
#include "ops/match/key_index.h"

// The run of the right rows of a key, once these are sorted: its start and its length, in one word.
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
    mb_key_index index; // of the right keys
    mb_column *order;   // the positions of the right rows, sorted by key
    mb_buffer *runs;    // the run of each left row of this rank, 0 for none
    int64_t filled;     // left rows whose run is found
    int64_t n;          // rows of the result, on this rank
} mb_joining;

// Sorts the right rows, and builds an index of their keys with the run of each. Inside a body,
// collective.
mb_status mb_join_order(mb_joining *joining) MB_MUST_CHECK;

// Builds the pairs from the runs of the left rows. Inside a body, collective.
mb_status mb_join_pairs(mb_joining *joining, mb_column *positions[2]) MB_MUST_CHECK;

// MB_EMEMORY, with the number of rows in the message, where rows of the result, `here` on this rank
// and `total` on all, would not fit what is left of the budget. Not collective.
mb_status mb_join_check_size(mb_context *cx, int64_t here, int64_t total,
                             int64_t row_bytes) MB_MUST_CHECK;
