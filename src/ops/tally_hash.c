// Counting by hashing. Where a key and a count fit 64 bits together, a slot is one word.

#include <string.h>

#include "ops/tally.h"

enum {
    BLOCK = 2048,          // rows taken at once
    FIRST_BITS = 13,       // of the slots of a fresh table
    LOAD = 4,              // slots to each key, at least: probes that miss cost more than memory
    CACHE_BYTES = 4 << 20, // a table that grows past this has left the cache
    PARTITION_BITS = 8,
    PARTITIONS = 1 << PARTITION_BITS,
};

typedef struct hash_table {
    mb_buffer *memory;
    int bits;       // of the number of slots
    int count_bits; // of a word that are its count, where a slot is one word
    int64_t used;
} hash_table;

static inline uint64_t spread(uint64_t key)
{
    return key * UINT64_C(0x9e3779b97f4a7c15); // Fibonacci hashing (Knuth, TAOCP 3, 6.4)
}

#define TABLE(verb)                 word_table_##verb
#define SLOT                        uint64_t
#define SLOT_COUNT(table, slot)     ((slot) & ((UINT64_C(1) << (table)->count_bits) - 1))
#define SLOT_KEY(table, slot)       ((slot) >> (table)->count_bits)
#define SLOT_NEW(table, key, count) ((key) << (table)->count_bits | (count))
#define SLOT_ADD(slot, count)       ((slot) += (count))
#include "ops/hash_count.inc"

#define TABLE(verb)                  pair_table_##verb
#define SLOT                         mb_key_count
#define SLOT_COUNT(table, slot)      ((slot).count)
#define SLOT_KEY(table, slot)        ((slot).key)
#define SLOT_NEW(table, key, number) ((mb_key_count){key, number})
#define SLOT_ADD(slot, number)       ((slot).count += (number))
#include "ops/hash_count.inc"

static int bit_length(uint64_t number)
{
    return number ? 64 - __builtin_clzll(number) : 0;
}

// Bits of the largest key.
static int key_bits_of(const mb_column *column)
{
    uint64_t low = mb_order_bits(column->type, column->range.minimum);
    uint64_t high = mb_order_bits(column->type, column->range.maximum);
    if (column->width < 8) return 8 * column->width;
    return high < low ? 1 : bit_length(high - low);
}

// A counting in progress.
typedef struct tally {
    mb_context *cx;
    const mb_column *column;
    int key_bits, count_bits;
    bool words; // slots are words
    hash_table table;
} tally;

static mb_status open_table(tally *tally, int key_bits)
{
    tally->words = key_bits + tally->count_bits <= 64;
    return tally->words ? word_table_open(tally->cx, FIRST_BITS, tally->count_bits, &tally->table)
                        : pair_table_open(tally->cx, FIRST_BITS, 0, &tally->table);
}

static mb_status count_keys(tally *tally, const uint64_t *keys, int64_t n)
{
    return tally->words ? word_table_count(tally->cx, &tally->table, keys, n)
                        : pair_table_count(tally->cx, &tally->table, keys, n);
}

static void drain(tally *tally, mb_key_count *pairs)
{
    if (tally->words)
        word_table_drain(&tally->table, pairs);
    else
        pair_table_drain(&tally->table, pairs);
}

// The keys of rows first .. first + n - 1 that are there; returns how many.
static int64_t take_keys(const tally *tally, int64_t first, int64_t n, uint64_t *keys)
{
    uint64_t scratch[BLOCK];
    mb_block block;
    n = mb_tally_block(tally->cx, tally->column, first, n, &block, scratch);
    if (tally->column->width == 8) {
        const uint64_t *values = block.values;
        for (int64_t i = 0; i < n; i++)
            keys[i] = values[i] - tally->column->range.minimum;
    } else {
        mb_kernels_of(tally->cx->isa)->widen[block.form](block.values, n, 0, keys);
    }
    return n;
}

// Counts all rows into one table, until it leaves the cache: then there are too many keys.
static mb_status count_in_cache(tally *tally, bool *too_many)
{
    uint64_t keys[BLOCK];
    int64_t rows = mb_column_rows(tally->column);
    mb_status status = open_table(tally, tally->key_bits);
    *too_many = false;
    for (int64_t first = 0; first < rows && !status && !*too_many; first += BLOCK) {
        int64_t n = rows - first < BLOCK ? rows - first : BLOCK;
        n = take_keys(tally, first, n, keys);
        status = count_keys(tally, keys, n);
        *too_many = !status && tally->table.memory->size > CACHE_BYTES;
    }
    return status;
}

// --- Partitions. A key is multiplied by an odd number, modulo its bits, which loses nothing; the
// top bits of the product choose the part, and the rest is what the part counts.

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
    mb_buffer *rests;
    int64_t start[PARTITIONS + 1];
} partitions;

static inline uint64_t product(const tally *tally, uint64_t key)
{
    uint64_t mask = tally->key_bits == 64 ? UINT64_MAX : (UINT64_C(1) << tally->key_bits) - 1;
    return key * ODD & mask;
}

static void count_parts(const tally *tally, partitions *parts)
{
    uint64_t keys[BLOCK];
    int64_t rows = mb_column_rows(tally->column);
    for (int64_t first = 0; first < rows; first += BLOCK) {
        int64_t n = take_keys(tally, first, rows - first < BLOCK ? rows - first : BLOCK, keys);
        for (int64_t i = 0; i < n; i++)
            parts->start[(product(tally, keys[i]) >> parts->rest_bits) + 1]++;
    }
    for (int p = 0; p < PARTITIONS; p++)
        parts->start[p + 1] += parts->start[p];
}

// start[p] moves on as the part fills, and ends where the next one begins.
#define SCATTER(name, type)                                                                        \
    static void name(const tally *tally, partitions *parts, const uint64_t *keys, int64_t n)       \
    {                                                                                              \
        type *restrict rests = parts->rests->data;                                                 \
        const uint64_t mask = (UINT64_C(1) << parts->rest_bits) - 1;                               \
        for (int64_t i = 0; i < n; i++) {                                                          \
            uint64_t number = product(tally, keys[i]);                                             \
            rests[parts->start[number >> parts->rest_bits]++] = (type)(number & mask);             \
        }                                                                                          \
    }

SCATTER(scatter_narrow, uint32_t)
SCATTER(scatter_wide, uint64_t)

static void scatter_parts(const tally *tally, partitions *parts)
{
    uint64_t keys[BLOCK];
    int64_t rows = mb_column_rows(tally->column);
    for (int64_t first = 0; first < rows; first += BLOCK) {
        int64_t n = take_keys(tally, first, rows - first < BLOCK ? rows - first : BLOCK, keys);
        if (parts->narrow)
            scatter_narrow(tally, parts, keys, n);
        else
            scatter_wide(tally, parts, keys, n);
    }
    memmove(parts->start + 1, parts->start, PARTITIONS * sizeof parts->start[0]);
    parts->start[0] = 0;
}

static mb_status partition(const tally *tally, partitions *parts)
{
    memset(parts, 0, sizeof *parts);
    parts->rest_bits = tally->key_bits - PARTITION_BITS;
    parts->narrow = parts->rest_bits <= 32;
    mb_status status = mb_buffer_new_array(tally->cx, mb_column_rows(tally->column),
                                           parts->narrow ? 4 : 8, &parts->rests);
    if (status) return status;
    count_parts(tally, parts);
    scatter_parts(tally, parts);
    return MB_OK;
}

static mb_status count_part(tally *tally, const partitions *parts, int part)
{
    uint64_t keys[BLOCK];
    const uint64_t *wide = parts->rests->data;
    const uint32_t *narrow = parts->rests->data;
    mb_status status = MB_OK;
    for (int64_t at = parts->start[part]; at < parts->start[part + 1] && !status; at += BLOCK) {
        int64_t n = parts->start[part + 1] - at;
        if (n > BLOCK) n = BLOCK;
        for (int64_t i = 0; i < n; i++)
            keys[i] = parts->narrow ? narrow[at + i] : wide[at + i];
        status = count_keys(tally, keys, n);
    }
    return status;
}

// Appends what the table has counted of a part, as keys again.
static mb_status append_part(tally *tally, const partitions *parts, int part, mb_buffer **pairs,
                             int64_t *n)
{
    int64_t room = *pairs ? (int64_t)((*pairs)->size / sizeof(mb_key_count)) : 0;
    int64_t used = tally->table.used;
    if (*n + used > room) {
        mb_buffer *larger;
        int64_t wanted = 2 * room > *n + used ? 2 * room : *n + used;
        mb_status status = mb_buffer_new_array(tally->cx, wanted, sizeof(mb_key_count), &larger);
        if (status) return status;
        if (*pairs) memcpy(larger->data, (*pairs)->data, (size_t)*n * sizeof(mb_key_count));
        mb_buffer_release(*pairs);
        *pairs = larger;
    }
    mb_key_count *added = (mb_key_count *)(*pairs)->data + *n;
    drain(tally, added);
    uint64_t inverse = inverse_of_odd(ODD);
    uint64_t mask = tally->key_bits == 64 ? UINT64_MAX : (UINT64_C(1) << tally->key_bits) - 1;
    for (int64_t i = 0; i < used; i++)
        added[i].key = (((uint64_t)part << parts->rest_bits | added[i].key) * inverse) & mask;
    *n += used;
    return MB_OK;
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
    tally.count_bits = bit_length((uint64_t)mb_column_rows(column));
    mb_status status = count_in_cache(&tally, &too_many);
    if (!status && too_many) {
        mb_buffer_release(tally.table.memory);
        tally.table.memory = NULL;
        status = count_partitioned(&tally, pairs, n);
    } else if (!status) {
        *n = tally.table.used;
        status = mb_buffer_new_array(cx, *n, sizeof(mb_key_count), pairs);
        if (!status) drain(&tally, (*pairs)->data);
    }
    mb_buffer_release(tally.table.memory);
    return status;
}
