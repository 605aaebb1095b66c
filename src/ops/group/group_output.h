// The columns of groups, which are appended in the order of their keys: a result for each fold,
// and, where they are wanted, keys and sizes.
#pragma once

#include "column/builder.h"
#include "ops/group/fold.h"
#include "ops/group/group_keys.h"

enum {
    MB_OUTPUT_GROUPS = MB_KEY_ROWS, // of a block
    MB_MOST_OUTPUTS = MB_MOST_AGGREGATIONS + MB_MOST_ROOTS + 1,
};

typedef struct mb_group_output {
    mb_context *cx;
    const mb_fold_column *folds;
    int nfolds;
    const mb_group_keys *keys;             // NULL: neither keys nor sizes
    mb_builder *builders[MB_MOST_OUTPUTS]; // results, keys, sizes
    int n;                                 // of these
    int64_t given, capacity;               // groups
    int64_t refused[MB_MOST_AGGREGATIONS]; // the first whose result does not fit; -1: none
    mb_buffer *memory;                     // of the arrays below, for a block of groups
    uint64_t *values, *states;
    uint8_t *valid;
} mb_group_output;

// Opens the columns for `groups` groups at first. The output is the caller's to close whatever the
// status. Not collective.
mb_status mb_group_output_open(mb_context *cx, const mb_fold_column *folds, int nfolds,
                               const mb_group_keys *keys, int64_t groups,
                               mb_group_output *output) MB_MUST_CHECK;
void mb_group_output_close(mb_group_output *output);

// Makes room for `more` groups, and for as many as all rows will have, to judge by the share of
// the rows that has been seen (0 to 1). Not collective.
mb_status mb_group_output_reserve(mb_group_output *output, int64_t more, double seen) MB_MUST_CHECK;

// Appends packed keys and sizes of n <= MB_OUTPUT_GROUPS groups. Overwrites the keys. Not
// collective.
mb_status mb_group_output_keys(mb_group_output *output, uint64_t *packed, const uint64_t *sizes,
                               int64_t n) MB_MUST_CHECK;

// Appends the results of n groups from the states of each fold: those of group order[0], order[1],
// ..., or, where `order` is NULL, of 0, 1, ... A result that does not fit makes
// mb_group_output_finish fail. Not collective.
mb_status mb_group_output_results(mb_group_output *output, const uint32_t *order,
                                  int64_t n) MB_MUST_CHECK;

// Makes the columns, laid out as `groups` says, from the groups that each rank has appended, as
// `found` says; fails on all ranks where `status` is a failure on one. MB_EOVERFLOW for the first
// result that does not fit. Columns get identities `first`, first + 1, ... of the running
// operation. Inside a body, collective.
mb_status mb_group_output_finish(mb_group_output *output, mb_status status, mb_layout *found,
                                 mb_layout *groups, int first, mb_column **columns) MB_MUST_CHECK;
