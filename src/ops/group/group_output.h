// The columns of groups: keys, sizes and results, given out group by group in order.
#pragma once

#include "column/builder.h"
#include "ops/group/aggregate.h"

enum { MB_OUTPUT_GROUPS = 2048, MB_MOST_OUTPUTS = 2 * MB_MOST_ROOTS + 1 };

typedef struct mb_group_output {
    mb_context *cx;
    const mb_group_keys *keys;
    int n; // columns
    mb_builder *builders[MB_MOST_OUTPUTS];
    int64_t given, room; // groups
    mb_buffer *memory;
    uint64_t *values; // MB_OUTPUT_GROUPS
    uint8_t *valid;
} mb_group_output;

// Opens the columns for keys and sizes, and one for each fold of a column. Not collective.
mb_status mb_group_output_open(mb_context *cx, const mb_group_keys *keys,
                               mb_group_output *output) MB_MUST_CHECK;
mb_status mb_group_output_add(mb_group_output *output, const mb_fold *fold,
                              const mb_column *column) MB_MUST_CHECK;
void mb_group_output_close(mb_group_output *output);

// Makes room for `more` groups, and for as many as there will be if they go on as they began:
// `part` is how much of the rows has been seen. Not collective.
mb_status mb_group_output_reserve(mb_group_output *output, int64_t more, double part) MB_MUST_CHECK;

// Gives out n <= MB_OUTPUT_GROUPS groups: packed keys and sizes; then the results of each fold.
// Not collective.
mb_status mb_group_output_keys(mb_group_output *output, uint64_t *packed, const uint64_t *sizes,
                               int64_t n) MB_MUST_CHECK;
mb_status mb_group_output_results(mb_group_output *output, int number, const mb_fold *fold,
                                  int64_t n) MB_MUST_CHECK;

// The columns, from the groups that each rank has given out, and laid out evenly. Inside a body,
// collective.
mb_status mb_group_output_finish(mb_group_output *output, mb_layout *found, mb_layout *even,
                                 mb_column **columns) MB_MUST_CHECK;
