#include "ops/distribute/histogram.h"

#include <math.h>
#include <string.h>

#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/count/tables.h"
#include "ops/distribute/histogram_kernels.h"
#include "ops/distribute/histogram_offsets.h"

enum {
    PIECE = 1024,
    LANES = 4,           // counters of a bin: equal neighbours would wait for each other's count
    MOST_LANED = 1 << 11 // bins that have them all
};

MB_ISA_CHOICE(mb_histogram_kernels, mb_histogram_kernels, mb_histogram_kernels_of);

typedef struct dimension {
    mb_axis *axis;
    double least, most; // found in its column
    double scale;
    bool by_offsets;
    mb_offset_bins offsets;
    mb_buffer *starts;
} dimension;

typedef struct counting {
    mb_context *cx;
    const mb_histogram_kernels *kernels;
    int n;
    dimension dimensions[MB_MOST_AXES];
    mb_column *columns[MB_MOST_AXES];
    int64_t entries; // bins in all
    int lanes;
    mb_buffer *table; // of `lanes` counters for each, and one entry more for rows that are in none
} counting;

// Rows of a block from one on.
static mb_block rows_from(const mb_block *block, int64_t first)
{
    mb_block rows = *block;
    rows.values = (const char *)block->values + first * mb_form_width(block->form);
    if (block->validity) rows.validity += first / 64;
    return rows;
}

static const double *doubles_of(const counting *counting, int a, const mb_block *block, int64_t n,
                                double *scratch)
{
    return mb_block_doubles(counting->cx->isa, counting->columns[a]->type, block, n, scratch);
}

// --- The range.

static mb_status bound_block(void *state, const mb_block *blocks, int64_t first, int64_t n)
{
    counting *counting = state;
    double kept[PIECE], scratch[PIECE];
    (void)first;
    for (int64_t at = 0; at < n; at += PIECE) {
        for (int a = 0; a < counting->n; a++) {
            dimension *dimension = &counting->dimensions[a];
            mb_block piece = rows_from(&blocks[a], at);
            int64_t count = n - at < PIECE ? n - at : PIECE;
            count = mb_block_compact(mb_kernels_of(counting->cx->isa), &piece, count, kept);
            counting->kernels->bounds(doubles_of(counting, a, &piece, count, scratch), count,
                                      &dimension->least, &dimension->most);
        }
    }
    return MB_OK;
}

// Sets a range that is not given from the least and largest of all ranks' numbers.
static mb_status set_range(mb_context *cx, mb_axis *axis, double least, double most)
{
    if (axis->ranged) return MB_OK;
    axis->low = least;
    axis->high = most;
    if (least > most) axis->low = 0, axis->high = 1;
    if (least == most) axis->low -= 0.5, axis->high += 0.5;
    if (isfinite(axis->low) && isfinite(axis->high)) return MB_OK;
    return mb_fail(cx, MB_EINVALID,
                   "histogram: the values have infinities; give a range = {low, high}");
}

// Agrees on the least and largest numbers of all ranks.
static mb_status agree_bounds(counting *counting, mb_status status)
{
    mb_payload payload = {0};
    for (int a = 0; a < counting->n; a++) {
        payload.max[2 * a] = ~mb_order_float(counting->dimensions[a].least);
        payload.max[2 * a + 1] = mb_order_float(counting->dimensions[a].most);
    }
    status = mb_step(counting->cx, status, &payload);
    for (int a = 0; a < counting->n; a++) {
        counting->dimensions[a].least = mb_unorder_float(~payload.max[2 * a]);
        counting->dimensions[a].most = mb_unorder_float(payload.max[2 * a + 1]);
    }
    return status;
}

// Whether the least and largest number need no pass over the rows.
static bool is_bounded(dimension *dimension)
{
    const mb_column *column = dimension->axis->column;
    dimension->least = (double)INFINITY;
    dimension->most = -(double)INFINITY;
    if (dimension->axis->ranged) return true;
    if (!column->ranges || mb_order_bits(column->type, column->range.minimum) >
                               mb_order_bits(column->type, column->range.maximum))
        return false;
    bool is_int = column->type == MB_INT;
    const mb_range *range = &column->range;
    dimension->least = is_int ? (double)(int64_t)range->minimum : (double)range->minimum;
    dimension->most = is_int ? (double)(int64_t)range->maximum : (double)range->maximum;
    return true;
}

// Finds the ranges that are not given.
static mb_status find_ranges(counting *counting)
{
    bool known = true;
    mb_status status = MB_OK;
    for (int a = 0; a < counting->n; a++)
        known = is_bounded(&counting->dimensions[a]) && known;
    if (!known) {
        status = mb_evaluate(counting->cx, counting->columns, counting->n, bound_block, counting);
        status = agree_bounds(counting, status);
    }
    for (int a = 0; a < counting->n && !status; a++) {
        const dimension *of = &counting->dimensions[a];
        status = set_range(counting->cx, of->axis, of->least, of->most);
    }
    return status;
}

static void set_edges(dimension *dimension)
{
    mb_axis *axis = dimension->axis;
    double width = (axis->high - axis->low) / (double)axis->bins;
    for (int64_t i = 0; i < axis->bins; i++)
        axis->edges[i] = axis->low + (double)i * width;
    axis->edges[axis->bins] = axis->high;
    dimension->scale = (double)axis->bins / (axis->high - axis->low);
    dimension->offsets.starts = dimension->starts->data;
    dimension->by_offsets = mb_offset_bins_of(axis, &dimension->offsets);
}

// --- The pass over the rows.

// The bins of `n` rows of an axis, from one of the block on.
static void find_bins(const counting *counting, int a, const mb_block *block, int64_t first,
                      int64_t n, uint32_t *bins)
{
    double scratch[PIECE];
    const dimension *dimension = &counting->dimensions[a];
    const mb_axis *axis = dimension->axis;
    mb_block rows = rows_from(block, first);
    if (dimension->by_offsets && rows.form <= MB_U32 && rows.base == axis->column->base)
        counting->kernels->offset_bins[rows.form](rows.values, n, &dimension->offsets, bins);
    else
        counting->kernels->bins(doubles_of(counting, a, &rows, n, scratch), n, axis->edges,
                                (int32_t)axis->bins, dimension->scale, bins);
    for (int64_t i = 0; rows.validity && i < n; i++)
        if (!(rows.validity[i / 64] >> (i % 64) & 1)) bins[i] = (uint32_t)axis->bins;
}

// Asks for rows before they are needed: pieces are too short for the processor to foresee the next.
static inline void prefetch_rows(const counting *counting, const mb_block *blocks, int64_t first,
                                 int64_t n)
{
    for (int a = 0; a < counting->n; a++) {
        int width = mb_form_width(blocks[a].form);
        const char *rows = (const char *)blocks[a].values + first * width;
        for (int64_t byte = 0; byte < n * width; byte += MB_ALIGNMENT)
            __builtin_prefetch(rows + byte);
    }
}

// Counts the rows of a piece, `places` from row `first` of the blocks on.
static inline void count_places(const counting *counting, int lanes, const uint32_t *places,
                                const mb_block *blocks, int64_t first, int64_t n)
{
    enum { STEP = 16 };
    uint64_t *table = counting->table->data;
    int64_t i = 0;
    for (; i + STEP <= n; i += STEP) {
        prefetch_rows(counting, blocks, first + PIECE + i, STEP);
        for (int k = 0; k < STEP; k++)
            table[lanes * (int64_t)places[i + k] + k % lanes]++;
    }
    for (; i < n; i++)
        table[lanes * (int64_t)places[i]]++;
}

static mb_status count_block(void *state, const mb_block *blocks, int64_t first, int64_t n)
{
    const counting *counting = state;
    uint32_t places[PIECE], others[PIECE];
    uint32_t rows = (uint32_t)counting->dimensions[0].axis->bins;
    uint32_t columns = (uint32_t)(counting->entries / rows);
    (void)first;
    for (int64_t at = 0; at < n; at += PIECE) {
        int64_t count = n - at < PIECE ? n - at : PIECE;
        find_bins(counting, 0, &blocks[0], at, count, places);
        if (counting->n == 2) {
            find_bins(counting, 1, &blocks[1], at, count, others);
            for (int64_t i = 0; i < count; i++)
                places[i] = places[i] < rows && others[i] < columns
                                ? places[i] * columns + others[i]
                                : rows * columns;
        }
        if (counting->lanes == LANES)
            count_places(counting, LANES, places, blocks, at, count);
        else
            count_places(counting, 1, places, blocks, at, count);
    }
    return MB_OK;
}

// Adds up the counters of each bin, at the front of the table.
static void join_lanes(const counting *counting)
{
    uint64_t *table = counting->table->data;
    for (int64_t k = 0; counting->lanes == LANES && k < counting->entries; k++) {
        const uint64_t *of = table + LANES * k;
        table[k] = of[0] + of[1] + of[2] + of[3];
    }
}

static mb_status count_rows(counting *counting)
{
    const dimension *first = &counting->dimensions[0];
    const mb_column *column = counting->columns[0];
    if (counting->n == 1 && first->by_offsets && column->ascending) {
        counting->lanes = 1;
        mb_offset_bins_search(column, &first->offsets, counting->table->data);
        return MB_OK;
    }
    mb_status status =
        mb_evaluate(counting->cx, counting->columns, counting->n, count_block, counting);
    if (!status) join_lanes(counting);
    return status;
}

static mb_status allocate(counting *counting)
{
    mb_status status = mb_memory_need(counting->cx, (counting->lanes + 1) * counting->entries *
                                                        (int64_t)sizeof(uint64_t));
    for (int a = 0; a < counting->n && !status; a++)
        status = mb_buffer_new_array(counting->cx, counting->dimensions[a].axis->bins + 1,
                                     sizeof(uint32_t), &counting->dimensions[a].starts);
    if (status) return status;
    return mb_buffer_new_zeroed(counting->cx, (counting->entries + 1) * counting->lanes,
                                sizeof(uint64_t), &counting->table);
}

mb_status mb_histogram(mb_context *cx, mb_axis *axes, int naxes, uint64_t *counts)
{
    counting counting = {
        .cx = cx, .kernels = mb_histogram_kernels_of(cx->isa), .n = naxes, .entries = 1};
    for (int a = 0; a < naxes; a++) {
        counting.dimensions[a].axis = &axes[a];
        counting.columns[a] = axes[a].column;
        counting.entries *= axes[a].bins;
    }
    counting.lanes = counting.entries <= MOST_LANED ? LANES : 1;
    mb_status status;
    MB_TRY(mb_step(cx, allocate(&counting), NULL));
    MB_TRY(find_ranges(&counting));
    for (int a = 0; a < naxes; a++)
        set_edges(&counting.dimensions[a]);
    status = count_rows(&counting);
    MB_TRY(mb_tables_add(cx, status, counting.table->data, counting.entries));
    memcpy(counts, counting.table->data, (size_t)counting.entries * sizeof *counts);
done:
    for (int a = 0; a < naxes; a++)
        mb_buffer_release(counting.dimensions[a].starts);
    mb_buffer_release(counting.table);
    return status;
}
