#include "ops/reduce.h"

#include <math.h>
#include <string.h>

#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/float_sum.h"
#include "ops/kernels.h"

// What one pass over a rank's rows finds.
typedef struct rank_tally {
    mb_int128 sum;
    int64_t count, nonzero;
    uint64_t low, high; // in mb_order_bits' order, or mb_order_float's
    bool any_nan;
} rank_tally;

typedef struct reduce_pass {
    mb_type type;
    mb_reduction reduction;
    const mb_kernels *kernels;
    const mb_ops_kernels *ops;
    rank_tally tally;
    uint64_t scratch[MB_BLOCK_ROWS], wide[MB_BLOCK_ROWS];
} reduce_pass;

static void add_integers(reduce_pass *pass, const mb_block *block, int64_t n)
{
    uint64_t low;
    int64_t high;
    pass->ops->sum[block->form](block->values, n, &low, &high);
    pass->tally.sum += (mb_int128)low + (mb_int128)high * ((mb_int128)1 << 32);
    mb_int128 base =
        pass->type == MB_INT ? (mb_int128)(int64_t)block->base : (mb_int128)block->base;
    pass->tally.sum += base * n;
}

static void note_bounds(rank_tally *tally, uint64_t low, uint64_t high)
{
    if (tally->count == 0 || low < tally->low) tally->low = low;
    if (tally->count == 0 || high > tally->high) tally->high = high;
}

static void bound_integers(reduce_pass *pass, const mb_block *block, int64_t n)
{
    uint64_t least, most;
    pass->ops->bounds[block->form](block->values, n, &least, &most);
    note_bounds(&pass->tally, mb_order_bits(pass->type, least + block->base),
                mb_order_bits(pass->type, most + block->base));
}

static void bound_floats(reduce_pass *pass, const mb_block *block, int64_t n)
{
    double least, most;
    const double *values = mb_block_widen(pass->kernels, block, n, pass->wide);
    pass->ops->float_bounds(values, n, &least, &most);
    if (isnan(least))
        pass->tally.any_nan = true;
    else
        note_bounds(&pass->tally, mb_order_float(least), mb_order_float(most));
}

static void count_nonzero(reduce_pass *pass, const mb_block *block, int64_t n)
{
    uint8_t *bytes = (uint8_t *)pass->wide;
    uint64_t low;
    int64_t high;
    mb_value zero = {.u = 0 - block->base};
    enum { NE = 1 };
    pass->kernels->compare_scalar[NE][block->form](block->values, zero, n, bytes);
    if (block->base && mb_form_width(block->form) < 8 && zero.u >> (8 * mb_form_width(block->form)))
        memset(bytes, 1, (size_t)n); // zero is not among the values that this width can hold
    pass->ops->sum[MB_U8](bytes, n, &low, &high);
    pass->tally.nonzero += (int64_t)low;
}

static mb_status take_block(void *state, const mb_block *given, int64_t first, int64_t n)
{
    reduce_pass *pass = state;
    mb_block present = *given, *block = &present;
    (void)first;
    n = mb_block_compact(pass->kernels, block, n, pass->scratch);
    if (n == 0) return MB_OK;
    bool is_float = pass->type == MB_FLOAT;
    switch (pass->reduction) {
    case MB_MIN:
    case MB_MAX:
        if (is_float)
            bound_floats(pass, block, n);
        else
            bound_integers(pass, block, n);
        break;
    case MB_ANY:
    case MB_ALL: count_nonzero(pass, block, n); break;
    default: add_integers(pass, block, n);
    }
    pass->tally.count += n;
    return MB_OK;
}

static mb_status nothing_to_take(mb_context *cx, const mb_column *column, mb_reduction reduction)
{
    char text[64];
    mb_column_describe(column, text, sizeof text);
    return mb_fail(cx, MB_EINVALID, "%s of no values (%s)", reduction == MB_MIN ? "min" : "max",
                   text);
}

static mb_status finish_sum(mb_context *cx, mb_type type, mb_int128 sum, mb_scalar *result)
{
    result->type = type == MB_UINT ? MB_UINT : MB_INT;
    bool fits = type == MB_UINT ? sum >= 0 && sum <= (mb_int128)UINT64_MAX
                                : sum >= INT64_MIN && sum <= INT64_MAX;
    if (!fits)
        return mb_fail(cx, MB_EOVERFLOW, "sum: about %.6g does not fit %s", (double)sum,
                       type == MB_UINT ? "a uint" : "an int");
    result->value.i = (int64_t)sum;
    return MB_OK;
}

static mb_status finish_bound(mb_context *cx, const mb_column *column, mb_reduction reduction,
                              const mb_payload *all, mb_scalar *result)
{
    if (all->count == 0) return nothing_to_take(cx, column, reduction);
    uint64_t order = reduction == MB_MIN ? ~all->max[0] : all->max[1];
    result->type = column->type;
    if (column->type != MB_FLOAT)
        result->value.u = mb_order_bits(column->type, order);
    else
        result->value.f = all->max[2] ? (double)NAN : mb_unorder_float(order);
    return MB_OK;
}

static mb_payload payload_of(const rank_tally *tally)
{
    mb_payload payload = {.sum = tally->sum, .count = (uint64_t)tally->count};
    bool bounded = tally->count && tally->high >= tally->low;
    payload.max[0] = bounded ? ~tally->low : 0;
    payload.max[1] = bounded ? tally->high : 0;
    payload.max[2] = tally->any_nan;
    return payload;
}

static mb_status finish(mb_context *cx, const mb_column *column, mb_reduction reduction,
                        const mb_payload *all, mb_scalar *result)
{
    switch (reduction) {
    case MB_SUM: return finish_sum(cx, column->type, all->sum, result);
    case MB_MIN:
    case MB_MAX: return finish_bound(cx, column, reduction, all, result);
    case MB_MEAN:
        result->type = MB_FLOAT;
        result->value.f = all->count ? (double)all->sum / (double)all->count : (double)NAN;
        return MB_OK;
    default: // for these the sum is of the rows that are not zero
        result->type = MB_BOOL;
        result->value.u = 0;
        result->value.b = reduction == MB_ANY ? all->sum > 0 : all->sum == (mb_int128)all->count;
        return MB_OK;
    }
}

mb_status mb_reduce(mb_context *cx, mb_column *column, mb_reduction reduction, mb_scalar *result)
{
    if (column->type == MB_FLOAT && (reduction == MB_SUM || reduction == MB_MEAN))
        return mb_float_sum(cx, column, reduction == MB_MEAN, result);
    reduce_pass state;
    memset(&state.tally, 0, sizeof state.tally);
    state.type = column->type;
    state.reduction = reduction;
    state.kernels = mb_kernels_of(cx->isa);
    state.ops = mb_ops_kernels_of(cx->isa);
    mb_status status = mb_evaluate(cx, &column, 1, take_block, &state);
    if (reduction == MB_ANY || reduction == MB_ALL) state.tally.sum = state.tally.nonzero;
    mb_payload payload = payload_of(&state.tally);
    status = mb_conclude(cx, status, &payload);
    return status ? status : finish(cx, column, reduction, &payload, result);
}
