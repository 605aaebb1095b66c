#include "ops/reduce/reduce.h"

#include <math.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "ops/reduce/block_sums.h"
#include "ops/reduce/summary.h"
#include "types/time.h"

const char *mb_statistic_name(mb_statistic statistic)
{
    static const char *const names[MB_STATISTICS] = {
        "sum", "prod",          "min",  "max", "argmin", "argmax", "any",
        "all", "count_nonzero", "mean", "var", "std",    "skew"};
    return names[statistic];
}

// What a statistic needs of the pass, and of ops/reduce/block_sums.h.
typedef struct need {
    unsigned pass, blocks;
} need;

static need need_of(mb_kind kind, mb_statistic statistic)
{
    enum { VARIANCE = MB_SUMS | MB_SQUARES };
    static const need needs[MB_STATISTICS][2] = {
        // of integers, of floats
        [MB_SUM] = {{MB_INTEGER_SUM, 0}, {0, MB_SUMS}},
        [MB_PROD] = {{MB_INTEGER_PRODUCT, 0}, {0, MB_PRODUCTS}},
        [MB_MIN] = {{MB_BOUNDS, 0}, {MB_BOUNDS, 0}},
        [MB_MAX] = {{MB_BOUNDS, 0}, {MB_BOUNDS, 0}},
        [MB_ARGMIN] = {{MB_BOUNDS | MB_PLACES, 0}, {MB_BOUNDS | MB_PLACES, 0}},
        [MB_ARGMAX] = {{MB_BOUNDS | MB_PLACES, 0}, {MB_BOUNDS | MB_PLACES, 0}},
        [MB_ANY] = {{MB_NONZERO, 0}, {MB_NONZERO, 0}},
        [MB_ALL] = {{MB_NONZERO, 0}, {MB_NONZERO, 0}},
        [MB_COUNT_NONZERO] = {{MB_NONZERO, 0}, {MB_NONZERO, 0}},
        [MB_MEAN] = {{MB_INTEGER_SUM, 0}, {0, MB_SUMS}},
        [MB_VAR] = {{0, VARIANCE}, {0, VARIANCE}},
        [MB_STD] = {{0, VARIANCE}, {0, VARIANCE}},
        [MB_SKEW] = {{0, VARIANCE | MB_CUBES}, {0, VARIANCE | MB_CUBES}},
    };
    return needs[statistic][kind == MB_FLOAT];
}

static need all_needs(mb_kind kind, unsigned wanted)
{
    need all = {0, 0};
    for (int s = 0; s < MB_STATISTICS; s++) {
        if (!(wanted >> s & 1)) continue;
        need one = need_of(kind, (mb_statistic)s);
        all.pass |= one.pass;
        all.blocks |= one.blocks;
    }
    return all;
}

// Whether a summary fits the words that travel with an agreement, which have room for one sum.
static bool fits_payload(unsigned needs)
{
    const unsigned sums = MB_INTEGER_SUM | MB_NONZERO;
    return !(needs & (MB_INTEGER_PRODUCT | MB_PLACES)) && (needs & sums) != sums;
}

static mb_payload to_payload(const mb_summary *summary)
{
    return (mb_payload){.sum = summary->sum + summary->nonzero,
                        .count = (uint64_t)summary->count,
                        .max = {~summary->low, summary->high, summary->nans > 0}};
}

static void from_payload(const mb_payload *payload, mb_summary *summary)
{
    summary->sum = payload->sum;
    summary->nonzero = (int64_t)payload->sum;
    summary->count = (int64_t)payload->count;
    summary->low = ~payload->max[0];
    summary->high = payload->max[1];
    summary->nans = (int64_t)payload->max[2];
}

static void gather_summaries(mb_context *cx, mb_buffer *memory, mb_summary *all)
{
    const mb_summary *parts = memory->data;
    mb_gather_all(cx, all, sizeof *all, memory->data);
    *all = parts[0];
    for (int r = 1; r < mb_nranks(cx); r++)
        mb_summary_add(all, &parts[r]);
}

static mb_status nothing_to_take(mb_context *cx, const mb_column *column, mb_statistic statistic)
{
    char text[64];
    mb_column_describe(column, text, sizeof text);
    return mb_fail(cx, MB_EINVALID, "%s of no values (%s)", mb_statistic_name(statistic), text);
}

mb_status mb_exact_sum(mb_context *cx, const char *operation, mb_int128 high, uint64_t low,
                       mb_scalar *sum)
{
    sum->value.u = low;
    if (high == mb_integer(sum->type->kind, low) >> 64) return MB_OK;
    return mb_fail(cx, MB_EOVERFLOW, "%s: about %.6g does not fit %s %s", operation,
                   (double)high * 0x1p64 + (double)low, mb_type_article(sum->type),
                   sum->type->name);
}

// Of times and durations: means are of their type, deviations durations; nothing is a power of one,
// or true.
static mb_status type_in_units(mb_context *cx, const mb_type *type, mb_statistic statistic,
                               const mb_type **result)
{
    const char *name = mb_statistic_name(statistic);
    *result = type;
    switch (statistic) {
    case MB_SUM: return mb_operator_folded(cx, MB_ADD, name, type, result);
    case MB_MIN:
    case MB_MAX:
    case MB_MEAN: return MB_OK;
    case MB_STD: *result = type->units->apart[type->unit]; return MB_OK;
    case MB_ARGMIN:
    case MB_ARGMAX: *result = &mb_type_int; return MB_OK;
    default: return mb_type_refuse(cx, name, type);
    }
}

static mb_status type_of(mb_context *cx, const mb_type *type, mb_statistic statistic,
                         const mb_type **result)
{
    if (type->units) return type_in_units(cx, type, statistic, result);
    static const mb_type *const types[MB_STATISTICS] = {
        [MB_ARGMIN] = &mb_type_int, [MB_ARGMAX] = &mb_type_int, [MB_COUNT_NONZERO] = &mb_type_int,
        [MB_ANY] = &mb_type_bool,   [MB_ALL] = &mb_type_bool,   [MB_MEAN] = &mb_type_float,
        [MB_VAR] = &mb_type_float,  [MB_STD] = &mb_type_float,  [MB_SKEW] = &mb_type_float,
    };
    const char *name = mb_statistic_name(statistic);
    mb_status status = MB_OK;
    *result = type;
    if (statistic == MB_PROD)
        status = mb_operator_folded(cx, MB_MUL, name, type, result);
    else if (statistic == MB_SUM || types[statistic] == &mb_type_float) // means, too, are of sums
        status = mb_operator_folded(cx, MB_ADD, name, type, result);
    else if (statistic >= MB_ANY && statistic <= MB_COUNT_NONZERO)
        status = mb_type_check_truth(cx, name, type);
    if (types[statistic]) *result = types[statistic];
    return status;
}

static double mean_of(mb_kind kind, const mb_summary *all, const mb_moments *moments)
{
    if (kind == MB_FLOAT) return mb_moments_mean(moments, 0);
    return all->count ? (double)all->sum / (double)all->count : (double)NAN;
}

// A mean or a deviation of times or durations: to the microsecond, or the unit where that is finer.
static mb_status find_in_units(mb_context *cx, const mb_column *column, double ddof,
                               const mb_summary *all, const mb_moments *moments,
                               mb_statistic statistic, mb_scalar *result)
{
    const mb_type *type = result->type;
    if (all->count == 0) return nothing_to_take(cx, column, statistic);
    if (statistic == MB_MEAN) {
        mb_unit_mean(type, all->sum, all->count, &result->type, &result->value);
        return MB_OK;
    }
    const int unit = mb_unit_rounded(type->unit);
    const double ticks =
        rint(sqrt(mb_moments_variance(moments, ddof)) * (double)mb_unit_ticks(unit - type->unit));
    result->type = type->units->types[unit];
    if (!(ticks < 0x1p63)) return nothing_to_take(cx, column, statistic);
    result->value.i = (int64_t)ticks;
    return MB_OK;
}

// A statistic of all rows, from what the pass has found.
static mb_status find(mb_context *cx, const mb_column *column, double ddof, const mb_summary *all,
                      const mb_moments *moments, mb_statistic statistic, mb_scalar *result)
{
    mb_kind kind = column->type->kind;
    mb_value *value = &result->value;
    bool is_float = kind == MB_FLOAT;
    mb_status status = type_of(cx, column->type, statistic, &result->type);
    if (status) return status;
    value->bits = 0;
    if (all->count == 0 && statistic >= MB_MIN && statistic <= MB_ARGMAX)
        return nothing_to_take(cx, column, statistic);
    if (column->type->units && (statistic == MB_MEAN || statistic == MB_STD))
        return find_in_units(cx, column, ddof, all, moments, statistic, result);
    switch (statistic) {
    case MB_SUM:
        if (!is_float) return mb_exact_sum(cx, "sum", all->sum >> 64, (uint64_t)all->sum, result);
        value->f = moments->sum[0];
        break;
    case MB_PROD:
        if (is_float)
            value->f = moments->product;
        else
            value->u = all->product;
        break;
    case MB_MIN: *value = mb_unorder_value(kind, all->nans ? MB_ORDER_NAN : all->low); break;
    case MB_MAX: *value = mb_unorder_value(kind, all->nans ? MB_ORDER_NAN : all->high); break;
    case MB_ARGMIN: value->i = all->least.row + 1; break;
    case MB_ARGMAX: value->i = all->most.row + 1; break;
    case MB_ANY: value->b = all->nonzero > 0; break;
    case MB_ALL: value->b = all->nonzero == all->count; break;
    case MB_COUNT_NONZERO: value->i = all->nonzero; break;
    case MB_MEAN: value->f = mean_of(kind, all, moments); break;
    case MB_VAR: value->f = mb_moments_variance(moments, ddof); break;
    case MB_STD: value->f = sqrt(mb_moments_variance(moments, ddof)); break;
    default: value->f = mb_moments_skewness(moments);
    }
    if (result->type->kind == MB_FLOAT) *result = mb_float_scalar(value->f);
    return MB_OK;
}

mb_status mb_reduce(mb_context *cx, mb_column *column, unsigned wanted, mb_reduce_options options,
                    mb_scalar *results)
{
    mb_status status = MB_OK;
    mb_buffer *memory = NULL;
    mb_block_sums *sums = NULL;
    mb_moments moments = {0};
    mb_summary all = mb_summary_none();
    need needs = all_needs(column->type->kind, wanted);
    bool fits = fits_payload(needs.pass);
    if (needs.blocks) status = mb_block_sums_open(cx, column->layout, 1, needs.blocks, &sums);
    if (!status && !fits) status = mb_buffer_new_array(cx, mb_nranks(cx), sizeof all, &memory);
    if (!status) status = mb_summarise(cx, column, needs.pass, options.skipna, sums, &all);
    mb_payload payload = to_payload(&all);
    MB_TRY(mb_conclude(cx, status, &payload));
    if (fits)
        from_payload(&payload, &all);
    else
        gather_summaries(cx, memory, &all);
    if (sums) mb_block_sums_finish(sums, &moments);
    for (int s = 0; s < MB_STATISTICS && !status; s++)
        if (wanted >> s & 1)
            status = find(cx, column, options.ddof, &all, &moments, (mb_statistic)s, &results[s]);
done:
    mb_block_sums_close(sums);
    mb_buffer_release(memory);
    return status;
}
