#include "ops/distribute/quantile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "comm/comm.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/count/tables.h"
#include "ops/distribute/quantile_internal.h"
#include "types/time.h"

MB_ISA_CHOICE(mb_quantile_kernels, mb_quantile_kernels, mb_quantile_kernels_of);

enum {
    // Of the number of bins for a range of words. With fewer than 12 NaN would be counted with
    // infinity in the first pass.
    LEAST_BITS = 12,
    MOST_BITS = 16,
    VALUE_BITS = 6,    // values of a bin
    ALL_BITS = 18,     // bins for all ranges together
    FEW = 1 << 12,     // values that all ranks get
    SAMPLED = 1 << 18, // so many that a sample is worth it
};
_Static_assert(LEAST_BITS >= 12 && LEAST_BITS <= MOST_BITS && MOST_BITS <= ALL_BITS,
               "the first pass tells NaN from infinity");

// --- Narrowing the ranges.

static int choose_bits(int nranges, int64_t total)
{
    int bits = mb_bit_length((uint64_t)total) - VALUE_BITS;
    if (bits < LEAST_BITS) bits = LEAST_BITS;
    if (bits > MOST_BITS) bits = MOST_BITS;
    int room = ALL_BITS - mb_bit_length((uint64_t)nranges - 1);
    if (room < 1) room = 1;
    return bits < room ? bits : room;
}

// Counts the words of all ranks, `total` of them, in the bins of each range.
static mb_status count_bins(mb_search *search, int64_t total)
{
    mb_context *cx = search->cx;
    search->bits = choose_bits(search->nranges, total);
    int64_t entries = (int64_t)search->nranges << search->bits;
    mb_buffer_release(search->table);
    search->table = NULL;
    mb_status status = mb_buffer_new_zeroed(cx, entries, sizeof(uint64_t), &search->table);
    if (!status) status = mb_search_count(search);
    return mb_tables_add(cx, status, search->table ? search->table->data : NULL, entries);
}

static int64_t count_of_range(const mb_search *search, int k)
{
    const uint64_t *table = mb_search_table(search, k);
    const mb_key_range *range = &search->ranges[k];
    int64_t last = (int64_t)(range->span >> mb_search_shift(search, range));
    uint64_t count = 0;
    for (int64_t i = 0; i <= last; i++)
        count += table[i];
    return (int64_t)count;
}

// The bin of range k that has the value.
static mb_key_range narrow(const mb_search *search, int k, int64_t rank)
{
    const uint64_t *table = mb_search_table(search, k);
    const mb_key_range *range = &search->ranges[k];
    int shift = mb_search_shift(search, range);
    int64_t below = range->below;
    uint64_t bin = 0;
    while (below + (int64_t)table[bin] <= rank)
        below += (int64_t)table[bin++];
    uint64_t offset = bin << shift, width = (UINT64_C(1) << shift) - 1;
    uint64_t left = range->span - offset;
    return (mb_key_range){range->low + offset, left < width ? left : width, below,
                          (int64_t)table[bin]};
}

static void narrow_targets(mb_search *search)
{
    int k = 0;
    for (int i = 0; i < search->ntargets; i++) {
        mb_target *target = &search->targets[i];
        if (target->in.span == 0) continue;
        while (search->ranges[k].low != target->in.low)
            k++;
        target->in = narrow(search, k, target->rank);
    }
}

// The ranges of targets that are not known yet; returns how many values are in them.
static int64_t list_ranges(mb_search *search)
{
    int64_t total = 0;
    search->nranges = 0;
    for (int i = 0; i < search->ntargets; i++) {
        const mb_key_range *range = &search->targets[i].in;
        if (range->span == 0) continue;
        if (search->nranges && search->ranges[search->nranges - 1].low == range->low) continue;
        search->ranges[search->nranges++] = *range;
        total += range->count;
    }
    mb_search_route(search);
    return total;
}

// --- Few values are left.

// Sorts what is left, and knows all targets.
static mb_status settle(mb_search *search, int64_t total)
{
    mb_buffer *all = NULL;
    int64_t n, before = 0;
    mb_status status = mb_search_collect(search, total);
    MB_TRY(mb_search_gather(search, status, total, &all, &n));
    int k = 0;
    for (int i = 0; i < search->ntargets; i++) {
        mb_target *target = &search->targets[i];
        if (target->in.span == 0) continue;
        while (search->ranges[k].low != target->in.low)
            before += search->ranges[k++].count;
        uint64_t word = ((const uint64_t *)all->data)[before + target->rank - target->in.below];
        target->in.low = word;
        target->in.span = 0;
    }
done:
    mb_buffer_release(all);
    return status;
}

static mb_status find_targets(mb_search *search)
{
    mb_status status = MB_OK;
    const mb_layout *layout = search->column->layout;
    int64_t total, share = layout->n_global / layout->nranks;
    while ((total = list_ranges(search)) > 0) {
        if (total <= FEW) return settle(search, total);
        if (!search->has_collected && total <= share / 2)
            MB_TRY(mb_step(search->cx, mb_search_collect(search, total), NULL));
        MB_TRY(count_bins(search, total));
        narrow_targets(search);
    }
done:
    return status;
}

// --- The whole.

static mb_key_range whole_range(const mb_column *column)
{
    uint64_t low = 0, high = UINT64_MAX;
    if (column->type->kind == MB_FLOAT) {
        low = mb_order_float(-(double)INFINITY);
        high = mb_order_float((double)INFINITY);
    } else if (column->facts.bounded) {
        low = mb_order_bits(column->type->kind, column->facts.range.minimum);
        high = mb_order_bits(column->type->kind, column->facts.range.maximum);
    }
    return (mb_key_range){.low = low, .span = high - low};
}

static int compare_targets(const void *a, const void *b)
{
    const mb_target *x = a, *y = b;
    return (x->rank > y->rank) - (x->rank < y->rank);
}

// Two targets for each quantile of n > 0 values: those next to it.
static void set_targets(mb_search *search, const double *q, int nq, mb_key_range in)
{
    for (int i = 0; i < nq; i++) {
        int64_t rank = (int64_t)floor(q[i] * (double)(in.count - 1));
        int64_t next = rank + 1 < in.count ? rank + 1 : in.count - 1;
        search->targets[2 * i] = (mb_target){rank, in, 2 * i};
        search->targets[2 * i + 1] = (mb_target){next, in, 2 * i + 1};
    }
    search->ntargets = 2 * nq;
    qsort(search->targets, (size_t)search->ntargets, sizeof *search->targets, compare_targets);
}

// Few values in all: they are sorted at once.
static mb_status find_few(mb_search *search, const double *q, int nq, mb_key_range whole,
                          int64_t *n)
{
    mb_buffer *all = NULL;
    mb_status status = mb_search_collect(search, FEW);
    MB_TRY(mb_search_gather(search, status, FEW, &all, n));
    whole.count = *n;
    if (*n) set_targets(search, q, nq, whole);
    for (int i = 0; i < search->ntargets; i++) {
        mb_target *target = &search->targets[i];
        target->in.low = ((const uint64_t *)all->data)[target->rank];
    }
done:
    mb_buffer_release(all);
    return status;
}

// Puts each target where a sample has shown it to be.
static void place_targets(mb_search *search, const mb_brackets *brackets)
{
    bool found = true;
    for (int i = 0; i < search->ntargets; i++) {
        mb_target *target = &search->targets[i];
        found = mb_bracket_of(brackets, target->rank, &target->in) && found;
    }
    search->has_collected = found;
}

static mb_status find(mb_search *search, const double *q, int nq, int64_t there, int64_t *n)
{
    mb_brackets brackets = {.whole = whole_range(search->column)};
    mb_key_range whole = brackets.whole;
    mb_status status;
    search->ranges[0] = whole;
    search->nranges = 1;
    if (there <= FEW) return find_few(search, q, nq, whole, n);
    if (nq <= MB_MOST_SAMPLED && whole.span >> MOST_BITS && there >= SAMPLED)
        MB_TRY(mb_search_brackets(search, q, nq, &brackets));
    search->whole = !brackets.n;
    if (search->whole) MB_TRY(count_bins(search, there));
    *n = whole.count = search->whole ? count_of_range(search, 0) : brackets.whole.count;
    if (*n == 0) return MB_OK;
    set_targets(search, q, nq, whole);
    if (!search->whole)
        place_targets(search, &brackets);
    else if (whole.span)
        narrow_targets(search);
    search->whole = false;
    MB_TRY(find_targets(search));
done:
    return status;
}

static double double_of(mb_kind kind, uint64_t order)
{
    mb_value value = mb_unorder_value(kind, order);
    return kind == MB_FLOAT ? value.f : (double)mb_integer(kind, value.bits);
}

double mb_quantile_between(mb_kind kind, uint64_t low, uint64_t high, double part)
{
    const double a = double_of(kind, low), b = double_of(kind, high), apart = b - a;
    if (a == b || part == 0) return a; // also of infinities
    if (!isfinite(apart)) return a * (1 - part) + b * part;
    return part < 0.5 ? a + apart * part : b - apart * (1 - part);
}

static int compare_indices(const void *a, const void *b)
{
    const mb_target *x = a, *y = b;
    return (x->index > y->index) - (x->index < y->index);
}

// The same of ticks, in a finer unit that has `ticks` to one.
static mb_int128 interpolate_ticks(uint64_t a, uint64_t b, double part, int64_t ticks)
{
    const mb_int128 low = mb_integer(MB_INT, mb_order_bits(MB_INT, a));
    const mb_int128 high = mb_integer(MB_INT, mb_order_bits(MB_INT, b));
    return low * ticks + (mb_int128)rint((double)(high - low) * part * (double)ticks);
}

// Quantiles of times or durations, in the finest unit that all of them fit.
static const mb_type *set_ticks(const mb_search *search, const double *q, int nq, int64_t n,
                                mb_value *results)
{
    const mb_type *type = search->column->type;
    int unit = mb_unit_rounded(type->unit);
    for (int64_t i = 0; i < nq; i++) {
        const mb_target *next = &search->targets[2 * i];
        const double place = q[i] * (double)(n - 1);
        const mb_int128 ticks = interpolate_ticks(
            next[0].in.low, next[1].in.low, place - floor(place), mb_unit_ticks(unit - type->unit));
        results[i].i = (int64_t)ticks;
        if (mb_integer_fits(MB_INT, ticks) || unit == type->unit) continue;
        unit--;
        i = -1;
    }
    return type->units->types[unit];
}

static const mb_type *set_results(mb_search *search, const double *q, int nq, int64_t n,
                                  mb_value *results)
{
    mb_kind kind = search->column->type->kind;
    mb_target *targets = search->targets;
    qsort(targets, (size_t)search->ntargets, sizeof *targets, compare_indices);
    if (search->column->type->units) return set_ticks(search, q, nq, n, results);
    for (int64_t i = 0; i < nq; i++) {
        double place = q[i] * (double)(n - 1);
        results[i].f = mb_quantile_between(kind, targets[2 * i].in.low, targets[2 * i + 1].in.low,
                                           place - floor(place));
    }
    return &mb_type_float;
}

static void close(mb_search *search)
{
    mb_buffer *buffers[] = {search->memory, search->table, search->collected, search->route_memory};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        mb_buffer_release(buffers[i]);
}

mb_status mb_quantiles(mb_context *cx, mb_column *column, const double *q, int nq, bool skipna,
                       mb_value *results, const mb_type **type)
{
    mb_search search = {.cx = cx, .column = column};
    int64_t n = 0, there, most = 2 * (int64_t)nq + 1;
    mb_status status;
    MB_TRY(mb_materialise(cx, column));
    there = column->layout->n_global - column->facts.missing;
    status =
        mb_buffer_new_array(cx, most, sizeof(mb_target) + sizeof(mb_key_range), &search.memory);
    if (!status) status = mb_search_room_for_route(&search, most);
    MB_TRY(mb_step(cx, status, NULL));
    search.targets = search.memory->data;
    search.ranges = (mb_key_range *)(search.targets + most);
    if (there) MB_TRY(find(&search, q, nq, there, &n));
    *type = &mb_type_float;
    if (n && (skipna || n == there))
        *type = set_results(&search, q, nq, n, results);
    else if (column->type->units)
        status = mb_fail(cx, MB_EINVALID, "a quantile of no values");
    else
        for (int i = 0; i < nq; i++)
            results[i].f = (double)NAN;
done:
    close(&search);
    return status;
}
