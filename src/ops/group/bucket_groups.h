// The groups of one bucket of a partition (see sort_move.h), found in cache.
#pragma once

#include "ops/sort/sort_move.h"

// What is kept from bucket to bucket, and what is known of the last one.
typedef struct mb_bucket_groups {
    const mb_move *move;
    mb_buffer *memory, *slots;
    int64_t most; // rows that there is room for
    int bits;     // of the slots that are in use
    bool rare;    // whether keys seldom repeat
    // Of the rows of the bucket, in the order of the ranks and then of their rows: their groups.
    uint32_t *rows;
    // Of the groups, in any order: what the bucket does not tell of their keys, how many rows they
    // have. Group order[i] is the one with the i-th key.
    int64_t n;
    uint64_t *words, *counts;
    uint32_t *order;
} mb_bucket_groups;

// Memory: 24 bytes for each row of the largest bucket, and up to 32 for the slots. Not collective.
mb_status mb_bucket_groups_open(const mb_move *move, mb_bucket_groups *groups) MB_MUST_CHECK;
void mb_bucket_groups_close(mb_bucket_groups *groups);

// The one group of `rows` rows of a bucket of one key.
void mb_bucket_groups_single(mb_bucket_groups *groups, int64_t rows);

// Finds the groups of bucket k of this rank, which has rows of several keys and is at at[r] in what
// has come of each rank r. By hashing while keys repeat, else by a sort. Not collective.
void mb_bucket_groups_find(mb_bucket_groups *groups, int64_t k, const int64_t *at);
