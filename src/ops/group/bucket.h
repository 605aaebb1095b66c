// The rows of one bucket of a partition (see sort_move.h), or of a part of it, as they have come.
#pragma once

#include "ops/sort/sort_move.h"

typedef struct mb_bucket {
    const mb_move *move;
    uint64_t above;      // what all keys have above what was moved of them
    int64_t n;           // rows, of all ranks
    const int64_t *rows; // of each rank
    // What was moved of the keys, from each rank; then each piece of cargo, from each rank.
    const char *const *parts;
} mb_bucket;

// Where n rows of a rank, from one on, are: what was moved of their keys, and piece c of the cargo.
const void *mb_bucket_keys(const mb_bucket *bucket, int rank, int64_t first);
const void *mb_bucket_cargo(const mb_bucket *bucket, int c, int rank, int64_t first);

typedef mb_status mb_take_bucket(void *state, const mb_bucket *bucket);

// Cuts a bucket of several keys by the highest bits that they differ in: gives the parts, in their
// order. Memory: the rows once more. Not collective.
mb_status mb_bucket_split(const mb_bucket *bucket, mb_take_bucket *take, void *state) MB_MUST_CHECK;
