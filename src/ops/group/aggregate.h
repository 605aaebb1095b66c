// Aggregations: one value for each group of a grouping, and back to rows.
#pragma once

#include "expr/evaluate.h"
#include "ops/group/fold.h"
#include "ops/group/group.h"

typedef struct mb_aggregation {
    mb_fold_kind kind;
    mb_column *column; // as long as the grouped rows; NULL for MB_FOLD_SIZE
} mb_aggregation;

enum { MB_MOST_AGGREGATIONS = MB_MOST_ROOTS };

// Computes aggregations in one pass over the rows: for each a column with a row for each group.
// Missing values are passed over: of nothing, counts and sums are 0, products 1, means NaN, `any`
// is false, `all` true, the bits of BIT_AND are all set, and others are missing. NaN are the least
// and the largest value. Sums and means of floats have the same bits however the rows are spread
// (see fold_sums.c). MB_EOVERFLOW when a sum of integers does not fit. Memory: 8 bytes a local
// group, or place (see places.h), and aggregation; 16 for those that choose a row, 24 for sums of
// integers that might leave 64 bits and for means of integers, 32 for sums and means of floats; the
// same for the groups that a rank gets from others, and for those that it owns. Inside a body,
// collective.
mb_status mb_aggregate(mb_grouping *grouping, const mb_aggregation *aggregations, int n,
                       mb_column **results) MB_MUST_CHECK;

// The value of each row's group: `column` has a row for each group. Laid out as the grouped rows.
// Memory: 24 bytes a local group beside the result. Inside a body, collective.
mb_status mb_group_broadcast(mb_grouping *grouping, mb_column *column,
                             mb_column **result) MB_MUST_CHECK;

// A bool column that is true for the first `n` rows of each group. Memory: 16 bytes a local group
// beside the result. Inside a body, collective.
mb_status mb_group_head(mb_grouping *grouping, int64_t n, mb_column **result) MB_MUST_CHECK;
