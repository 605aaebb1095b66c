// Aggregations: one value for each group of a numbering, and back to rows.
#pragma once

#include "ops/group/fold.h"
#include "ops/group/numbering.h"
#include "order/keys.h"

// Computes aggregations in one pass over the rows: for each a column with a row for each group.
// Missing values are passed over: of nothing, counts and sums are 0, products 1, means NaN, `any`
// is false, `all` true, the bits of BIT_AND are all set, and others are missing. NaN are the least
// and the largest value. Sums and means of floats have the same bits however the rows are spread
// (see fold_sums.c). MB_EOVERFLOW when a sum of integers does not fit. Memory: 8 bytes a local
// group, or place (see places.h), and aggregation; 16 for those that choose a row, 24 for sums of
// integers that might leave 64 bits and for means of integers, 32 for sums and means of floats; the
// same for the groups that a rank gets from others, and for those that it owns. Inside a body,
// collective.
mb_status mb_aggregate_tables(mb_numbering *numbering, const mb_aggregation *aggregations, int n,
                              mb_column **results) MB_MUST_CHECK;

// The groups that a partition finds.
typedef struct mb_group_columns {
    mb_layout *layout; // even
    mb_column *keys[MB_MOST_ROOTS], *sizes;
} mb_group_columns;

// Computes the same without a numbering, and, unless `found` is NULL, the keys and sizes of groups
// with it: partitions the rows by their keys, with the values that are aggregated, so that each
// rank gets about as many rows, and folds the groups of each bucket in cache. A key that has very
// many rows is dealt to several ranks, and one of them merges what these found. The same bits as of
// tables. At least 16 rows a rank. Memory: keys packed into 4 or 8 bytes, and values as they are
// stored, of the rows that a rank has and of those that it gets; 4 bytes for each row of the
// largest bucket, or that bucket's rows once more where it is cut again; some 20 MB for the groups
// of a bucket; the results twice. Inside a body, collective.
mb_status mb_aggregate_buckets(mb_context *cx, const mb_group_keys *keys,
                               const mb_aggregation *aggregations, int n, mb_column **results,
                               mb_group_columns *found) MB_MUST_CHECK;

// The value of each row's group: `column` has a row for each group. Laid out as the grouped rows.
// Memory: 24 bytes a local group beside the result. Inside a body, collective.
mb_status mb_group_broadcast(mb_numbering *numbering, mb_column *column,
                             mb_column **result) MB_MUST_CHECK;

// A bool column that is true for the first `n` rows of each group. Memory: 16 bytes a local group
// beside the result. Inside a body, collective.
mb_status mb_group_head(mb_numbering *numbering, int64_t n, mb_column **result) MB_MUST_CHECK;
