#include "ops/move/concat.h"

#include "column/builder.h"
#include "column/realign.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"

typedef struct joining {
    mb_context *cx;
    mb_builder *builder;
    uint64_t wide[MB_BLOCK_ROWS];
    uint8_t valid[MB_BLOCK_ROWS];
} joining;

static mb_status append_block(void *state, const mb_block *block, int64_t first, int64_t n)
{
    joining *joining = state;
    const void *values = block->values;
    (void)first;
    if (mb_builder_width(joining->builder) == 8)
        values = mb_block_widen(mb_kernels_of(joining->cx->isa), block, n, joining->wide);
    if (block->validity) mb_validity_bytes(block->validity, n, joining->valid);
    return mb_builder_append(joining->builder, values, block->validity ? joining->valid : NULL, n);
}

// The layout of rows first .. first + n - 1 of an even layout, with the same owners.
static mb_status part_layout(mb_context *cx, const mb_layout *even, int64_t first, int64_t n,
                             mb_layout **layout)
{
    mb_buffer *counts;
    mb_status status = mb_buffer_new_array(cx, even->nranks, sizeof(int64_t), &counts);
    if (status) return status;
    for (int r = 0; r < even->nranks; r++) {
        int64_t low = even->start[r] > first ? even->start[r] : first;
        int64_t high = even->start[r + 1] < first + n ? even->start[r + 1] : first + n;
        ((int64_t *)counts->data)[r] = high > low ? high - low : 0;
    }
    status = mb_layout_counts(cx, counts->data, layout);
    mb_buffer_release(counts);
    return status;
}

// Sends the rows of a column to their owners in the result, and appends them.
static mb_status append_column(joining *joining, const mb_layout *even, int64_t first,
                               mb_column *column)
{
    mb_context *cx = joining->cx;
    mb_layout *layout = NULL;
    mb_column *moved = NULL;
    mb_status status = part_layout(cx, even, first, column->layout->n_global, &layout);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_column_realign(cx, column, layout, &moved));
    status = mb_evaluate(cx, &moved, 1, append_block, joining);
done:
    mb_column_release(moved);
    mb_layout_release(layout);
    return status;
}

// The range of all columns' values; false when it is not known or empty.
static bool join_ranges(mb_column *const *columns, int n, mb_range *range)
{
    const mb_kind kind = columns[0]->type->kind;
    mb_range next;
    if (!mb_column_range(columns[0], range)) return false;
    for (int i = 1; i < n; i++) {
        if (!mb_column_range(columns[i], &next)) return false;
        mb_range_join(kind, range, next);
    }
    return !mb_range_empty(kind, *range);
}

// The memory of the result, and of one column that is sent.
static mb_status check_need(mb_context *cx, mb_column *const *columns, int n, int64_t rows)
{
    int64_t width = 1, longest = 0;
    for (int i = 0; i < n; i++) {
        int64_t share = columns[i]->layout->n_global;
        if (columns[i]->values.width > width) width = columns[i]->values.width;
        if (share > longest) longest = share;
    }
    return mb_memory_need(cx, width * (rows + (longest < rows ? longest : rows)));
}

static mb_status open_builder(joining *joining, mb_column *const *columns, int n, int64_t rows)
{
    mb_range range;
    bool known = join_ranges(columns, n, &range);
    int float_width = 4;
    for (int i = 0; i < n; i++)
        if (columns[i]->values.width != 4) float_width = 8;
    return mb_builder_open(joining->cx, columns[0]->type, rows, known ? &range : NULL, float_width,
                           &joining->builder);
}

mb_status mb_concat(mb_context *cx, mb_column *const *columns, int n, mb_column **result)
{
    int64_t rows = 0, first = 0;
    mb_layout *even = NULL;
    mb_buffer *memory = NULL;
    joining *joining = NULL;
    mb_status status;
    for (int i = 0; i < n; i++) {
        MB_TRY(mb_materialise(cx, columns[i]));
        rows += columns[i]->layout->n_global;
    }
    MB_TRY(mb_layout_even(cx, rows, &even));
    MB_TRY(check_need(cx, columns, n, mb_layout_rows(even, mb_rank(cx))));
    MB_TRY(mb_buffer_new_zeroed(cx, 1, sizeof *joining, &memory));
    joining = memory->data;
    joining->cx = cx;
    MB_TRY(open_builder(joining, columns, n, mb_layout_rows(even, mb_rank(cx))));
    for (int i = 0; i < n; i++) {
        MB_TRY(append_column(joining, even, first, columns[i]));
        first += columns[i]->layout->n_global;
    }
    MB_TRY(mb_builder_finish(cx, &joining->builder, 1, &even, 0, result));
done:
    if (joining) mb_builder_close(joining->builder);
    mb_buffer_release(memory);
    mb_layout_release(even);
    return status;
}
