// Folds of the rows of buckets, in tables of states that stay in cache.
#pragma once

#include "ops/group/bucket.h"
#include "ops/group/fold.h"

typedef struct mb_bucket_folds {
    mb_context *cx;
    int n, ncargo;
    mb_fold_column of[MB_MOST_AGGREGATIONS]; // states: of the groups of a bucket
    int values[MB_MOST_AGGREGATIONS], presence[MB_MOST_AGGREGATIONS]; // in cargo; -1: none
    mb_cargo cargo[MB_MOST_CARGO];                                    // that moves with the keys
    int row_cargo; // the numbers of rows; -1: none
    mb_buffer *room;
} mb_bucket_folds;

// Finds the folds of aggregations, and what has to move for them; columns get values, and the
// layout of the rows. The folds are the caller's to close whatever the status. The status is this
// rank's own: agree on it next. Inside a body, collective.
mb_status mb_bucket_folds_load(mb_context *cx, mb_layout *rows, const mb_aggregation *aggregations,
                               int n, mb_bucket_folds *folds) MB_MUST_CHECK;

// Takes memory for buckets of so many groups at most: 8 to 32 bytes for each and aggregation. Not
// collective.
mb_status mb_bucket_folds_open(mb_bucket_folds *folds, int64_t groups) MB_MUST_CHECK;
void mb_bucket_folds_close(mb_bucket_folds *folds);

// Folds a bucket into the states of its groups; `rows` has the group of each row, or is NULL: they
// are one. Not collective.
void mb_bucket_folds_add(const mb_bucket_folds *folds, const mb_bucket *bucket, int64_t groups,
                         const uint32_t *rows);
