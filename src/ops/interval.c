#include "ops/interval.h"

#include <string.h>

#include "column/builder.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/directory.h"
#include "ops/radix.h"

enum { PIECE = 2048, MOST_BUCKET_BITS = 20 };

// The intervals of all ranks by their starts, as numbers in the order of the values.
typedef struct sorted {
    int64_t n;
    mb_buffer *starts, *ends, *positions;
    int shift; // of a value's distance from the first start, to its bucket
    int64_t nbuckets;
    mb_buffer *buckets; // how many starts lie in the buckets before each, and in all
} sorted;

static void close_sorted(sorted *sorted)
{
    mb_buffer_release(sorted->starts);
    mb_buffer_release(sorted->ends);
    mb_buffer_release(sorted->positions);
    mb_buffer_release(sorted->buckets);
}

static const uint64_t *ordered_words(const mb_kernels *kernels, mb_type type, const mb_block *block,
                                     int64_t n, uint64_t *out)
{
    const uint64_t *words = mb_match_words(kernels, type, block, n, out);
    if (type != MB_INT) return words;
    for (int64_t i = 0; i < n; i++)
        out[i] = mb_order_bits(type, words[i]);
    return out;
}

// --- This rank's intervals.

typedef struct collecting {
    mb_context *cx;
    mb_type type;
    int64_t start;       // of this rank's rows
    mb_entries *bounds;  // words are starts, values are ends
    mb_entries *numbers; // words are positions
} collecting;

static mb_status add_interval(collecting *to, uint64_t start, uint64_t end, int64_t position)
{
    bool nan = to->type == MB_FLOAT && end == UINT64_MAX;
    if (end < start || nan)
        return mb_fail(to->cx, MB_EINVALID, "find_interval: the interval at row %lld ends %s",
                       (long long)position, nan ? "at NaN" : "before it starts");
    int64_t at = to->bounds->n++;
    ((uint64_t *)to->bounds->words->data)[at] = start;
    ((uint64_t *)to->bounds->values->data)[at] = end;
    ((uint64_t *)to->numbers->words->data)[at] = (uint64_t)position;
    return MB_OK;
}

static mb_status collect(void *state, const mb_block *blocks, int64_t first, int64_t n)
{
    collecting *to = state;
    const mb_kernels *kernels = mb_kernels_of(to->cx->isa);
    uint64_t wide[2][MB_BLOCK_ROWS];
    uint8_t there[2][MB_BLOCK_ROWS];
    const uint64_t *words[2];
    mb_status status = MB_OK;
    for (int side = 0; side < 2; side++) {
        words[side] = ordered_words(kernels, to->type, &blocks[side], n, wide[side]);
        memset(there[side], 1, (size_t)n);
        if (blocks[side].validity) mb_validity_bytes(blocks[side].validity, n, there[side]);
    }
    for (int64_t i = 0; i < n && !status; i++)
        if (there[0][i] && there[1][i])
            status = add_interval(to, words[0][i], words[1][i], to->start + first + i + 1);
    return status;
}

static mb_status collect_intervals(mb_context *cx, const mb_intervals *intervals,
                                   mb_entries *bounds, mb_entries *numbers)
{
    mb_column *columns[] = {intervals->starts, intervals->ends};
    int64_t rows = mb_column_rows(intervals->starts);
    collecting to = {cx, intervals->starts->type, 0, bounds, numbers};
    to.start = intervals->starts->layout->start[mb_rank(cx)];
    mb_status status = mb_buffer_new_array(cx, rows, sizeof(uint64_t), &bounds->words);
    if (!status) status = mb_buffer_new_array(cx, rows, sizeof(uint64_t), &bounds->values);
    if (!status) status = mb_buffer_new_array(cx, rows, sizeof(uint64_t), &numbers->words);
    if (!status) status = mb_evaluate(cx, columns, 2, collect, &to);
    numbers->n = bounds->n;
    return status;
}

// --- Sorting those of all ranks.

static mb_status sort_intervals(mb_context *cx, const mb_entries *bounds, const mb_entries *numbers,
                                sorted *to)
{
    mb_buffer *pairs = NULL, *scratch = NULL;
    mb_status status;
    int64_t n = to->n = bounds->n;
    MB_TRY(mb_buffer_new_array(cx, n, sizeof(mb_key_count), &pairs));
    MB_TRY(mb_buffer_new_array(cx, n, sizeof(mb_key_count), &scratch));
    MB_TRY(mb_buffer_new_array(cx, n, sizeof(uint64_t), &to->starts));
    MB_TRY(mb_buffer_new_array(cx, n, sizeof(uint64_t), &to->ends));
    MB_TRY(mb_buffer_new_array(cx, n, sizeof(uint64_t), &to->positions));
    const uint64_t *starts = bounds->words->data, *ends = bounds->values->data;
    const uint64_t *positions = numbers->words->data;
    mb_key_count *by_start = pairs->data;
    uint64_t largest = 0;
    for (int64_t i = 0; i < n; i++) {
        by_start[i] = (mb_key_count){starts[i], (uint64_t)i};
        if (starts[i] > largest) largest = starts[i];
    }
    by_start = mb_radix_sort_pairs(by_start, scratch->data, n, largest);
    for (int64_t i = 0; i < n; i++) {
        uint64_t from = by_start[i].count;
        ((uint64_t *)to->starts->data)[i] = starts[from];
        ((uint64_t *)to->ends->data)[i] = ends[from];
        ((uint64_t *)to->positions->data)[i] = positions[from];
    }
done:
    mb_buffer_release(pairs);
    mb_buffer_release(scratch);
    return status;
}

static mb_status refuse_overlaps(mb_context *cx, const sorted *sorted)
{
    const uint64_t *starts = sorted->starts->data, *ends = sorted->ends->data;
    const uint64_t *positions = sorted->positions->data;
    for (int64_t i = 1; i < sorted->n; i++) {
        uint64_t a = positions[i - 1], b = positions[i];
        if (starts[i] <= ends[i - 1])
            return mb_fail(cx, MB_EINVALID,
                           "find_interval: the intervals at rows %lld and %lld overlap",
                           (long long)(a < b ? a : b), (long long)(a < b ? b : a));
    }
    return MB_OK;
}

static int bit_length(uint64_t number)
{
    return number ? 64 - __builtin_clzll(number) : 0;
}

// About two buckets to an interval, over the range of their starts.
static mb_status open_buckets(mb_context *cx, sorted *sorted)
{
    const uint64_t *starts = sorted->starts->data;
    uint64_t span = sorted->n ? starts[sorted->n - 1] - starts[0] : 0;
    int bits = bit_length((uint64_t)sorted->n);
    if (bits > MOST_BUCKET_BITS) bits = MOST_BUCKET_BITS;
    sorted->shift = bit_length(span) > bits ? bit_length(span) - bits : 0;
    sorted->nbuckets = (int64_t)(span >> sorted->shift) + 1;
    mb_status status =
        mb_buffer_new_zeroed(cx, sorted->nbuckets + 1, sizeof(int64_t), &sorted->buckets);
    if (status) return status;
    int64_t *before = sorted->buckets->data;
    for (int64_t i = 0; i < sorted->n; i++)
        before[((starts[i] - starts[0]) >> sorted->shift) + 1]++;
    for (int64_t b = 0; b < sorted->nbuckets; b++)
        before[b + 1] += before[b];
    return MB_OK;
}

// --- Searching.

// The interval that holds a value, or -1.
static inline int64_t search(const sorted *sorted, uint64_t value)
{
    const uint64_t *starts = sorted->starts->data, *ends = sorted->ends->data;
    const int64_t *before = sorted->buckets->data;
    if (sorted->n == 0 || value < starts[0]) return -1;
    uint64_t bucket = (value - starts[0]) >> sorted->shift, last = (uint64_t)sorted->nbuckets - 1;
    if (bucket > last) bucket = last;
    int64_t low = before[bucket], high = before[bucket + 1]; // of the first start above the value
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (starts[middle] <= value)
            low = middle + 1;
        else
            high = middle;
    }
    return value <= ends[low - 1] ? low - 1 : -1;
}

typedef struct searching {
    mb_context *cx;
    mb_type type;
    const sorted *sorted;
    mb_builder *builder;
} searching;

static mb_status search_block(void *state, const mb_block *block, int64_t first, int64_t n)
{
    const searching *call = state;
    const uint64_t *positions = call->sorted->positions->data;
    uint64_t wide[MB_BLOCK_ROWS], found[MB_BLOCK_ROWS];
    uint8_t there[MB_BLOCK_ROWS];
    (void)first;
    const uint64_t *words = ordered_words(mb_kernels_of(call->cx->isa), call->type, block, n, wide);
    memset(there, 1, sizeof there);
    if (block->validity) mb_validity_bytes(block->validity, n, there);
    for (int64_t i = 0; i < n; i++) {
        int64_t at = search(call->sorted, words[i]);
        found[i] = at < 0 ? 0 : positions[at];
        there[i] &= at >= 0;
    }
    return mb_builder_append(call->builder, found, there, n);
}

static mb_status search_all(mb_context *cx, const mb_intervals *intervals, const sorted *sorted,
                            mb_column **result)
{
    mb_column *column = intervals->column;
    searching call = {cx, column->type, sorted, NULL};
    mb_range guess = {1, (uint64_t)intervals->starts->layout->n_global};
    mb_status status =
        mb_builder_open(cx, MB_INT, mb_column_rows(column), &guess, 8, &call.builder);
    if (!status) status = mb_evaluate(cx, &column, 1, search_block, &call);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_builder_finish(cx, &call.builder, 1, &column->layout, 0, result));
done:
    mb_builder_close(call.builder);
    return status;
}

mb_status mb_find_intervals(mb_context *cx, const mb_intervals *intervals, mb_column **result)
{
    mb_entries mine = {0}, numbers = {0}, all = {0}, all_numbers = {0};
    sorted sorted = {0};
    mb_status status = collect_intervals(cx, intervals, &mine, &numbers);
    mb_payload payload = {.count = status ? 0 : (uint64_t)mine.n};
    MB_TRY(mb_step(cx, status, &payload));
    int64_t total = (int64_t)payload.count;
    MB_TRY(mb_entries_replicate(cx, &mine, total, &all));
    MB_TRY(mb_entries_replicate(cx, &numbers, total, &all_numbers));
    status = sort_intervals(cx, &all, &all_numbers, &sorted);
    if (!status) status = refuse_overlaps(cx, &sorted);
    if (!status) status = open_buckets(cx, &sorted);
    MB_TRY(status);
    MB_TRY(search_all(cx, intervals, &sorted, result));
done:
    mb_entries_release(&mine);
    mb_entries_release(&numbers);
    mb_entries_release(&all);
    mb_entries_release(&all_numbers);
    close_sorted(&sorted);
    return status;
}
