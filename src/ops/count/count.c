#include "ops/count/count.h"

#include "comm/comm.h"
#include "comm/lockstep.h"
#include "ops/count/counted.h"
#include "ops/count/tables.h"
#include "ops/count/tally.h"

// --- Direct addressing: each rank adds up its slice of the tables of all ranks.

// Adds up the slices of all ranks, and lists the entries that occur.
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
                                mb_counted *result)
{
    int nranks = mb_nranks(cx);
    int64_t start = mb_even_start(entries, nranks, mb_rank(cx));
    int64_t length = mb_even_start(entries, nranks, mb_rank(cx) + 1) - start;
    mb_buffer *table = NULL, *slices = NULL;
    mb_shuffle shuffle = {0};
    const int64_t width = sizeof(uint64_t);
    mb_status status = mb_memory_need(cx, width * (entries + length * (nranks + 2)));
    if (!status) status = mb_buffer_new_zeroed(cx, entries, (size_t)width, &table);
    if (!status) status = mb_buffer_new_array(cx, length * nranks, (size_t)width, &slices);
    if (!status) status = mb_shuffle_open(cx, 0, &shuffle);
    if (!status) status = mb_buffer_new_array(cx, length, sizeof(mb_key_count), &result->pairs);
    if (!status) status = mb_tally_table(cx, column, entries, table->data);
    MB_TRY(mb_step(cx, status, NULL));
    mb_tables_scatter(&shuffle, table->data, entries, slices->data);
    result->n = add_slices(slices->data, length, nranks, start, result->pairs->data);
done:
    mb_buffer_release(table);
    mb_buffer_release(slices);
    mb_shuffle_close(&shuffle);
    return status;
}

static mb_status count_by_hash(mb_context *cx, const mb_column *column, mb_counted *result)
{
    mb_counted local = {0};
    mb_status status = mb_tally_hash(cx, column, &local.pairs, &local.n);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_counted_merge(cx, &local, result));
done:
    mb_counted_release(&local);
    return status;
}

// The distinct keys of a source with their counts over all ranks. The status may be this rank's
// own.
static mb_status count_keys(mb_context *cx, const mb_column *source, mb_counted *counted)
{
    int64_t entries;
    if (mb_tally_direct(source, &entries)) return count_by_table(cx, source, entries, counted);
    return count_by_hash(cx, source, counted);
}

// --- Distinct keys without counts, of a range that is wide: a bit for each.

enum {
    LEAST_BITS = 1 << 16,   // for fewer counters are as quick
    LARGEST_BITS = 1 << 26, // stay in the caches
    BITS_TO_ROW = 16,       // of a rank, at most
};

static bool takes_bits(const mb_column *source, mb_range *range, int64_t *nbits)
{
    const mb_kind kind = source->type->kind;
    int64_t rows = source->layout->n_global / source->layout->nranks;
    if (!mb_column_range(source, range) || mb_range_empty(kind, *range)) return false;
    uint64_t span = range->maximum - range->minimum;
    if (span < LEAST_BITS || span >= LARGEST_BITS) return false;
    *nbits = (int64_t)span + 1;
    return *nbits / BITS_TO_ROW <= rows;
}

static void set_bits(mb_context *cx, const mb_column *source, uint64_t origin, uint64_t *bits)
{
    const int64_t rows = mb_column_rows(source);
    uint64_t scratch[MB_BLOCK_ROWS], wide[MB_BLOCK_ROWS];
    mb_block block;
    for (int64_t first = 0; first < rows; first += MB_BLOCK_ROWS) {
        int64_t n = rows - first < MB_BLOCK_ROWS ? rows - first : MB_BLOCK_ROWS;
        n = mb_tally_block(cx, source, first, n, &block, scratch);
        const uint64_t *values = mb_block_widen(mb_kernels_of(cx->isa), &block, n, wide);
        for (int64_t i = 0; i < n; i++) {
            uint64_t at = values[i] - origin;
            bits[at / 64] |= UINT64_C(1) << at % 64;
        }
    }
}

// Puts together the slices of all ranks, in the first; returns how many bits are set.
static int64_t join_slices(uint64_t *slices, int64_t length, int nranks)
{
    int64_t n = 0;
    for (int64_t k = 0; k < length; k++) {
        for (int r = 1; r < nranks; r++)
            slices[k] |= slices[r * length + k];
        n += __builtin_popcountll(slices[k]);
    }
    return n;
}

static void list_bits(const uint64_t *words, int64_t length, int64_t start, mb_key_count *pairs)
{
    for (int64_t k = 0; k < length; k++)
        for (uint64_t left = words[k]; left; left &= left - 1)
            *pairs++ =
                (mb_key_count){(uint64_t)(start + k) * 64 + (uint64_t)__builtin_ctzll(left), 1};
}

static mb_status list_by_bits(mb_context *cx, const mb_column *source, uint64_t origin,
                              int64_t nbits, mb_counted *result)
{
    int nranks = mb_nranks(cx);
    int64_t words = (nbits + 63) / 64, start = mb_even_start(words, nranks, mb_rank(cx));
    int64_t length = mb_even_start(words, nranks, mb_rank(cx) + 1) - start;
    mb_buffer *table = NULL, *slices = NULL;
    mb_shuffle shuffle = {0};
    mb_status status = mb_buffer_new_zeroed(cx, words, sizeof(uint64_t), &table);
    if (!status) status = mb_buffer_new_array(cx, length * nranks, sizeof(uint64_t), &slices);
    if (!status) status = mb_shuffle_open(cx, 0, &shuffle);
    MB_TRY(mb_step(cx, status, NULL));
    set_bits(cx, source, origin, table->data);
    mb_tables_scatter(&shuffle, table->data, words, slices->data);
    result->n = join_slices(slices->data, length, nranks);
    status = mb_buffer_new_array(cx, result->n, sizeof(mb_key_count), &result->pairs);
    if (!status) list_bits(slices->data, length, start, result->pairs->data);
    status = mb_step(cx, status, NULL);
done:
    mb_buffer_release(table);
    mb_buffer_release(slices);
    mb_shuffle_close(&shuffle);
    return status;
}

// The distinct keys of a source, which count from `*origin`. The status may be this rank's own.
static mb_status list_keys(mb_context *cx, const mb_column *source, uint64_t *origin,
                           mb_counted *counted)
{
    mb_range range;
    int64_t nbits;
    *origin = mb_tally_origin(source);
    if (!takes_bits(source, &range, &nbits)) return count_keys(cx, source, counted);
    *origin = range.minimum;
    return list_by_bits(cx, source, *origin, nbits, counted);
}

mb_status mb_unique(mb_context *cx, mb_column *column, mb_column **keys)
{
    mb_counted counted = {0};
    mb_column *source = NULL;
    uint64_t origin;
    mb_status status;
    MB_TRY(mb_counted_source(cx, column, &source));
    MB_TRY(list_keys(cx, source, &origin, &counted));
    status = mb_counted_build(cx, &counted, column->type, origin, &source->facts.range, 1, keys);
done:
    mb_column_release(source);
    mb_counted_release(&counted);
    return status;
}

mb_status mb_value_counts(mb_context *cx, mb_column *column, mb_column **keys, mb_column **counts)
{
    mb_counted counted = {0};
    mb_column *source = NULL, *columns[2] = {NULL, NULL};
    mb_status status;
    MB_TRY(mb_counted_source(cx, column, &source));
    MB_TRY(count_keys(cx, source, &counted));
    MB_TRY(mb_counted_build(cx, &counted, column->type, mb_tally_origin(source),
                            &source->facts.range, 2, columns));
    *keys = columns[0];
    *counts = columns[1];
done:
    mb_column_release(source);
    mb_counted_release(&counted);
    return status;
}

mb_status mb_count_distinct(mb_context *cx, mb_column *column, int64_t *n)
{
    mb_counted counted = {0};
    mb_column *source = NULL;
    uint64_t origin;
    mb_status status;
    MB_TRY(mb_counted_source(cx, column, &source));
    status = list_keys(cx, source, &origin, &counted);
    mb_payload payload = {.count = (uint64_t)counted.n};
    MB_TRY(mb_conclude(cx, status, &payload));
    *n = (int64_t)payload.count;
done:
    mb_column_release(source);
    mb_counted_release(&counted);
    return status;
}
