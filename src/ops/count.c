#include "ops/count.h"

#include <stdlib.h>
#include <string.h>

#include "column/builder.h"
#include "comm/comm.h"
#include "comm/exchange.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/tally.h"

// Keys of this rank in ascending order, each once, with their counts over all ranks.
typedef struct counted {
    mb_buffer *pairs;
    int64_t n;
} counted;

static void release(counted *counted)
{
    mb_buffer_release(counted->pairs);
    counted->pairs = NULL;
}

// --- From tables: each rank adds up its slice of everybody's table.

static void exchange_tables(mb_context *cx, const uint64_t *table, int64_t entries,
                            uint64_t *slices, int64_t *words)
{
    int nranks = mb_nranks(cx), me = mb_rank(cx);
    mb_pieces sent = {words, words + nranks};
    mb_pieces received = {words + 2 * (size_t)nranks, words + 3 * (size_t)nranks};
    const int64_t width = sizeof *table;
    int64_t mine = mb_even_start(entries, nranks, me + 1) - mb_even_start(entries, nranks, me);
    for (int r = 0; r < nranks; r++) {
        int64_t start = mb_even_start(entries, nranks, r);
        sent.offsets[r] = width * start;
        sent.counts[r] = width * (mb_even_start(entries, nranks, r + 1) - start);
        received.counts[r] = width * mine;
        received.offsets[r] = width * mine * r;
    }
    mb_exchange(cx, table, sent, slices, received);
}

// The entries of a slice that occur, from the slices of all ranks.
static int64_t add_slices(const uint64_t *slices, int64_t length, int nranks, int64_t start,
                          mb_key_count *pairs)
{
    int64_t n = 0;
    for (int64_t k = 0; k < length; k++) {
        uint64_t count = 0;
        for (int r = 0; r < nranks; r++)
            count += slices[r * length + k];
        if (count) pairs[n++] = (mb_key_count){(uint64_t)(start + k), count};
    }
    return n;
}

static mb_status count_by_table(mb_context *cx, const mb_column *column, int64_t entries,
                                counted *result)
{
    int nranks = mb_nranks(cx);
    int64_t start = mb_even_start(entries, nranks, mb_rank(cx));
    int64_t length = mb_even_start(entries, nranks, mb_rank(cx) + 1) - start;
    mb_buffer *table = NULL, *slices = NULL, *words = NULL;
    const int64_t width = sizeof(uint64_t);
    mb_status status = mb_buffer_new_zeroed(cx, entries, (size_t)width, &table);
    if (!status) status = mb_buffer_new_array(cx, length * nranks, (size_t)width, &slices);
    if (!status) status = mb_buffer_new_array(cx, 4 * (int64_t)nranks, (size_t)width, &words);
    if (!status) status = mb_buffer_new_array(cx, length, sizeof(mb_key_count), &result->pairs);
    if (!status) status = mb_tally_table(cx, column, entries, table->data);
    MB_TRY(mb_step(cx, status, NULL));
    exchange_tables(cx, table->data, entries, slices->data, words->data);
    result->n = add_slices(slices->data, length, nranks, start, result->pairs->data);
done:
    mb_buffer_release(table);
    mb_buffer_release(slices);
    mb_buffer_release(words);
    return status;
}

// --- From hashing: keys go to ranks by their order, cut where samples of all ranks say.

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
static mb_status merge(mb_context *cx, mb_buffer *pairs, int64_t n, counted *result)
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
static mb_status exchange_pairs(mb_context *cx, counted *local, mb_buffer **received, int64_t *n)
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
    release(local);
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

static mb_status count_by_hash(mb_context *cx, const mb_column *column, counted *result)
{
    counted local = {0};
    mb_buffer *received = NULL;
    int64_t n = 0;
    mb_status status = mb_tally_hash(cx, column, &local.pairs, &local.n);
    MB_TRY(mb_step(cx, status, NULL));
    if (mb_nranks(cx) == 1) {
        status = merge(cx, local.pairs, local.n, result);
        goto done;
    }
    MB_TRY(exchange_pairs(cx, &local, &received, &n));
    status = merge(cx, received, n, result);
done:
    release(&local);
    mb_buffer_release(received);
    return status;
}

// --- The result as two columns.

static mb_status append_pairs(mb_builder *keys, mb_builder *counts, const counted *counted,
                              uint64_t origin, mb_type type)
{
    enum { PIECE = 2048 };
    const mb_key_count *pairs = counted->pairs->data;
    uint64_t values[PIECE], numbers[PIECE];
    uint8_t bools[PIECE];
    mb_status status = MB_OK;
    for (int64_t first = 0; first < counted->n && !status; first += PIECE) {
        int64_t n = counted->n - first < PIECE ? counted->n - first : PIECE;
        for (int64_t i = 0; i < n; i++) {
            values[i] = pairs[first + i].key + origin;
            bools[i] = (uint8_t)values[i];
            numbers[i] = pairs[first + i].count;
        }
        status = mb_builder_append(keys, type == MB_BOOL ? (void *)bools : values, NULL, n);
        if (!status) status = mb_builder_append(counts, numbers, NULL, n);
    }
    return status;
}

static uint64_t largest_count(const counted *counted)
{
    const mb_key_count *pairs = counted->pairs->data;
    uint64_t largest = 0;
    for (int64_t i = 0; i < counted->n; i++)
        if (pairs[i].count > largest) largest = pairs[i].count;
    return largest;
}

// The layout of n rows of each rank; the payload travels with the step that this takes.
static mb_status gather_layout(mb_context *cx, int64_t n, mb_payload *payload, mb_layout **layout)
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

// Moves a result to an even layout where one rank holds far more than the others.
static mb_status level(mb_context *cx, mb_column **column)
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

static mb_status build(mb_context *cx, const mb_column *column, const counted *counted,
                       uint64_t origin, mb_column *columns[2])
{
    mb_layout *layout = NULL, *layouts[2];
    mb_builder *builders[2] = {NULL, NULL};
    mb_payload payload = {.max = {largest_count(counted)}};
    mb_status status;
    MB_TRY(gather_layout(cx, counted->n, &payload, &layout));
    mb_range guess = {0, payload.max[0]};
    status = mb_builder_open(cx, column->type, counted->n, &column->range, 8, &builders[0]);
    if (!status) status = mb_builder_open(cx, MB_INT, counted->n, &guess, 8, &builders[1]);
    if (!status) status = append_pairs(builders[0], builders[1], counted, origin, column->type);
    MB_TRY(mb_step(cx, status, NULL));
    layouts[0] = layouts[1] = layout;
    MB_TRY(mb_builder_finish(cx, builders, 2, layouts, 0, columns));
    MB_TRY(level(cx, &columns[0]));
    MB_TRY(level(cx, &columns[1]));
done:
    mb_layout_release(layout);
    mb_builder_close(builders[0]);
    mb_builder_close(builders[1]);
    return status;
}

mb_status mb_value_counts(mb_context *cx, mb_column *column, mb_column **keys, mb_column **counts)
{
    counted counted = {0};
    mb_column *columns[2] = {NULL, NULL};
    int64_t entries;
    mb_status status;
    if (column->type == MB_FLOAT)
        return mb_fail(cx, MB_EINVALID,
                       "value_counts takes a bool, int or uint column, not floats");
    MB_TRY(mb_materialise(cx, column));
    if (mb_tally_direct(column, &entries))
        MB_TRY(count_by_table(cx, column, entries, &counted));
    else
        MB_TRY(count_by_hash(cx, column, &counted));
    MB_TRY(build(cx, column, &counted, mb_tally_origin(column), columns));
    *keys = columns[0];
    *counts = columns[1];
    columns[0] = columns[1] = NULL;
done:
    mb_column_release(columns[0]);
    mb_column_release(columns[1]);
    release(&counted);
    return status;
}

// --- The most common.

static int compare_ranked(const void *a, const void *b)
{
    const mb_ranked *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

// The k first of this rank's rows: candidates are gathered, and cut to k whenever they are many.
static int64_t rank_local(const mb_column *keys, const mb_column *counts, int64_t k, int64_t room,
                          mb_ranked *candidates)
{
    int64_t n = 0, rows = mb_column_rows(keys);
    for (int64_t i = 0; i < rows; i++) {
        mb_value key, count;
        if (!mb_column_get(keys, i, &key) || !mb_column_get(counts, i, &count)) continue;
        candidates[n++] = (mb_ranked){mb_order_bits(keys->type, key.u), count.i};
        if (n < room) continue;
        qsort(candidates, (size_t)n, sizeof *candidates, compare_ranked);
        n = k;
    }
    qsort(candidates, (size_t)n, sizeof *candidates, compare_ranked);
    return n < k ? n : k;
}

mb_status mb_most_common(mb_context *cx, mb_column *keys, mb_column *counts, int64_t k,
                         mb_ranked *rows, int64_t *n)
{
    enum { SPARE = 4096 };
    int nranks = mb_nranks(cx);
    mb_buffer *mine = NULL, *all = NULL, *sizes = NULL;
    mb_column *aligned = NULL;
    int64_t room = 2 * k + SPARE, most = keys->layout->n_global;
    if (k > most) k = most;
    mb_status status;
    MB_TRY(mb_materialise(cx, keys));
    MB_TRY(mb_materialise(cx, counts));
    MB_TRY(mb_realign(cx, counts, keys->layout, &aligned));
    status = mb_buffer_new_array(cx, room, sizeof(mb_ranked), &mine);
    if (!status) status = mb_buffer_new_array(cx, nranks * k, sizeof(mb_ranked), &all);
    if (!status) status = mb_buffer_new_array(cx, nranks, sizeof(int64_t), &sizes);
    MB_TRY(mb_conclude(cx, status, NULL));
    int64_t *counts_of = sizes->data, found = rank_local(keys, aligned, k, room, mine->data);
    int64_t bytes = found * (int64_t)sizeof(mb_ranked), total = 0;
    mb_gather_all(cx, &bytes, sizeof bytes, counts_of);
    for (int r = 0; r < nranks; r++)
        total += counts_of[r] / (int64_t)sizeof(mb_ranked);
    mb_gather_all_varying(cx, mine->data, counts_of, all->data);
    qsort(all->data, (size_t)total, sizeof(mb_ranked), compare_ranked);
    *n = total < k ? total : k;
    memcpy(rows, all->data, (size_t)*n * sizeof *rows);
done:
    mb_buffer_release(mine);
    mb_buffer_release(all);
    mb_buffer_release(sizes);
    mb_column_release(aligned);
    return status;
}
