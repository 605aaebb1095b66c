#include "ops/move/rows.h"

#include <string.h>

#include "column/builder.h"
#include "column/realign.h"
#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"
#include "expr/evaluate.h"
#include "ops/reduce/reduce_kernels.h"
#include "types/dictionary.h"

static int64_t count_true(mb_context *cx, const mb_column *mask)
{
    int64_t rows = mb_column_rows(mask), count = 0;
    const uint8_t *values = mask->values.data;
    if (mask->validity.data) {
        for (int64_t i = 0; i < rows; i++)
            count += values[i] & mb_column_valid(mask, i);
        return count;
    }
    uint64_t low;
    int64_t high;
    mb_reduce_kernels_of(cx->isa)->sum[MB_U8](values, rows, &low, &high);
    return (int64_t)low;
}

mb_status mb_mask_layout(mb_context *cx, mb_column *mask, mb_layout **layout)
{
    mb_status status = mb_materialise(cx, mask);
    return mb_layout_gather(cx, status, status ? 0 : count_true(cx, mask), NULL, layout);
}

// Whether all rows of a column are computed, and kept, where some are to be read: of a pending one
// after an eighth of them was read, so that a glance at a long column costs little, and a loop over
// it not much more than one computation.
static bool reads_all(mb_context *cx, const mb_column *column, int64_t n)
{
    if (!mb_column_pending(column)) return true;
    if (column->expression->op == MB_FILTER) return true;
    if (mb_operator_arity(column->expression->op) == 0 || cx->frugal) return false;
    return column->expression->rows_read + n > column->layout->n_global / 8;
}

static void note_read(mb_column *column, int64_t n)
{
    if (mb_column_pending(column)) column->expression->rows_read += n;
}

// First and number of rows of a strided slice on a rank: local positions begin at *local.
static int64_t slice_on_rank(const mb_layout *layout, int rank, int64_t first, int64_t step,
                             int64_t n, int64_t *local)
{
    int64_t low = layout->start[rank], high = layout->start[rank + 1];
    int64_t before =
        low > first ? (low - first + step - 1) / step : 0; // slice rows on earlier ranks
    int64_t until = high > first ? (high - first + step - 1) / step : 0;
    if (before > n) before = n;
    if (until > n) until = n;
    *local = first + before * step - low;
    return until - before;
}

static mb_status slice_layout(mb_context *cx, const mb_layout *layout, int64_t first, int64_t step,
                              int64_t n, mb_layout **result)
{
    mb_buffer *counts;
    int64_t local;
    mb_status status = mb_buffer_new_array(cx, layout->nranks, sizeof(int64_t), &counts);
    if (status) return status;
    for (int r = 0; r < layout->nranks; r++)
        ((int64_t *)counts->data)[r] = slice_on_rank(layout, r, first, step, n, &local);
    status = mb_layout_counts(cx, counts->data, result);
    mb_buffer_release(counts);
    return status;
}

static void copy_strided(const char *from, int64_t step, int64_t n, size_t width, char *to)
{
    for (int64_t i = 0; i < n; i++)
        memcpy(to + (size_t)i * width, from + (size_t)(i * step) * width, width);
}

static void slice_validity(const mb_column *column, int64_t local, int64_t step, int64_t n,
                           uint64_t *words)
{
    for (int64_t i = 0; i < n; i++)
        words[i / 64] |= (uint64_t)mb_column_valid(column, local + i * step) << (i % 64);
}

// This rank's n rows; without a step they share the column's values.
static mb_status slice_rows(mb_context *cx, const mb_column *column, int64_t local, int64_t step,
                            int64_t n, mb_layout *layout, mb_column **result)
{
    int width = column->values.width;
    const char *from = (const char *)column->values.data + (n ? local : 0) * width;
    mb_column model = {.type = column->type,
                       .layout = layout,
                       .identity = mb_result_identity(cx, 0),
                       .values = {.width = width, .base = column->values.base},
                       .facts = mb_facts_of_rows(column)};
    if (step == 1) {
        model.values.buffer = column->values.buffer;
        model.values.data = from;
    }
    mb_status status = mb_column_new(cx, &model, result);
    if (status) return status;
    if (step > 1) copy_strided(from, step, n, (size_t)width, (*result)->values.buffer->data);
    if (column->facts.missing)
        slice_validity(column, local, step, n, (*result)->validity.buffer->data);
    return MB_OK;
}

// The slice of a column that has its values; `status` is that of its layout on this rank.
static mb_status slice_stored(mb_context *cx, mb_status status, mb_column *column, int64_t first,
                              int64_t step, int64_t n, mb_layout *layout, mb_column **result)
{
    mb_column *made = NULL;
    int64_t local;
    int64_t mine = slice_on_rank(column->layout, mb_rank(cx), first, step, n, &local);
    if (!status) status = slice_rows(cx, column, local, step, mine, layout, &made);
    status = mb_column_settle(cx, status, made);
    if (status)
        mb_column_release(made);
    else
        *result = made;
    return status;
}

typedef struct slicing {
    mb_builder *builder;
    const mb_kernels *kernels;
    int64_t first, end; // local rows
} slicing;

static mb_status append_block(void *state, const mb_block *block, int64_t first, int64_t n)
{
    const slicing *to = state;
    uint64_t wide[MB_BLOCK_ROWS];
    uint8_t valid[MB_BLOCK_ROWS];
    int64_t from = first < to->first ? to->first - first : 0;
    int64_t until = first + n > to->end ? to->end - first : n;
    const int width = mb_builder_width(to->builder);
    const char *values = block->values;
    if (from >= until) return MB_OK;
    if (width == 8) values = mb_block_widen(to->kernels, block, n, wide);
    if (block->validity) mb_validity_bytes(block->validity, n, valid);
    return mb_builder_append(to->builder, values + from * width,
                             block->validity ? valid + from : NULL, until - from);
}

// Rows without a step of a pending column, which stays pending.
static mb_status slice_pending(mb_context *cx, mb_status status, mb_column *column, int64_t first,
                               int64_t n, mb_layout *layout, mb_column **result)
{
    slicing to = {.kernels = mb_kernels_of(cx->isa)};
    int64_t mine = slice_on_rank(column->layout, mb_rank(cx), first, 1, n, &to.first);
    if (!status) status = mb_builder_open(cx, column->type, mine, NULL, 8, &to.builder);
    if (mine == 0) to.first = 0;
    to.end = to.first + mine;
    int64_t from = to.first / 64 * 64;
    if (!status) status = mb_evaluate_some(cx, column, from, to.end - from, append_block, &to);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_builder_finish(cx, &to.builder, 1, &layout, 0, result));
    note_read(column, n);
done:
    mb_builder_close(to.builder);
    return status;
}

mb_status mb_slice(mb_context *cx, mb_column *column, int64_t first, int64_t step, int64_t n,
                   mb_column **result)
{
    mb_layout *layout = NULL, *even = NULL;
    mb_column *made = NULL;
    bool all = step > 1 || reads_all(cx, column, n);
    mb_status status = all ? mb_materialise(cx, column) : MB_OK;
    if (!status) status = slice_layout(cx, column->layout, first, step, n, &layout);
    if (!status) status = mb_layout_even(cx, n, &even);
    MB_TRY(all ? slice_stored(cx, status, column, first, step, n, layout, &made)
               : slice_pending(cx, status, column, first, n, layout, &made));
    MB_TRY(mb_column_realign(cx, made, mb_layout_skewed(layout) ? even : layout, result));
done:
    mb_column_release(made);
    mb_layout_release(layout);
    mb_layout_release(even);
    return status;
}

typedef struct cell {
    mb_value value;
    uint64_t valid;
} cell;

typedef struct reading {
    const mb_kernels *kernels;
    cell *cells;        // of the rows that are read, on this rank
    int64_t first, end; // local rows
} reading;

static mb_status read_block(void *state, const mb_block *block, int64_t first, int64_t n)
{
    const reading *to = state;
    uint64_t wide[MB_BLOCK_ROWS];
    const uint64_t *values = mb_block_widen(to->kernels, block, n, wide);
    for (int64_t i = 0; i < n; i++) {
        if (first + i < to->first || first + i >= to->end) continue;
        cell *cell = &to->cells[first + i - to->first];
        cell->value.bits = values[i];
        cell->valid = mb_block_valid(block, i);
    }
    return MB_OK;
}

// This rank's cells of rows first .. first + n - 1.
static mb_status read_cells(mb_context *cx, mb_column *column, int64_t first, int64_t n,
                            cell *cells)
{
    reading to = {.kernels = mb_kernels_of(cx->isa), .cells = cells};
    const mb_layout *layout = column->layout;
    int64_t start = layout->start[mb_rank(cx)], rows = mb_column_rows(column);
    to.first = first < start ? 0 : first - start;
    to.end = first + n - start < rows ? first + n - start : rows;
    if (to.end < to.first) to.end = to.first = 0;
    int64_t from = to.first / 64 * 64;
    return mb_evaluate_some(cx, column, from, to.end - from, read_block, &to);
}

mb_status mb_fetch_rows(mb_context *cx, mb_column *column, int64_t first, int64_t n,
                        mb_value *values, uint8_t *valid)
{
    mb_buffer *mine = NULL, *all = NULL;
    mb_status status = reads_all(cx, column, n) ? mb_materialise(cx, column) : MB_OK;
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(cell), &mine);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(cell), &all);
    if (!status) status = read_cells(cx, column, first, n, mine->data);
    bool last = !mb_dictionary_spread(column->type); // else their strings follow
    MB_TRY(last ? mb_conclude(cx, status, NULL) : mb_step(cx, status, NULL));
    note_read(column, n);
    mb_gather_rows(cx, mine->data, column->layout, first, n, sizeof(cell), all->data);
    for (int64_t i = 0; i < n; i++) {
        values[i] = ((cell *)all->data)[i].value;
        valid[i] = (uint8_t)((cell *)all->data)[i].valid;
    }
done:
    mb_buffer_release(mine);
    mb_buffer_release(all);
    return status;
}
