#include "ops/histogram.h"

#include <math.h>

#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/histogram_kernels.h"
#include "ops/tables.h"

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

// Finds the ranges that are not given.
static mb_status find_ranges(counting *counting)
{
    mb_payload payload = {0};
    bool found = true;
    for (int a = 0; a < counting->naxes; a++) {
        counting->least[a] = (double)INFINITY;
        counting->most[a] = -(double)INFINITY;
        found = found && counting->axes[a].ranged;
    }
    if (found) return MB_OK;
    mb_status status =
        mb_evaluate(counting->cx, counting->columns, counting->naxes, bound_block, counting);
    for (int a = 0; a < counting->naxes; a++) {
        payload.max[2 * a] = ~mb_order_float(counting->least[a]);
        payload.max[2 * a + 1] = mb_order_float(counting->most[a]);
    }
    status = mb_step(counting->cx, status, &payload);
    for (int a = 0; a < counting->naxes && !status; a++) {
        mb_axis *axis = &counting->axes[a];
        if (axis->ranged) continue;
        axis->low = mb_unorder_float(~payload.max[2 * a]);
        axis->high = mb_unorder_float(payload.max[2 * a + 1]);
        if (axis->low > axis->high) axis->low = 0, axis->high = 1;
        if (axis->low == axis->high) axis->low -= 0.5, axis->high += 0.5;
        if (!isfinite(axis->low) || !isfinite(axis->high))
            return mb_fail(counting->cx, MB_EINVALID,
                           "histogram: the values have infinities; give a range = {low, high}");
    }
    return status;
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

mb_status mb_histogram(mb_context *cx, mb_axis *axes, int naxes, uint64_t *counts)
{
    counting counting = {.cx = cx, .axes = axes, .naxes = naxes};
    mb_buffer *table = NULL;
    int64_t entries = axes[0].bins * (naxes == 2 ? axes[1].bins : 1);
    mb_status status;
    counting.kernels = mb_histogram_kernels_of(cx->isa);
    status = open_columns(&counting);
    // One more for rows that are in no bin.
    if (!status) status = mb_buffer_new_zeroed(cx, entries + 1, sizeof(uint64_t), &table);
    MB_TRY(mb_step(cx, status, NULL));
    counting.counts = table->data;
    MB_TRY(find_ranges(&counting));
    for (int a = 0; a < naxes; a++)
        set_edges(&axes[a], &counting.scales[a]);
    status = mb_evaluate(cx, counting.columns, naxes, count_block, &counting);
    MB_TRY(mb_tables_add(cx, status, counting.counts, entries));
    for (int64_t i = 0; i < entries; i++)
        counts[i] = counting.counts[i];
done:
    for (int a = 0; a < naxes; a++)
        mb_column_release(counting.columns[a]);
    mb_buffer_release(table);
    return status;
}
