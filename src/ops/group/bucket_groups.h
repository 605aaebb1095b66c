// The groups of a bucket, found in cache.
#pragma once

#include "hash/numbers.h"
#include "ops/group/bucket.h"

// What is kept from bucket to bucket, and what is known of the last one.
typedef struct mb_bucket_groups {
    mb_context *cx;
    mb_hash_numbers table;
    mb_buffer *memory, *row_memory;
    int64_t most;                // groups that there is room for
    int bits;                    // of the slots that the next bucket begins with
    bool rare;                   // whether keys seldom repeat
    uint64_t *sorting, *scratch; // words on their way
    // Of the rows of the bucket, in the order of the ranks and then of their rows: their groups.
    uint32_t *rows;
    // Of the groups, in any order: what was moved of their keys, how many rows they have. Group
    // order[i] is the one with the i-th key.
    int64_t n;
    uint64_t *words, *counts;
    uint32_t *order;
} mb_bucket_groups;

// For buckets of so many rows, at most. Memory: 4 bytes for each of these; for each group 68 to
// 116, of which a bucket of more than MB_BUCKET_GROUPS rows may have no more than that. Not
// collective.
enum { MB_BUCKET_GROUPS = 1 << 17 };
mb_status mb_bucket_groups_open(mb_context *cx, int64_t rows,
                                mb_bucket_groups *groups) MB_MUST_CHECK;
void mb_bucket_groups_close(mb_bucket_groups *groups);

// The one group of `rows` rows of a bucket of one key.
void mb_bucket_groups_single(mb_bucket_groups *groups, int64_t rows);

// Finds the groups of a bucket of several keys: by hashing while keys repeat, else by a sort. False
// when there are too many of both rows and groups. Not collective.
bool mb_bucket_groups_find(mb_bucket_groups *groups, const mb_bucket *bucket);
