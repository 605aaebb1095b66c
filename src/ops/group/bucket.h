// The received rows of one bucket of a partition (see sort_move.h), or of a part of a bucket.
#pragma once

#include "ops/sort/sort_move.h"

typedef struct mb_bucket {
    const mb_move *move;
    uint64_t above;      // the high bits, alike in all keys; the low ones are moved
    int64_t n;           // rows, of all ranks
    const int64_t *rows; // of each rank
    // The moved bits of the keys, from each rank; then each payload column, from each rank.
    const char *const *parts;
} mb_bucket;

// The moved bits of the keys that a rank has sent, and its payload column c, from row `first`
// of that rank on. Not collective.
const void *mb_bucket_keys(const mb_bucket *bucket, int rank, int64_t first);
const void *mb_bucket_payload(const mb_bucket *bucket, int c, int rank, int64_t first);

typedef mb_status mb_take_bucket(void *state, const mb_bucket *bucket);

// Partitions a bucket of several keys by the highest bits in which they differ, and passes the
// parts to `take` in ascending order of their keys. Memory: the rows once more. Not collective.
mb_status mb_bucket_split(const mb_bucket *bucket, mb_take_bucket *take, void *state) MB_MUST_CHECK;
