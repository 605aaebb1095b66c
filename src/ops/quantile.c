#include "ops/quantile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "comm/comm.h"
#include "comm/exchange.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/order_words.h"
#include "ops/tables.h"

enum {
    MOST_BITS = 16, // of the number of bins for a range of words
    ALL_BITS = 18,  // and for all ranges together
    FEW = 1 << 16,  // values that all ranks get
};

// Words low .. low + span: `count` values of all ranks, with `below` values under them.
typedef struct range {
    uint64_t low, span;
    int64_t below, count;
} range;

// A value that is looked for: number `rank` in ascending order, from 0. Known when the span is 0.
typedef struct target {
    int64_t rank;
    range in;
    int index; // of the result
} target;

typedef struct search {
    mb_context *cx;
    mb_column *column;
    int ntargets, nranges;
    target *targets; // by rank
    range *ranges;   // where targets are that are not known yet: apart, ascending
    int bits;        // of the bins' number
    mb_buffer *memory, *table;
    mb_buffer *collected; // words of this rank in the ranges, once they are few
    int64_t ncollected;
    bool has_collected;
} search;

static int bits_of(uint64_t x)
{
    return x ? 64 - __builtin_clzll(x) : 0;
}

static int shift_of(const search *search, const range *range)
{
    int bits = bits_of(range->span);
    return bits > search->bits ? bits - search->bits : 0;
}

// --- Passes over the words of this rank.

// Calls `take` with all of them: the column's, or what was collected of it.
static mb_status each_word(search *search, mb_take_words *take, void *state)
{
    const uint64_t *words = search->has_collected ? search->collected->data : NULL;
    mb_status status = MB_OK;
    if (!words) return mb_words_each(search->cx, search->column, take, state);
    for (int64_t first = 0; first < search->ncollected && !status; first += MB_WORD_ROWS) {
        int64_t left = search->ncollected - first;
        status = take(state, words + first, NULL, first, left < MB_WORD_ROWS ? left : MB_WORD_ROWS);
    }
    return status;
}

// The words that are there.
static int64_t compact(const uint64_t *words, const uint8_t *there, int64_t n, uint64_t *out)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++) {
        out[kept] = words[i];
        kept += there[i];
    }
    return kept;
}

static mb_status count_words(void *state, const uint64_t *words, const uint8_t *there,
                             int64_t first, int64_t n)
{
    search *search = state;
    uint64_t kept[MB_WORD_ROWS], chosen[MB_WORD_ROWS];
    const mb_word_kernels *kernels = mb_word_kernels_of(search->cx->isa);
    (void)first;
    if (there) {
        n = compact(words, there, n, kept);
        words = kept;
    }
    for (int k = 0; k < search->nranges; k++) {
        const range *range = &search->ranges[k];
        int shift = shift_of(search, range);
        uint64_t *table = (uint64_t *)search->table->data + ((int64_t)k << search->bits);
        int64_t found = kernels->select(words, n, range->low, range->span, chosen);
        for (int64_t i = 0; i < found; i++)
            table[(chosen[i] - range->low) >> shift]++;
    }
    return MB_OK;
}

typedef struct collecting {
    search *search;
    uint64_t *out;
    int64_t n;
} collecting;

static mb_status collect_words(void *state, const uint64_t *words, const uint8_t *there,
                               int64_t first, int64_t n)
{
    collecting *collecting = state;
    const search *search = collecting->search;
    uint64_t kept[MB_WORD_ROWS], chosen[MB_WORD_ROWS];
    (void)first;
    if (there) {
        n = compact(words, there, n, kept);
        words = kept;
    }
    for (int k = 0; k < search->nranges; k++) {
        int64_t found =
            mb_word_kernels_of(search->cx->isa)
                ->select(words, n, search->ranges[k].low, search->ranges[k].span, chosen);
        memcpy(collecting->out + collecting->n, chosen, (size_t)found * sizeof *chosen);
        collecting->n += found;
    }
    return MB_OK;
}

// --- Narrowing the ranges.

// Counts the words of all ranks in the bins of each range.
static mb_status count_bins(search *search)
{
    mb_context *cx = search->cx;
    search->bits = ALL_BITS - bits_of((uint64_t)search->nranges - 1);
    if (search->bits > MOST_BITS) search->bits = MOST_BITS;
    if (search->bits < 1) search->bits = 1;
    int64_t entries = (int64_t)search->nranges << search->bits;
    mb_buffer_release(search->table);
    search->table = NULL;
    mb_status status = mb_buffer_new_zeroed(cx, entries, sizeof(uint64_t), &search->table);
    if (!status) status = each_word(search, count_words, search);
    return mb_tables_add(cx, status, search->table ? search->table->data : NULL, entries);
}

static int64_t count_of_range(const search *search, int k)
{
    const uint64_t *table = (const uint64_t *)search->table->data + ((int64_t)k << search->bits);
    uint64_t count = 0;
    for (int64_t i = 0; i < INT64_C(1) << search->bits; i++)
        count += table[i];
    return (int64_t)count;
}

// The bin of range k that has the value.
static range narrow(const search *search, int k, int64_t rank)
{
    const uint64_t *table = (const uint64_t *)search->table->data + ((int64_t)k << search->bits);
    const range *range = &search->ranges[k];
    int shift = shift_of(search, range);
    int64_t below = range->below;
    uint64_t bin = 0;
    while (below + (int64_t)table[bin] <= rank)
        below += (int64_t)table[bin++];
    uint64_t offset = bin << shift, width = (UINT64_C(1) << shift) - 1;
    uint64_t left = range->span - offset;
    return (struct range){range->low + offset, left < width ? left : width, below,
                          (int64_t)table[bin]};
}

static void narrow_targets(search *search)
{
    int k = 0;
    for (int i = 0; i < search->ntargets; i++) {
        target *target = &search->targets[i];
        if (target->in.span == 0) continue;
        while (search->ranges[k].low != target->in.low)
            k++;
        target->in = narrow(search, k, target->rank);
    }
}

// The ranges of targets that are not known yet; returns how many values are in them.
static int64_t list_ranges(search *search)
{
    int64_t total = 0;
    search->nranges = 0;
    for (int i = 0; i < search->ntargets; i++) {
        const range *range = &search->targets[i].in;
        if (range->span == 0) continue;
        if (search->nranges && search->ranges[search->nranges - 1].low == range->low) continue;
        search->ranges[search->nranges++] = *range;
        total += range->count;
    }
    return total;
}

// --- Few values are left.

// Words in the ranges to a buffer of this rank, which later passes read instead; at most `total`.
static mb_status collect(search *search, int64_t total)
{
    mb_buffer *buffer;
    int64_t rows = mb_column_rows(search->column);
    int64_t room = total < rows ? total : rows;
    mb_status status = mb_buffer_new_array(search->cx, room, sizeof(uint64_t), &buffer);
    if (status) return status;
    collecting collecting = {search, buffer->data, 0};
    status = each_word(search, collect_words, &collecting);
    mb_buffer_release(search->collected);
    search->collected = buffer;
    search->ncollected = collecting.n;
    search->has_collected = true;
    return status;
}

static int compare_words(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

// The collected words of all ranks, at most `room`, in ascending order.
static mb_status gather_words(search *search, mb_status status, int64_t room, mb_buffer **all,
                              int64_t *n)
{
    mb_context *cx = search->cx;
    mb_buffer *sizes = NULL;
    int64_t mine = search->ncollected * (int64_t)sizeof(uint64_t);
    *n = 0;
    if (!status) status = mb_buffer_new_array(cx, room, sizeof(uint64_t), all);
    if (!status) status = mb_buffer_new_array(cx, mb_nranks(cx), sizeof(int64_t), &sizes);
    MB_TRY(mb_step(cx, status, NULL));
    int64_t *bytes = sizes->data;
    mb_gather_all(cx, &mine, sizeof mine, bytes);
    for (int r = 0; r < mb_nranks(cx); r++)
        *n += bytes[r] / (int64_t)sizeof(uint64_t);
    mb_gather_all_varying(cx, search->collected->data, bytes, (*all)->data);
    qsort((*all)->data, (size_t)*n, sizeof(uint64_t), compare_words);
done:
    mb_buffer_release(sizes);
    return status;
}

// Sorts what is left, and knows all targets.
static mb_status settle(search *search, int64_t total)
{
    mb_buffer *all = NULL;
    int64_t n, before = 0;
    mb_status status = collect(search, total);
    MB_TRY(gather_words(search, status, total, &all, &n));
    int k = 0;
    for (int i = 0; i < search->ntargets; i++) {
        target *target = &search->targets[i];
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

static mb_status find_targets(search *search)
{
    mb_status status = MB_OK;
    const mb_layout *layout = search->column->layout;
    int64_t total, share = layout->n_global / layout->nranks;
    while ((total = list_ranges(search)) > 0) {
        if (total <= FEW) return settle(search, total);
        if (!search->has_collected && total <= share / 2)
            MB_TRY(mb_step(search->cx, collect(search, total), NULL));
        MB_TRY(count_bins(search));
        narrow_targets(search);
    }
done:
    return status;
}

// --- The whole.

static range whole_range(const mb_column *column)
{
    uint64_t low = 0, high = UINT64_MAX;
    if (column->type == MB_FLOAT) {
        low = mb_order_float(-(double)INFINITY);
        high = mb_order_float((double)INFINITY);
    } else if (column->bounded) {
        low = mb_order_bits(column->type, column->range.minimum);
        high = mb_order_bits(column->type, column->range.maximum);
    }
    return (range){.low = low, .span = high - low};
}

static int compare_targets(const void *a, const void *b)
{
    const target *x = a, *y = b;
    return (x->rank > y->rank) - (x->rank < y->rank);
}

// Two targets for each quantile of n > 0 values: those next to it.
static void set_targets(search *search, const double *q, int nq, range in)
{
    for (int i = 0; i < nq; i++) {
        int64_t rank = (int64_t)floor(q[i] * (double)(in.count - 1));
        int64_t next = rank + 1 < in.count ? rank + 1 : in.count - 1;
        search->targets[2 * i] = (target){rank, in, 2 * i};
        search->targets[2 * i + 1] = (target){next, in, 2 * i + 1};
    }
    search->ntargets = 2 * nq;
    qsort(search->targets, (size_t)search->ntargets, sizeof *search->targets, compare_targets);
}

// Few values in all: they are sorted at once.
static mb_status find_few(search *search, const double *q, int nq, range whole, int64_t *n)
{
    mb_buffer *all = NULL;
    mb_status status = collect(search, FEW);
    MB_TRY(gather_words(search, status, FEW, &all, n));
    whole.count = *n;
    if (*n) set_targets(search, q, nq, whole);
    for (int i = 0; i < search->ntargets; i++) {
        target *target = &search->targets[i];
        target->in.low = ((const uint64_t *)all->data)[target->rank];
    }
done:
    mb_buffer_release(all);
    return status;
}

static mb_status find(search *search, const double *q, int nq, int64_t there, int64_t *n)
{
    range whole = whole_range(search->column);
    mb_status status;
    search->ranges[0] = whole;
    search->nranges = 1;
    if (there <= FEW) return find_few(search, q, nq, whole, n);
    MB_TRY(count_bins(search));
    *n = whole.count = count_of_range(search, 0);
    if (*n == 0) return MB_OK;
    set_targets(search, q, nq, whole);
    if (whole.span) narrow_targets(search);
    MB_TRY(find_targets(search));
done:
    return status;
}

// Between a and b, as numpy computes it.
static double interpolate(double a, double b, double part)
{
    if (a == b || part == 0) return a; // also of infinities
    return part < 0.5 ? a + (b - a) * part : b - (b - a) * (1 - part);
}

static void set_results(const search *search, const double *q, int nq, int64_t n, double *results)
{
    mb_type type = search->column->type;
    double ends[2] = {0, 0};
    // Targets of equal ranks may stand in any order, but have equal values.
    for (int i = 0; i < nq; i++) {
        for (int t = 0; t < search->ntargets; t++)
            if (search->targets[t].index / 2 == i)
                ends[search->targets[t].index % 2] = mb_word_float(type, search->targets[t].in.low);
        double place = q[i] * (double)(n - 1);
        results[i] = interpolate(ends[0], ends[1], place - floor(place));
    }
}

static void close(search *search)
{
    mb_buffer *buffers[] = {search->memory, search->table, search->collected};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        mb_buffer_release(buffers[i]);
}

mb_status mb_quantiles(mb_context *cx, mb_column *column, const double *q, int nq, bool skipna,
                       double *results)
{
    search search = {.cx = cx, .column = column};
    int64_t n = 0, there, most = 2 * (int64_t)nq + 1;
    mb_status status;
    MB_TRY(mb_materialise(cx, column));
    there = column->layout->n_global - column->missing;
    status = mb_buffer_new_array(cx, most, sizeof(target) + sizeof(range), &search.memory);
    MB_TRY(mb_step(cx, status, NULL));
    search.targets = search.memory->data;
    search.ranges = (range *)(search.targets + most);
    if (there) MB_TRY(find(&search, q, nq, there, &n));
    if (n && (skipna || n == there))
        set_results(&search, q, nq, n, results);
    else
        for (int i = 0; i < nq; i++)
            results[i] = (double)NAN;
done:
    close(&search);
    return status;
}
