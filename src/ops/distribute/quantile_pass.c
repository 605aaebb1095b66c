// Passes over the order words of a column: what is in the ranges that are searched.

#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/count/tally.h"
#include "ops/distribute/quantile_internal.h"

int mb_search_shift(const mb_search *search, const mb_key_range *range)
{
    int bits = mb_bit_length(range->span);
    return bits > search->bits ? bits - search->bits : 0;
}

uint64_t *mb_search_table(const mb_search *search, int k)
{
    return (uint64_t *)search->table->data + ((int64_t)k << search->bits);
}

mb_status mb_search_each(mb_search *search, mb_take_orders *take, mb_take_offsets *take_offsets,
                         void *state)
{
    const uint64_t *words = search->has_collected ? search->collected->data : NULL;
    mb_status status = MB_OK;
    if (!words) return mb_order_each(search->cx, search->column, take, take_offsets, state);
    for (int64_t first = 0; first < search->ncollected && !status; first += MB_ORDER_ROWS) {
        int64_t left = search->ncollected - first;
        status =
            take(state, words + first, NULL, first, left < MB_ORDER_ROWS ? left : MB_ORDER_ROWS);
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

// Counts words of any of many ranges.
static void count_routed(mb_search *search, const uint64_t *words, int64_t n)
{
    mb_routed routed;
    const int64_t found = mb_search_routes(search, words, n, &routed);
    for (int64_t i = 0; i < found; i++) {
        const mb_key_range *range = &search->ranges[routed.ranges[i]];
        uint64_t *table = mb_search_table(search, (int)routed.ranges[i]);
        table[(routed.words[i] - range->low) >> mb_search_shift(search, range)]++;
    }
}

static mb_status count_words(void *state, const uint64_t *words, const uint8_t *there,
                             int64_t first, int64_t n)
{
    mb_search *search = state;
    uint64_t kept[MB_ORDER_ROWS], chosen[MB_ORDER_ROWS];
    const mb_quantile_kernels *kernels = mb_quantile_kernels_of(search->cx->isa);
    (void)first;
    if (there) {
        n = compact(words, there, n, kept);
        words = kept;
    }
    if (search->routed) {
        count_routed(search, words, n);
        return MB_OK;
    }
    for (int k = 0; k < search->nranges; k++) {
        const mb_key_range *range = &search->ranges[k];
        int shift = mb_search_shift(search, range);
        uint64_t *table = mb_search_table(search, k);
        if (search->whole) {
            kernels->count(words, n, range->low, shift, table);
            return MB_OK;
        }
        int64_t found = kernels->select(words, n, range->low, range->span, chosen);
        kernels->count(chosen, found, range->low, shift, table);
    }
    return MB_OK;
}

bool mb_search_reach(const mb_key_range *range, uint64_t base, uint32_t *low, uint32_t *span)
{
    uint64_t first = range->low > base ? range->low - base : 0, last = range->low + range->span;
    if (last < base || first > UINT32_MAX) return false;
    last -= base;
    *low = (uint32_t)first;
    *span = (uint32_t)((last < UINT32_MAX ? last : UINT32_MAX) - first);
    return true;
}

// The offsets that are in range k; returns how many.
static int64_t select_offsets(const mb_search *search, int k, const uint32_t *offsets,
                              uint64_t base, int64_t n, uint32_t *chosen)
{
    uint32_t low, span;
    if (!mb_search_reach(&search->ranges[k], base, &low, &span)) return 0;
    return mb_quantile_kernels_of(search->cx->isa)->select_offsets(offsets, n, low, span, chosen);
}

// Takes offsets as the words that they stand for.
static mb_status widen_offsets(mb_take_orders *take, void *state, const uint32_t *offsets,
                               uint64_t base, int64_t n)
{
    uint64_t words[MB_ORDER_ROWS];
    mb_status status = MB_OK;
    for (int64_t first = 0; first < n && !status; first += MB_ORDER_ROWS) {
        const int64_t some = n - first < MB_ORDER_ROWS ? n - first : MB_ORDER_ROWS;
        for (int64_t i = 0; i < some; i++)
            words[i] = base + offsets[first + i];
        status = take(state, words, NULL, first, some);
    }
    return status;
}

static mb_status count_offsets(void *state, const uint32_t *offsets, uint64_t base, int64_t first,
                               int64_t n)
{
    mb_search *search = state;
    uint32_t chosen[MB_BLOCK_ROWS], low, span;
    const mb_quantile_kernels *kernels = mb_quantile_kernels_of(search->cx->isa);
    (void)first;
    if (search->whole && search->ranges[0].low >= base &&
        mb_search_reach(&search->ranges[0], base, &low, &span)) {
        kernels->count_offsets(offsets, n, low, mb_search_shift(search, &search->ranges[0]),
                               mb_search_table(search, 0));
        return MB_OK;
    }
    if (search->routed) return widen_offsets(count_words, search, offsets, base, n);
    for (int k = 0; k < search->nranges; k++) {
        const mb_key_range *range = &search->ranges[k];
        int shift = mb_search_shift(search, range);
        uint64_t *table = mb_search_table(search, k);
        int64_t found = select_offsets(search, k, offsets, base, n, chosen);
        for (int64_t i = 0; i < found; i++)
            table[(base + chosen[i] - range->low) >> shift]++;
    }
    return MB_OK;
}

typedef struct collecting {
    mb_search *search;
    uint64_t *out;
    int64_t n;
} collecting;

static void keep_words(collecting *collecting, const uint64_t *words, int64_t n)
{
    memcpy(collecting->out + collecting->n, words, (size_t)n * sizeof *words);
    collecting->n += n;
}

static mb_status collect_words(void *state, const uint64_t *words, const uint8_t *there,
                               int64_t first, int64_t n)
{
    collecting *collecting = state;
    const mb_search *search = collecting->search;
    uint64_t kept[MB_ORDER_ROWS], chosen[MB_ORDER_ROWS];
    (void)first;
    if (there) {
        n = compact(words, there, n, kept);
        words = kept;
    }
    if (search->routed) {
        mb_routed routed;
        keep_words(collecting, routed.words, mb_search_routes(search, words, n, &routed));
        return MB_OK;
    }
    for (int k = 0; k < search->nranges; k++) {
        int64_t found =
            mb_quantile_kernels_of(search->cx->isa)
                ->select(words, n, search->ranges[k].low, search->ranges[k].span, chosen);
        keep_words(collecting, chosen, found);
    }
    return MB_OK;
}

static mb_status collect_offsets(void *state, const uint32_t *offsets, uint64_t base, int64_t first,
                                 int64_t n)
{
    collecting *collecting = state;
    uint32_t chosen[MB_BLOCK_ROWS];
    (void)first;
    if (collecting->search->routed)
        return widen_offsets(collect_words, collecting, offsets, base, n);
    for (int k = 0; k < collecting->search->nranges; k++) {
        int64_t found = select_offsets(collecting->search, k, offsets, base, n, chosen);
        for (int64_t i = 0; i < found; i++)
            collecting->out[collecting->n++] = base + chosen[i];
    }
    return MB_OK;
}

mb_status mb_search_count(mb_search *search)
{
    int64_t entries;
    bool by_value = search->whole && mb_search_shift(search, &search->ranges[0]) == 0;
    if (by_value && mb_tally_direct(search->column, &entries))
        return mb_tally_table(search->cx, search->column, entries, search->table->data);
    return mb_search_each(search, count_words, count_offsets, search);
}

mb_status mb_search_collect(mb_search *search, int64_t total)
{
    mb_buffer *buffer;
    int64_t rows = mb_column_rows(search->column);
    int64_t room = total < rows ? total : rows;
    mb_status status = mb_buffer_new_array(search->cx, room, sizeof(uint64_t), &buffer);
    if (status) return status;
    collecting collecting = {search, buffer->data, 0};
    status = mb_search_each(search, collect_words, collect_offsets, &collecting);
    mb_buffer_release(search->collected);
    search->collected = buffer;
    search->ncollected = collecting.n;
    search->has_collected = true;
    return status;
}

mb_status mb_search_gather(mb_search *search, mb_status status, int64_t room, mb_buffer **all,
                           int64_t *n)
{
    mb_context *cx = search->cx;
    *n = 0;
    if (!status) status = mb_buffer_new_array(cx, 2 * room, sizeof(uint64_t), all);
    MB_TRY(mb_step(cx, status, NULL));
    uint64_t *words = (*all)->data;
    *n = mb_gather_lists(cx, search->collected->data, search->ncollected, sizeof *words, words);
    uint64_t *sorted = mb_order_kernels_of(cx->isa)->sort(words, words + room, *n, 0);
    if (sorted != words) memcpy(words, sorted, (size_t)*n * sizeof *words);
done:
    return status;
}
