#include "ops/distribute/histogram.h"

#include <math.h>

#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/count/tables.h"
#include "ops/count/tally.h"
#include "ops/distribute/histogram_kernels.h"

enum { PIECE = 1024 };

MB_ISA_CHOICE(mb_histogram_kernels, mb_histogram_kernels, mb_histogram_kernels_of);

typedef struct counting {
    mb_context *cx;
    const mb_histogram_kernels *kernels;
    mb_axis *axes;
    int naxes;
    mb_column *columns[MB_MOST_AXES]; // of floats
    double scales[MB_MOST_AXES];
    double least[MB_MOST_AXES], most[MB_MOST_AXES];
    uint64_t *counts;
} counting;

static bool is_there(const mb_block *block, int64_t i)
{
    return !block->validity || (block->validity[i / 64] >> (i % 64) & 1);
}

// `n` values of a block from one on, as doubles; NaN where they are missing.
static const double *values_of(const counting *counting, const mb_block *block, int64_t first,
                               int64_t n, double *scratch)
{
    mb_block piece = *block;
    piece.values = (const char *)block->values + first * mb_form_width(block->form);
    const double *values = mb_block_widen(mb_kernels_of(counting->cx->isa), &piece, n, scratch);
    if (!block->validity) return values;
    for (int64_t i = 0; i < n; i++)
        scratch[i] = is_there(block, first + i) ? values[i] : (double)NAN;
    return scratch;
}

static mb_status bound_block(void *state, const mb_block *blocks, int64_t first, int64_t n)
{
    counting *counting = state;
    double scratch[PIECE];
    (void)first;
    for (int64_t at = 0; at < n; at += PIECE) {
        int64_t count = n - at < PIECE ? n - at : PIECE;
        for (int a = 0; a < counting->naxes; a++)
            counting->kernels->bounds(values_of(counting, &blocks[a], at, count, scratch), count,
                                      &counting->least[a], &counting->most[a]);
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

// Agrees on the status, then on the ranges that are not given.
static mb_status agree_ranges(counting *counting, mb_status status)
{
    mb_payload payload = {0};
    for (int a = 0; a < counting->naxes; a++) {
        payload.max[2 * a] = ~mb_order_float(counting->least[a]);
        payload.max[2 * a + 1] = mb_order_float(counting->most[a]);
    }
    status = mb_step(counting->cx, status, &payload);
    for (int a = 0; a < counting->naxes && !status; a++)
        status = set_range(counting->cx, &counting->axes[a], mb_unorder_float(~payload.max[2 * a]),
                           mb_unorder_float(payload.max[2 * a + 1]));
    return status;
}

// Finds the ranges that are not given.
static mb_status find_ranges(counting *counting)
{
    bool found = true;
    for (int a = 0; a < counting->naxes; a++)
        found = found && counting->axes[a].ranged;
    if (found) return MB_OK;
    mb_status status =
        mb_evaluate(counting->cx, counting->columns, counting->naxes, bound_block, counting);
    return agree_ranges(counting, status);
}

static void set_edges(mb_axis *axis, double *scale)
{
    double width = (axis->high - axis->low) / (double)axis->bins;
    for (int64_t i = 0; i < axis->bins; i++)
        axis->edges[i] = axis->low + (double)i * width;
    axis->edges[axis->bins] = axis->high;
    *scale = (double)axis->bins / (axis->high - axis->low);
}

// The bins of `n` rows of an axis, from one of the block on.
static void find_bins(const counting *counting, int a, const mb_block *block, int64_t first,
                      int64_t n, int32_t *bins)
{
    double scratch[PIECE];
    const mb_axis *axis = &counting->axes[a];
    counting->kernels->bins(values_of(counting, block, first, n, scratch), n, axis->edges,
                            (int32_t)axis->bins, counting->scales[a], bins);
}

static mb_status count_block(void *state, const mb_block *blocks, int64_t first, int64_t n)
{
    const counting *counting = state;
    int32_t bins[PIECE], others[PIECE];
    uint64_t *counts = counting->counts;
    int64_t rows = counting->axes[0].bins, columns = counting->axes[counting->naxes - 1].bins;
    (void)first;
    for (int64_t at = 0; at < n; at += PIECE) {
        int64_t count = n - at < PIECE ? n - at : PIECE;
        find_bins(counting, 0, &blocks[0], at, count, bins);
        if (counting->naxes == 1) {
            for (int64_t i = 0; i < count; i++)
                counts[bins[i]]++;
            continue;
        }
        find_bins(counting, 1, &blocks[1], at, count, others);
        for (int64_t i = 0; i < count; i++)
            if (bins[i] < rows && others[i] < columns) counts[bins[i] * columns + others[i]]++;
    }
    return MB_OK;
}

static mb_status open_columns(counting *counting)
{
    mb_status status = MB_OK;
    for (int a = 0; a < counting->naxes && !status; a++)
        status = mb_expression_cast(counting->cx, counting->axes[a].column, MB_FLOAT, false, NULL,
                                    &counting->columns[a]);
    return status;
}

static mb_status count_rows(counting *counting)
{
    mb_status status = open_columns(counting);
    MB_TRY(mb_step(counting->cx, status, NULL));
    MB_TRY(find_ranges(counting));
    for (int a = 0; a < counting->naxes; a++)
        set_edges(&counting->axes[a], &counting->scales[a]);
    status = mb_evaluate(counting->cx, counting->columns, counting->naxes, count_block, counting);
done:
    return status;
}

// --- Integers of few values: these are counted, then what they count goes to their bins.

static double tallied_value(const mb_column *column, int64_t entry)
{
    uint64_t bits = mb_tally_origin(column) + (uint64_t)entry;
    return column->type == MB_INT ? (double)(int64_t)bits : (double)bits;
}

static void bound_tally(counting *counting, const uint64_t *tally, int64_t entries)
{
    const mb_column *column = counting->axes[0].column;
    int64_t first = 0, last = entries - 1;
    while (first < entries && !tally[first])
        first++;
    while (last > first && !tally[last])
        last--;
    if (first == entries) return;
    counting->least[0] = tallied_value(column, first);
    counting->most[0] = tallied_value(column, last);
}

static void add_tally(const counting *counting, const uint64_t *tally, int64_t entries)
{
    const mb_axis *axis = &counting->axes[0];
    double values[PIECE];
    int32_t bins[PIECE];
    for (int64_t at = 0; at < entries; at += PIECE) {
        int64_t n = entries - at < PIECE ? entries - at : PIECE;
        for (int64_t i = 0; i < n; i++)
            values[i] = tallied_value(axis->column, at + i);
        counting->kernels->bins(values, n, axis->edges, (int32_t)axis->bins, counting->scales[0],
                                bins);
        for (int64_t i = 0; i < n; i++)
            counting->counts[bins[i]] += tally[at + i];
    }
}

static mb_status count_tally(counting *counting, int64_t entries)
{
    mb_context *cx = counting->cx;
    mb_buffer *tally = NULL;
    mb_status status = mb_buffer_new_zeroed(cx, entries, sizeof(uint64_t), &tally);
    if (!status) status = mb_tally_table(cx, counting->axes[0].column, entries, tally->data);
    if (!status) bound_tally(counting, tally->data, entries);
    MB_TRY(agree_ranges(counting, status));
    set_edges(&counting->axes[0], &counting->scales[0]);
    add_tally(counting, tally->data, entries);
done:
    mb_buffer_release(tally);
    return status;
}

static bool has_few_values(const counting *counting, int64_t *entries)
{
    const mb_column *column = counting->axes[0].column;
    return counting->naxes == 1 && column->type != MB_FLOAT && !mb_column_pending(column) &&
           mb_tally_direct(column, entries);
}

mb_status mb_histogram(mb_context *cx, mb_axis *axes, int naxes, uint64_t *counts)
{
    counting counting = {.cx = cx,
                         .kernels = mb_histogram_kernels_of(cx->isa),
                         .axes = axes,
                         .naxes = naxes,
                         .least = {(double)INFINITY, (double)INFINITY},
                         .most = {-(double)INFINITY, -(double)INFINITY}};
    mb_buffer *table = NULL;
    int64_t entries = axes[0].bins * (naxes == 2 ? axes[1].bins : 1), values;
    // One more for rows that are in no bin.
    mb_status status = mb_buffer_new_zeroed(cx, entries + 1, sizeof(uint64_t), &table);
    MB_TRY(mb_step(cx, status, NULL));
    counting.counts = table->data;
    status =
        has_few_values(&counting, &values) ? count_tally(&counting, values) : count_rows(&counting);
    MB_TRY(mb_tables_add(cx, status, counting.counts, entries));
    for (int64_t i = 0; i < entries; i++)
        counts[i] = counting.counts[i];
done:
    for (int a = 0; a < naxes; a++)
        mb_column_release(counting.columns[a]);
    mb_buffer_release(table);
    return status;
}
