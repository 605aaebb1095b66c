// Aggregations: columns with a row for each group, and columns made of these for the grouped rows.
#pragma once

#include "ops/group/fold.h"
#include "ops/group/numbering.h"
#include "order/keys.h"

// Computes aggregations in one pass over the rows: for each a column with a row for each group.
// Missing values are passed over. For a group without valid rows, counts and sums are 0, products
// 1, means NaN, ANY is false, ALL is true, BIT_AND has all bits set, BIT_OR and BIT_XOR none, and
// other results are missing. MIN and MAX of a group that has a NaN are NaN. Sums and means of
// floats have the same bits however the rows are spread (see fold_sums.c). MB_EOVERFLOW when a sum
// of integers does not fit. Each rank folds its own rows into states of its local groups, and sends
// the states to the ranks that own the groups. Memory: for each aggregation a state of each local
// group (or entry of a table, see direct.h), and a state and a result of each that the rank owns;
// for one aggregation a state of each group that the rank receives; a state has 8 bytes, 16 where a
// row is chosen, 24 for means of integers and sums of integers that might leave 64 bits, 32 for
// sums and means of floats. Takes no aggregation that selects (see fold.h). Results have identities
// `first`, first + 1, ... of the running operation. Inside a body, collective.
mb_status mb_aggregate_tables(mb_numbering *numbering, const mb_aggregation *aggregations, int n,
                              int first, mb_column **results) MB_MUST_CHECK;

// Groups that a partition has found: a row for each in the order of their keys.
typedef struct mb_group_columns {
    mb_layout *layout; // even
    mb_column *keys[MB_MOST_ROOTS], *sizes;
} mb_group_columns;

// Computes the same results without a numbering, bit for bit, and, unless `found` is NULL, the keys
// and sizes of the groups. Partitions the rows by their keys, with the values that are aggregated,
// into buckets of which each rank gets about the same number of rows, and folds the groups of each
// bucket in cache. The rows of a key that has very many are partitioned among several ranks, and
// the first of these merges their states; among their values is selected by counts of all ranks.
// Memory: keys packed into 4
// or 8 bytes, and values as they are stored, of the rows that a rank has and of those that it gets;
// 4 bytes for each row of the largest bucket, or that bucket's rows once more where it is cut
// again; some 20 MB for the groups of a bucket; the results twice; of what selects 8 bytes for each
// row of the largest bucket, or of a key that several ranks have rows of. Inside a body,
// collective.
mb_status mb_aggregate_buckets(mb_context *cx, const mb_group_keys *keys,
                               const mb_aggregation *aggregations, int n, int first,
                               mb_column **results, mb_group_columns *found) MB_MUST_CHECK;

// The number of each grouped row's group, from 0 on: an int column, laid out as the grouped rows,
// with identity `index` of the running operation. Inside a body, collective.
mb_status mb_group_numbers(const mb_numbering *numbering, int index,
                           mb_column **result) MB_MUST_CHECK;

// For each grouped row, the value of its group in `column`, which must have a row for each group;
// laid out as the grouped rows. Memory: 24 bytes a local group beside the result. Inside a body,
// collective.
mb_status mb_group_broadcast(mb_numbering *numbering, mb_column *column,
                             mb_column **result) MB_MUST_CHECK;

// A bool column, laid out as the grouped rows, that is true for the first `n` rows of each group.
// Memory: 16 bytes a local group beside the result. Inside a body, collective.
mb_status mb_group_head(mb_numbering *numbering, int64_t n, mb_column **result) MB_MUST_CHECK;
