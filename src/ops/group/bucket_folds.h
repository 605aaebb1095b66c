// Folds of the rows of buckets, in tables of states that stay in cache.
#pragma once

#include "ops/group/bucket.h"
#include "ops/group/fold.h"

typedef struct mb_bucket_folds {
    mb_context *cx;
    int n, npayload;
    mb_fold_column of[MB_MOST_AGGREGATIONS]; // states: of the groups of a bucket
    int values[MB_MOST_AGGREGATIONS], validity[MB_MOST_AGGREGATIONS]; // in payload; -1: none
    mb_payload_column payload[MB_MOST_PAYLOAD];                       // that moves with the keys
    int row_payload; // that of the numbers of rows; -1: none
    mb_buffer *room; // scratch of mb_bucket_folds_add
    // Of aggregations that select (see bucket_select.h): the values of groups, and where each
    // begins and ends.
    mb_buffer *gathered, *cursors;
} mb_bucket_folds;

// Finds the folds of aggregations (see mb_fold_columns_open) and the payload columns that they
// need; columns get values, and the layout of the rows. The folds are the caller's to close
// whatever the status, which is this rank's own: agree on it next. Inside a body, collective.
mb_status mb_bucket_folds_load(mb_context *cx, mb_layout *rows, const mb_aggregation *aggregations,
                               int n, mb_bucket_folds *folds) MB_MUST_CHECK;

// Allocates the states of at most `groups` groups: 8 to 32 bytes for each group and aggregation.
// Not collective.
mb_status mb_bucket_folds_open(mb_bucket_folds *folds, int64_t groups) MB_MUST_CHECK;
void mb_bucket_folds_close(mb_bucket_folds *folds);

// Folds the rows of a bucket into fresh states of its groups. `rows` has the group of each row;
// NULL: all rows are in group 0. Not collective.
mb_status mb_bucket_folds_add(mb_bucket_folds *folds, const mb_bucket *bucket, int64_t groups,
                              const uint32_t *rows) MB_MUST_CHECK;

// The same of the rows of one group, of which other ranks have more, without aggregations that
// select. Not collective.
void mb_bucket_folds_add_part(const mb_bucket_folds *folds, const mb_bucket *bucket);
