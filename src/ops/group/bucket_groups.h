// The groups of the rows of a bucket, found by hashing or sorting in cache.
#pragma once

#include "hash/numbers.h"
#include "ops/group/bucket.h"

// Memory for the groups of one bucket after another, and the groups of the last one.
typedef struct mb_bucket_groups {
    mb_context *cx;
    mb_hash_numbers table;
    mb_buffer *memory, *row_memory;
    int64_t most;                // groups that there is memory for
    int bits;                    // the table of the next bucket begins with 2^bits slots
    bool rare;                   // whether keys seldom repeated in the last bucket
    uint64_t *sorting, *scratch; // words that are sorted
    // The group of each row of the bucket, in the order of ranks and then of their rows.
    uint32_t *rows;
    // The moved bits of each group's key and its number of rows, in any order. Group order[i] is
    // the one with the i-th key.
    int64_t n;
    uint64_t *words, *counts;
    uint32_t *order;
} mb_bucket_groups;

// Allocates memory for buckets of at most `rows` rows, and of at most MB_BUCKET_GROUPS groups: 4
// bytes a row, and 68 to 116 bytes a group. Not collective.
enum { MB_BUCKET_GROUPS = 1 << 17 };
mb_status mb_bucket_groups_open(mb_context *cx, int64_t rows,
                                mb_bucket_groups *groups) MB_MUST_CHECK;
void mb_bucket_groups_close(mb_bucket_groups *groups);

// Makes it the one group of a bucket whose `rows` rows have one key. Not collective.
void mb_bucket_groups_single(mb_bucket_groups *groups, int64_t rows);

// Finds the groups of a bucket of several keys: by hashing while keys repeat, else by sorting.
// False when there are too many rows to sort and too many groups to hash. Not collective.
bool mb_bucket_groups_find(mb_bucket_groups *groups, const mb_bucket *bucket);
