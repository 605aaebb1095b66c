#include "ops/sort/sort.h"

#include <string.h>

#include "column/realign.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/move/gather.h"
#include "ops/sort/sort_internal.h"
#include "ops/sort/sort_sources.h"

enum { FEW_ROWS = 4096, FEW_ROWS_A_RANK = 16 };

// Packs keys first .. end - 1 of `sources` into a word.
static void open_sorting(mb_context *cx, const mb_sources *sources, int first, int end,
                         mb_sorting *sorting)
{
    memset(sorting, 0, sizeof *sorting);
    sorting->cx = cx;
    sorting->kernels = mb_sort_kernels_of(cx->isa);
    sorting->columns = sources->columns + first;
    sorting->from = sources->columns[first]->layout;
    mb_keys_pack(sources->bounds + first, sources->descending + first, end - first, &sorting->keys);
}

static mb_status sequence(mb_context *cx, int64_t n, int64_t first, int64_t step,
                          mb_column **result)
{
    mb_value values[2] = {{.i = first}, {.i = step}};
    return mb_expression_leaf(cx, MB_SEQUENCE, &mb_type_int, n, values, 0, result);
}

static mb_status open_positions(mb_context *cx, mb_layout *layout, mb_column **result)
{
    int64_t n = layout->n_global;
    mb_column model = {.type = &mb_type_int,
                       .layout = layout,
                       .identity = mb_result_identity(cx, 0),
                       .values = {.width = n > UINT32_MAX ? 8 : 4},
                       .facts = {.bounded = true, .range = {1, (uint64_t)n}}};
    return mb_column_new(cx, &model, result);
}

static mb_status open_values(mb_context *cx, const mb_column *column, bool descending,
                             mb_layout *layout, mb_column **result)
{
    mb_column model = {.type = column->type,
                       .layout = layout,
                       .identity = mb_result_identity(cx, 0),
                       .values = {.width = column->values.width, .base = column->values.base},
                       .facts = column->facts};
    model.facts.ranges = NULL;
    model.facts.ascending =
        mb_kind_is_integer(column->type->kind) && !descending && !column->facts.missing;
    return mb_column_new(cx, &model, result);
}

// Sorts into an allocated result by the algorithm for any keys.
static mb_status sort_rows(mb_sorting *sorting, mb_column *result)
{
    mb_status status = mb_sort_cut(sorting);
    return status ? status : mb_sort_move(sorting, result);
}

void mb_sorting_close(mb_sorting *sorting)
{
    mb_buffer_release(sorting->bucket_memory);
    mb_buffer_release(sorting->kept);
    mb_buffer_release(sorting->sample);
}

static bool is_small(const mb_sorting *sorting)
{
    int64_t few = (int64_t)FEW_ROWS_A_RANK * mb_nranks(sorting->cx);
    return sorting->from->n_global <= (few > FEW_ROWS ? few : FEW_ROWS);
}

static mb_status argsort_word(mb_sorting *sorting, mb_column **result)
{
    mb_context *cx = sorting->cx;
    int64_t n = sorting->from->n_global;
    mb_layout *even = NULL;
    mb_column *made = NULL;
    mb_status status;
    MB_TRY(mb_layout_even(cx, n, &even));
    sorting->to = even;
    if (is_small(sorting)) {
        MB_TRY(open_positions(cx, even, &made));
        MB_TRY(mb_sort_small(sorting, made));
    } else {
        MB_TRY(mb_sort_survey(sorting));
        if (!sorting->down) {
            MB_TRY(sequence(cx, n, 1, 1, &made));
        } else if (!sorting->up && !sorting->same) {
            MB_TRY(sequence(cx, n, n, -1, &made));
        } else {
            MB_TRY(mb_sort_need(sorting, n > UINT32_MAX ? 8 : 4));
            MB_TRY(open_positions(cx, even, &made));
            MB_TRY(sorting->up ? sort_rows(sorting, made) : mb_sort_mirror(sorting, made));
        }
    }
    *result = made;
    made = NULL;
done:
    mb_column_release(made);
    mb_layout_release(even);
    return status;
}

// Positions sorted by keys first .. end - 1, of rows that are sorted by `order`, if any.
static mb_status argsort_keys(mb_context *cx, const mb_sources *sources, int first, int end,
                              mb_column *order, mb_column **result)
{
    mb_sources moved = *sources;
    mb_sorting sorting = {0};
    mb_column *positions = NULL;
    mb_status status = MB_OK;
    moved.n = 0;
    if (order) {
        MB_TRY(mb_gather(cx, sources->columns + first, end - first, order, moved.columns + first));
        moved.n = end - first;
    }
    open_sorting(cx, &moved, first, end, &sorting);
    MB_TRY(argsort_word(&sorting, &positions));
    if (order)
        MB_TRY(mb_gather(cx, &order, 1, positions, result));
    else
        *result = mb_column_retain(positions);
done:
    for (int i = first; i < first + moved.n; i++)
        mb_column_release(moved.columns[i]);
    mb_column_release(positions);
    mb_sorting_close(&sorting);
    return status;
}

// Keys of several words: a stable sort by each, the last word first.
mb_status mb_argsort(mb_context *cx, mb_column *const *columns, int ncolumns,
                     const bool *descending, mb_column **result)
{
    mb_sources sources = {0};
    mb_column *order = NULL, *next = NULL;
    mb_status status;
    MB_TRY(mb_sources_open(cx, columns, ncolumns, descending, &sources));
    if (sources.n == 0) MB_TRY(sequence(cx, columns[0]->layout->n_global, 1, 1, &order));
    for (int first, end = sources.n; end > 0; end = first) {
        first = mb_sources_word(&sources, end);
        MB_TRY(argsort_keys(cx, &sources, first, end, order, &next));
        mb_column_release(order);
        order = next;
    }
    *result = order;
    order = NULL;
done:
    mb_column_release(order);
    mb_sources_close(&sources);
    return status;
}

// A sorted copy of the one column whose keys are packed.
static mb_status sort_word(mb_sorting *sorting, mb_column **result)
{
    mb_context *cx = sorting->cx;
    mb_column *column = sorting->columns[0], *made = NULL;
    bool descending = sorting->keys.fields->descending;
    mb_layout *even = NULL;
    mb_status status;
    MB_TRY(mb_layout_even(cx, column->layout->n_global, &even));
    sorting->to = even;
    sorting->values = true;
    bool small = is_small(sorting);
    if (!small) MB_TRY(mb_sort_survey(sorting));
    if (!small && !sorting->down) {
        status = mb_column_realign(cx, column, even, result);
        goto done;
    }
    if (!small) MB_TRY(mb_sort_need(sorting, column->values.width));
    MB_TRY(open_values(cx, column, descending, even, &made));
    if (small)
        MB_TRY(mb_sort_small(sorting, made));
    else if (!sorting->up && !column->facts.missing)
        MB_TRY(mb_sort_mirror(sorting, made));
    else
        MB_TRY(sort_rows(sorting, made));
    *result = made;
    made = NULL;
done:
    mb_column_release(made);
    mb_layout_release(even);
    return status;
}

// The column, evenly laid out.
static mb_status level(mb_context *cx, mb_column *column, mb_column **result)
{
    mb_layout *even;
    mb_status status = mb_layout_even(cx, column->layout->n_global, &even);
    if (status) return status;
    status = mb_column_realign(cx, column, even, result);
    mb_layout_release(even);
    return status;
}

static mb_status sort_by_positions(mb_context *cx, mb_column *column, bool descending,
                                   mb_column **result)
{
    mb_column *order;
    mb_status status = mb_argsort(cx, &column, 1, &descending, &order);
    if (status) return status;
    status = mb_gather(cx, &column, 1, order, result);
    mb_column_release(order);
    return status;
}

mb_status mb_sort(mb_context *cx, mb_column *column, bool descending, mb_column **result)
{
    mb_sources sources = {0};
    mb_sorting sorting = {0};
    mb_status status;
    MB_TRY(mb_sources_open(cx, &column, 1, &descending, &sources));
    if (sources.n == 0) {
        status = level(cx, column, result);
    } else if (sources.n > 1) {
        status = sort_by_positions(cx, column, descending, result);
    } else {
        open_sorting(cx, &sources, 0, 1, &sorting);
        status = sort_word(&sorting, result);
    }
done:
    mb_sorting_close(&sorting);
    mb_sources_close(&sources);
    return status;
}
