// Counting by hashing, of columns stored in 4 or 8 bytes.

#include <string.h>

#include "hash/numbers.h"
#include "ops/count/tally.h"
#include "ops/sort/sort_kernels.h"
#include "order/keys.h"

enum {
    BLOCK = 8192,    // rows taken at once
    FIRST_BITS = 13, // of the slots of a fresh table
    CACHE_BITS = 19, // of the most slots that stay in cache
    PARTITION_BITS = 8,
    PARTITIONS = 1 << PARTITION_BITS,
};

// Bits of the largest key.
static int key_bits_of(const mb_column *column)
{
    uint64_t low = mb_order_bits(column->type->kind, column->facts.range.minimum);
    uint64_t high = mb_order_bits(column->type->kind, column->facts.range.maximum);
    if (column->values.width < 8) return 8 * column->values.width;
    return high <= low ? 1 : mb_bit_length(high - low);
}

// A counting in progress.
typedef struct tally {
    mb_context *cx;
    const mb_column *column;
    uint64_t origin; // a key is a stored value less this
    int key_bits;
    mb_hash_numbers table;
} tally;

// Opens a table for keys of `key_bits`, packed with their counts where both fit a word.
static mb_status open_table(tally *tally, int key_bits)
{
    int count_bits = 64 - key_bits;
    if (mb_bit_length((uint64_t)mb_column_rows(tally->column)) > count_bits) count_bits = 0;
    mb_hash_numbers_close(&tally->table);
    return mb_hash_numbers_open(tally->cx, FIRST_BITS, FIRST_BITS, count_bits, &tally->table);
}

static mb_status count_keys(tally *tally, const void *values, int width, uint64_t origin, int64_t n)
{
    int64_t done = 0;
    mb_status status = MB_OK;
    while (!status) {
        const char *next = (const char *)values + done * width;
        done += mb_hash_count(&tally->table, next, width, origin, n - done, NULL);
        if (done == n) break;
        status = mb_hash_numbers_grow(&tally->table);
    }
    return status;
}

// Rows first .. first + *n - 1 that are valid, as stored; *n becomes how many. `scratch` has room
// for them.
static const void *take_values(const tally *tally, int64_t first, int64_t *n, uint64_t *scratch)
{
    mb_block block;
    int64_t left = mb_column_rows(tally->column) - first;
    *n = mb_tally_block(tally->cx, tally->column, first, left < BLOCK ? left : BLOCK, &block,
                        scratch);
    return block.values;
}

// Counts all rows into one table, until it leaves the cache: then there are too many keys. Keys
// with too few bits for a partition stay in the table.
static mb_status count_in_cache(tally *tally, bool *too_many)
{
    uint64_t scratch[BLOCK];
    int64_t n, rows = mb_column_rows(tally->column);
    bool divides = tally->key_bits > PARTITION_BITS;
    mb_status status = open_table(tally, tally->key_bits);
    *too_many = false;
    for (int64_t first = 0; first < rows && !status && !*too_many; first += BLOCK) {
        const void *values = take_values(tally, first, &n, scratch);
        status = count_keys(tally, values, tally->column->values.width, tally->origin, n);
        *too_many = divides && tally->table.bits > CACHE_BITS;
    }
    return status;
}

// --- Partitions. A key is multiplied by an odd number, modulo its bits, which is a bijection; the
// top bits of the product choose the partition, which counts the rest.

enum { ODD = 0x2545f491 };

// x * inverse * odd = x modulo 2^64: Newton's iteration doubles the correct bits.
static uint64_t inverse_of_odd(uint64_t odd)
{
    uint64_t inverse = odd;
    for (int i = 0; i < 6; i++)
        inverse *= 2 - odd * inverse;
    return inverse;
}

typedef struct partitions {
    int rest_bits;
    bool narrow; // rests are stored in 4 bytes
    mb_buffer *rests, *stages;
    int64_t start[PARTITIONS + 1];
} partitions;

static inline uint64_t key_mask(const tally *tally)
{
    return UINT64_MAX >> (64 - tally->key_bits);
}

// The products of n stored values' keys.
static void multiply(const tally *tally, const void *stored, int64_t first, int64_t n,
                     uint64_t *products)
{
    const uint32_t *narrow = (const uint32_t *)stored + first;
    const uint64_t *wide = (const uint64_t *)stored + first;
    const uint64_t origin = tally->origin, mask = key_mask(tally);
    if (tally->column->values.width == 4)
        for (int64_t i = 0; i < n; i++)
            products[i] = (narrow[i] - origin) * ODD & mask;
    else
        for (int64_t i = 0; i < n; i++)
            products[i] = (wide[i] - origin) * ODD & mask;
}

typedef void take_products(void *state, const uint64_t *products, int64_t n);

// Passes on the products of all valid rows, and prefetches rows.
static void each_product(const tally *tally, take_products *take, void *state)
{
    uint64_t scratch[BLOCK], products[MB_KEY_ROWS];
    const int width = tally->column->values.width;
    int64_t count, rows = mb_column_rows(tally->column);
    for (int64_t first = 0; first < rows; first += BLOCK) {
        const void *values = take_values(tally, first, &count, scratch);
        for (int64_t at = 0; at < count; at += MB_KEY_ROWS) {
            int64_t n = count - at < MB_KEY_ROWS ? count - at : MB_KEY_ROWS;
            const char *next = (const char *)values + (at + n) * width;
            multiply(tally, values, at, n, products);
            for (int64_t byte = 0; byte < n * width; byte += MB_ALIGNMENT)
                __builtin_prefetch(next + byte, 0, 2);
            take(state, products, n);
        }
    }
}

typedef struct scattering {
    const mb_sort_kernels *kernels;
    const partitions *parts;
    mb_scatter to;
    int64_t counts[PARTITIONS], cursors[PARTITIONS];
} scattering;

static void count_products(void *state, const uint64_t *products, int64_t n)
{
    scattering *work = state;
    work->kernels->count(products, n, work->parts->rest_bits, work->counts);
}

static void scatter_products(void *state, const uint64_t *products, int64_t n)
{
    const scattering *work = state;
    uint32_t buckets[MB_KEY_ROWS];
    work->kernels->cells(products, n, work->parts->rest_bits, buckets);
    work->kernels->scatter[work->parts->narrow ? MB_REST4 : MB_REST8](&work->to, products, buckets,
                                                                      0, n);
}

static void scatter_rests(const tally *tally, partitions *parts)
{
    scattering work = {.kernels = mb_sort_kernels_of(tally->cx->isa), .parts = parts};
    each_product(tally, count_products, &work);
    for (int p = 0; p < PARTITIONS; p++) {
        work.cursors[p] = parts->start[p];
        parts->start[p + 1] = parts->start[p] + work.counts[p];
    }
    work.to = (mb_scatter){.nbuckets = PARTITIONS,
                           .starts = parts->start,
                           .cursors = work.cursors,
                           .out = parts->rests->data,
                           .stages = parts->stages->data,
                           .mask = (UINT64_C(1) << parts->rest_bits) - 1};
    each_product(tally, scatter_products, &work);
    work.kernels->finish[parts->narrow ? MB_REST4 : MB_REST8](&work.to);
}

static mb_status partition(const tally *tally, partitions *parts)
{
    mb_context *cx = tally->cx;
    memset(parts, 0, sizeof *parts);
    parts->rest_bits = tally->key_bits - PARTITION_BITS;
    parts->narrow = parts->rest_bits <= 32;
    mb_status status = mb_buffer_new_array(cx, mb_column_rows(tally->column), parts->narrow ? 4 : 8,
                                           &parts->rests);
    if (!status) status = mb_buffer_new_array(cx, PARTITIONS, MB_STAGE_BYTES, &parts->stages);
    if (!status) scatter_rests(tally, parts);
    return status;
}

static mb_status count_part(tally *tally, const partitions *parts, int part)
{
    int width = parts->narrow ? 4 : 8;
    const char *rests = parts->rests->data;
    mb_status status = MB_OK;
    for (int64_t at = parts->start[part]; at < parts->start[part + 1] && !status; at += BLOCK) {
        int64_t n = parts->start[part + 1] - at;
        status = count_keys(tally, rests + at * width, width, 0, n < BLOCK ? n : BLOCK);
    }
    return status;
}

// Appends the counts of a partition, with products turned back into keys. The table for the next
// one has twice the slots that it needs, where these stay in cache: of its probes few miss.
static mb_status append_part(tally *tally, const partitions *parts, int part, mb_buffer **pairs,
                             int64_t *n)
{
    int64_t used = tally->table.n;
    mb_status status = mb_buffer_reserve(tally->cx, pairs, *n, used, sizeof(mb_key_count));
    if (status) return status;
    mb_key_count *added = (mb_key_count *)(*pairs)->data + *n;
    mb_hash_list(&tally->table, (uint64_t *)added);
    mb_hash_numbers_clear(&tally->table, tally->table.bits);
    if (2 * MB_HASH_LOAD * used > INT64_C(1) << tally->table.bits && tally->table.bits < CACHE_BITS)
        status = mb_hash_numbers_grow(&tally->table);
    uint64_t inverse = inverse_of_odd(ODD);
    for (int64_t i = 0; i < used; i++)
        added[i].key =
            ((uint64_t)part << parts->rest_bits | added[i].key) * inverse & key_mask(tally);
    *n += used;
    return status;
}

static mb_status count_partitioned(tally *tally, mb_buffer **pairs, int64_t *n)
{
    partitions parts;
    mb_buffer *found = NULL;
    mb_status status = partition(tally, &parts);
    if (!status) status = open_table(tally, parts.rest_bits);
    *n = 0;
    for (int p = 0; p < PARTITIONS && !status; p++) {
        status = count_part(tally, &parts, p);
        if (!status) status = append_part(tally, &parts, p, &found, n);
    }
    mb_buffer_release(parts.rests);
    mb_buffer_release(parts.stages);
    if (status)
        mb_buffer_release(found);
    else
        *pairs = found;
    return status;
}

mb_status mb_tally_hash(mb_context *cx, const mb_column *column, mb_buffer **pairs, int64_t *n)
{
    tally tally = {.cx = cx, .column = column};
    bool too_many;
    tally.key_bits = key_bits_of(column);
    tally.origin = column->values.width == 8 ? column->facts.range.minimum : 0;
    mb_status status = count_in_cache(&tally, &too_many);
    if (!status && too_many) {
        status = count_partitioned(&tally, pairs, n);
    } else if (!status) {
        *n = tally.table.n;
        status = mb_buffer_new_array(cx, *n, sizeof(mb_key_count), pairs);
        if (!status) mb_hash_list(&tally.table, (*pairs)->data);
    }
    mb_hash_numbers_close(&tally.table);
    return status;
}
