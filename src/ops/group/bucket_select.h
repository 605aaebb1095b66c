// Quantiles of the groups of buckets: the values of each group are brought together, and selected
// among.
#pragma once

#include "ops/group/bucket_folds.h"

// Computes aggregation i, one that selects, of the groups of a bucket into its states; `rows` as
// for mb_bucket_folds_add. What the aggregation before has brought together of the same column is
// used again. Memory: 8 bytes for each row of the largest bucket and 8 a group, which the folds
// keep. Not collective.
mb_status mb_bucket_select(mb_bucket_folds *folds, int i, const mb_bucket *bucket, int64_t groups,
                           const uint32_t *rows) MB_MUST_CHECK;

// The order keys of the valid values of column i in a bucket into `orders`, which has room for its
// rows; returns how many. Not collective.
int64_t mb_bucket_orders(const mb_bucket_folds *folds, int i, const mb_bucket *bucket,
                         uint64_t *orders);
