// Groupings: rows that have the same keys, in ascending order of the keys.
//
// A grouping is made without a look at its rows. The first operation that needs groups decides,
// alike on all ranks, how they are found: by numbering the rows (see numbering.h); or, where a
// sample says that tables of all groups would leave the caches, by a partition for each aggregation
// (see aggregate.h), and then rows are numbered only when an operation needs the groups of rows.
#pragma once

#include "ops/group/aggregate.h"

// How groups are found.
typedef enum mb_group_way {
    MB_GROUPS_UNDECIDED,
    MB_GROUPS_NUMBERED,
    MB_GROUPS_PARTITIONED,
} mb_group_way;

// All but the values of columns is the same on all ranks.
typedef struct mb_grouping {
    mb_context *cx;
    int nkeys;
    mb_column *by[MB_MOST_ROOTS]; // the key columns
    mb_layout *rows;              // of the grouped rows
    mb_group_way wanted;          // for tests: overrides the decision
    mb_group_way way;
    mb_group_keys packed;    // of the rows, until these are numbered
    mb_numbering *numbering; // NULL: not numbered
    // The groups; NULL: not found yet. A numbering finds no sizes.
    mb_layout *groups;
    mb_column *keys[MB_MOST_ROOTS], *sizes;
} mb_grouping;

// Groups rows by columns of one length, lexicographically; NaN is one key, the last, and missing
// rows come after it; -0.0 is 0.0. Not collective.
mb_status mb_grouping_new(mb_context *cx, mb_column *const *columns, int ncolumns,
                          mb_grouping **grouping) MB_MUST_CHECK;

// Frees a grouping. NULL is fine.
void mb_grouping_close(mb_grouping *grouping);

// Finds the groups and their keys, unless they are known. Inside a body, collective.
mb_status mb_grouping_find(mb_grouping *grouping) MB_MUST_CHECK;

// Numbers the rows by their groups, unless they are numbered. Inside a body, collective.
mb_status mb_grouping_number(mb_grouping *grouping) MB_MUST_CHECK;

// Computes n <= MB_MOST_AGGREGATIONS aggregations, a column each with a row for each group: see
// mb_aggregate_tables and mb_aggregate_buckets. Inside a body, collective.
mb_status mb_grouping_aggregate(mb_grouping *grouping, const mb_aggregation *aggregations, int n,
                                mb_column **results) MB_MUST_CHECK;
