#include "ops/count/counted.h"

#include <stdlib.h>
#include <string.h>

#include "column/builder.h"
#include "comm/comm.h"
#include "comm/exchange.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/count/tally.h"

enum { PIECE = 2048 }; // rows that are converted at once

void mb_counted_release(mb_counted *counted)
{
    mb_buffer_release(counted->pairs);
    *counted = (mb_counted){0};
}

// --- What is counted.

typedef struct ordering {
    mb_builder *builder;
    const mb_kernels *kernels;
} ordering;

static mb_status append_words(void *state, const mb_block *block, int64_t first, int64_t n)
{
    ordering *ordering = state;
    double wide[MB_BLOCK_ROWS];
    uint64_t words[PIECE];
    uint8_t there[MB_BLOCK_ROWS];
    mb_status status = MB_OK;
    (void)first;
    const double *values = mb_block_widen(ordering->kernels, block, n, wide);
    if (block->validity) mb_validity_bytes(block->validity, n, there);
    for (int64_t at = 0; at < n && !status; at += PIECE) {
        int64_t count = n - at < PIECE ? n - at : PIECE;
        for (int64_t i = 0; i < count; i++)
            words[i] = mb_order_float(values[at + i]);
        status =
            mb_builder_append(ordering->builder, words, block->validity ? there + at : NULL, count);
    }
    return status;
}

mb_status mb_counted_source(mb_context *cx, mb_column *column, mb_column **source)
{
    ordering ordering = {.kernels = mb_kernels_of(cx->isa)};
    const mb_range any = {0, UINT64_MAX};
    mb_column *made = NULL;
    mb_status status = mb_materialise(cx, column);
    if (status || column->type != MB_FLOAT) {
        if (!status) *source = mb_column_retain(column);
        return status;
    }
    status = mb_builder_open(cx, MB_UINT, mb_column_rows(column), &any, 8, &ordering.builder);
    if (!status) status = mb_evaluate(cx, &column, 1, append_words, &ordering);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_builder_finish(cx, &ordering.builder, 1, &column->layout, 0, &made));
    *source = made;
done:
    mb_builder_close(ordering.builder);
    return status;
}

// The entries of this rank's table that occur.
static mb_status local_by_table(mb_context *cx, const mb_column *source, int64_t entries,
                                mb_counted *counted)
{
    mb_buffer *table = NULL;
    mb_status status;
    MB_TRY(mb_buffer_new_zeroed(cx, entries, sizeof(uint64_t), &table));
    MB_TRY(mb_tally_table(cx, source, entries, table->data));
    const uint64_t *counts = table->data;
    int64_t n = 0;
    for (int64_t k = 0; k < entries; k++)
        n += counts[k] != 0;
    MB_TRY(mb_buffer_new_array(cx, n, sizeof(mb_key_count), &counted->pairs));
    mb_key_count *pairs = counted->pairs->data;
    for (int64_t k = 0; k < entries; k++)
        if (counts[k]) pairs[counted->n++] = (mb_key_count){(uint64_t)k, counts[k]};
done:
    mb_buffer_release(table);
    return status;
}

mb_status mb_counted_local(mb_context *cx, const mb_column *source, mb_counted *counted)
{
    int64_t entries;
    if (mb_tally_direct(source, &entries)) return local_by_table(cx, source, entries, counted);
    return mb_tally_hash(cx, source, &counted->pairs, &counted->n);
}

// --- Keys go to ranks by their order, cut where samples of all ranks say.

enum { SAMPLES = 64 }; // of each rank, for each rank

static int compare_words(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

// Keys that divide all ranks' keys evenly: rank r takes those from splitters[r - 1] on. Key
// 2^64 - 1 fills the samples of a rank with few keys.
static void choose_splitters(mb_context *cx, const mb_key_count *pairs, int64_t n,
                             uint64_t *samples, uint64_t *splitters)
{
    int nranks = mb_nranks(cx);
    uint64_t mine[SAMPLES];
    for (int64_t i = 0; i < SAMPLES; i++)
        mine[i] =
            i < n || n > SAMPLES ? pairs[n > SAMPLES ? i * (n / SAMPLES) : i].key : UINT64_MAX;
    mb_gather_all(cx, mine, sizeof mine, samples);
    int64_t total = (int64_t)nranks * SAMPLES;
    qsort(samples, (size_t)total, sizeof *samples, compare_words);
    while (total > 0 && samples[total - 1] == UINT64_MAX)
        total--;
    for (int r = 1; r < nranks; r++)
        splitters[r - 1] = total ? samples[total * r / nranks] : UINT64_MAX;
}

static int owner_of(uint64_t key, const uint64_t *splitters, int nranks)
{
    int low = 0, high = nranks; // splitters[low - 1] <= key < splitters[high - 1]
    while (high - low > 1) {
        int middle = (low + high) / 2;
        if (splitters[middle - 1] <= key)
            low = middle;
        else
            high = middle;
    }
    return low;
}

// Orders the pairs by the rank that takes them, and sets where each rank's begin and how many.
static void arrange(const mb_key_count *pairs, int64_t n, const uint64_t *splitters, int nranks,
                    mb_key_count *arranged, mb_pieces pieces)
{
    const int64_t width = sizeof *pairs;
    memset(pieces.counts, 0, (size_t)nranks * sizeof *pieces.counts);
    for (int64_t i = 0; i < n; i++)
        pieces.counts[owner_of(pairs[i].key, splitters, nranks)]++;
    int64_t offset = 0;
    for (int r = 0; r < nranks; r++) {
        pieces.offsets[r] = offset;
        offset += pieces.counts[r];
    }
    for (int64_t i = 0; i < n; i++)
        arranged[pieces.offsets[owner_of(pairs[i].key, splitters, nranks)]++] = pairs[i];
    for (int r = 0; r < nranks; r++) {
        pieces.offsets[r] = (pieces.offsets[r] - pieces.counts[r]) * width;
        pieces.counts[r] *= width;
    }
}

// Sorts pairs and adds up those of one key.
static mb_status merge(mb_context *cx, mb_buffer *pairs, int64_t n, mb_counted *result)
{
    mb_buffer *scratch;
    mb_status status = mb_buffer_new_array(cx, n, sizeof(mb_key_count), &scratch);
    if (status) return status;
    mb_key_count *from = pairs->data;
    uint64_t largest = 0;
    for (int64_t i = 0; i < n; i++)
        if (from[i].key > largest) largest = from[i].key;
    mb_key_count *sorted = mb_radix_sort_pairs(from, scratch->data, n, largest);
    int64_t last = -1;
    for (int64_t i = 0; i < n; i++) {
        if (last >= 0 && sorted[last].key == sorted[i].key)
            sorted[last].count += sorted[i].count;
        else
            sorted[++last] = sorted[i];
    }
    result->n = last + 1;
    result->pairs = mb_buffer_retain(sorted == scratch->data ? scratch : pairs);
    mb_buffer_release(scratch);
    return MB_OK;
}

// Brings each pair to the rank that takes its key.
static mb_status exchange_pairs(mb_context *cx, mb_counted *local, mb_buffer **received, int64_t *n)
{
    int nranks = mb_nranks(cx);
    mb_buffer *words = NULL, *samples = NULL, *arranged = NULL;
    mb_status status = mb_buffer_new_array(cx, 5 * (int64_t)nranks, sizeof(int64_t), &words);
    if (!status)
        status = mb_buffer_new_array(cx, (int64_t)nranks * SAMPLES, sizeof(uint64_t), &samples);
    if (!status) status = mb_buffer_new_array(cx, local->n, sizeof(mb_key_count), &arranged);
    MB_TRY(mb_step(cx, status, NULL));
    int64_t *at = words->data;
    mb_pieces sent = {at, at + nranks}, taken = {at + 2 * (size_t)nranks, at + 3 * (size_t)nranks};
    uint64_t *splitters = (uint64_t *)(at + 4 * (size_t)nranks);
    choose_splitters(cx, local->pairs->data, local->n, samples->data, splitters);
    arrange(local->pairs->data, local->n, splitters, nranks, arranged->data, sent);
    mb_counted_release(local);
    mb_exchange_counts(cx, sent, taken);
    int64_t bytes = taken.offsets[nranks - 1] + taken.counts[nranks - 1];
    *n = bytes / (int64_t)sizeof(mb_key_count);
    MB_TRY(mb_step(cx, mb_buffer_new(cx, (size_t)bytes, received), NULL));
    mb_exchange(cx, arranged->data, sent, (*received)->data, taken);
done:
    mb_buffer_release(words);
    mb_buffer_release(samples);
    mb_buffer_release(arranged);
    return status;
}

mb_status mb_counted_merge(mb_context *cx, mb_counted *local, mb_counted *merged)
{
    mb_buffer *received = NULL;
    int64_t n = 0, copies = mb_nranks(cx) == 1 ? 1 : 2;
    mb_status status;
    MB_TRY(mb_memory_need(cx, copies * local->n * (int64_t)sizeof(mb_key_count)));
    if (mb_nranks(cx) == 1) {
        status = merge(cx, local->pairs, local->n, merged);
        mb_counted_release(local);
        return status;
    }
    MB_TRY(exchange_pairs(cx, local, &received, &n));
    status = merge(cx, received, n, merged);
done:
    mb_buffer_release(received);
    return status;
}

// --- The result as columns.

typedef struct building {
    mb_builder *builders[2];
    int ncolumns;
    mb_type type;
    uint64_t origin;
} building;

static mb_status append_keys(const building *to, const uint64_t *words, int64_t n)
{
    uint8_t bools[PIECE];
    double floats[PIECE];
    if (to->type == MB_BOOL) {
        for (int64_t i = 0; i < n; i++)
            bools[i] = (uint8_t)words[i];
        return mb_builder_append(to->builders[0], bools, NULL, n);
    }
    if (to->type != MB_FLOAT) return mb_builder_append(to->builders[0], words, NULL, n);
    for (int64_t i = 0; i < n; i++)
        floats[i] = mb_unorder_float(words[i]);
    return mb_builder_append(to->builders[0], floats, NULL, n);
}

static mb_status append_pairs(const building *to, const mb_counted *counted)
{
    const mb_key_count *pairs = counted->pairs->data;
    uint64_t words[PIECE], numbers[PIECE];
    mb_status status = MB_OK;
    for (int64_t first = 0; first < counted->n && !status; first += PIECE) {
        int64_t n = counted->n - first < PIECE ? counted->n - first : PIECE;
        for (int64_t i = 0; i < n; i++) {
            words[i] = pairs[first + i].key + to->origin;
            numbers[i] = pairs[first + i].count;
        }
        status = append_keys(to, words, n);
        if (!status && to->ncolumns == 2)
            status = mb_builder_append(to->builders[1], numbers, NULL, n);
    }
    return status;
}

static uint64_t largest_count(const mb_counted *counted)
{
    const mb_key_count *pairs = counted->pairs->data;
    uint64_t largest = 0;
    for (int64_t i = 0; i < counted->n; i++)
        if (pairs[i].count > largest) largest = pairs[i].count;
    return largest;
}

mb_status mb_layout_gather(mb_context *cx, int64_t n, mb_payload *payload, mb_layout **layout)
{
    mb_buffer *counts = NULL;
    mb_status status = mb_buffer_new_array(cx, mb_nranks(cx), sizeof n, &counts);
    MB_TRY(mb_step(cx, status, payload));
    mb_gather_all(cx, &n, sizeof n, counts->data);
    status = mb_layout_counts(cx, counts->data, layout);
done:
    mb_buffer_release(counts);
    return status;
}

mb_status mb_column_level(mb_context *cx, mb_column **column)
{
    mb_layout *even = NULL;
    mb_column *moved = NULL;
    if (!mb_layout_skewed((*column)->layout)) return MB_OK;
    mb_status status = mb_layout_even(cx, (*column)->layout->n_global, &even);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_realign(cx, *column, even, &moved));
    mb_column_release(*column);
    *column = moved;
done:
    mb_layout_release(even);
    return status;
}

mb_status mb_counted_build(mb_context *cx, const mb_counted *counted, mb_type type, uint64_t origin,
                           const mb_range *guess, int ncolumns, mb_column **columns)
{
    mb_layout *layout = NULL, *layouts[2];
    mb_column *made[2] = {NULL, NULL};
    building to = {.ncolumns = ncolumns, .type = type, .origin = origin};
    mb_payload payload = {.max = {largest_count(counted)}};
    mb_status status;
    MB_TRY(mb_layout_gather(cx, counted->n, &payload, &layout));
    mb_range range = {0, payload.max[0]};
    status = mb_builder_open(cx, type, counted->n, guess, 8, &to.builders[0]);
    if (!status && ncolumns == 2)
        status = mb_builder_open(cx, MB_INT, counted->n, &range, 8, &to.builders[1]);
    if (!status) status = append_pairs(&to, counted);
    MB_TRY(mb_step(cx, status, NULL));
    layouts[0] = layouts[1] = layout;
    MB_TRY(mb_builder_finish(cx, to.builders, ncolumns, layouts, 0, made));
    for (int i = 0; i < ncolumns; i++)
        MB_TRY(mb_column_level(cx, &made[i]));
    memcpy(columns, made, (size_t)ncolumns * sizeof *columns);
    made[0] = made[1] = NULL;
done:
    mb_column_release(made[0]);
    mb_column_release(made[1]);
    mb_layout_release(layout);
    mb_builder_close(to.builders[0]);
    mb_builder_close(to.builders[1]);
    return status;
}
