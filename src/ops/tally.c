#include "ops/tally.h"

#include <string.h>

#include "core/hash.h"
#include "expr/program.h"

enum {
    BLOCK = 8192,          // rows taken at once
    SMALL_TABLE = 1 << 16, // entries that are worth it for any number of rows
    LARGEST_TABLE = 1 << 22,
    FOUR_TABLES = 1 << 16, // most entries for which four interleaved counters stay in cache
    FIRST_SLOTS = 1 << 12,
    MOST_SLOTS = 1 << 19, // of a hash table that stays in cache
    LOAD = 4,             // slots to each key: probes that miss cost more than memory
    PARTITION_BITS = 8,
    PARTITIONS = 1 << PARTITION_BITS,
};

bool mb_tally_direct(const mb_column *column, int64_t *entries)
{
    uint64_t low = mb_order_bits(column->type, column->range.minimum);
    uint64_t high = mb_order_bits(column->type, column->range.maximum);
    int64_t rows = column->layout->n_global / column->layout->nranks;
    if (column->type == MB_BOOL) {
        *entries = 2;
        return true;
    }
    if (!column->bounded || high < low || high - low >= LARGEST_TABLE) return false;
    *entries = (int64_t)(high - low) + 1;
    return *entries <= SMALL_TABLE || *entries <= 4 * rows;
}

uint64_t mb_tally_origin(const mb_column *column)
{
    int64_t entries;
    if (column->type == MB_BOOL) return 0;
    if (column->width == 8 || mb_tally_direct(column, &entries)) return column->range.minimum;
    return column->base;
}

// The rows of a block that are there, as stored.
static int64_t take_block(mb_context *cx, const mb_column *column, int64_t first, int64_t n,
                          mb_block *block, void *scratch)
{
    block->values = (const char *)column->values + first * column->width;
    block->form = mb_form_of(column->type, column->width);
    block->base = column->base;
    block->validity =
        column->validity ? (const uint64_t *)column->validity->data + first / 64 : NULL;
    return mb_block_compact(mb_kernels_of(cx->isa), block, n, scratch);
}

// --- Direct tables. Equal neighbours would wait for each other's increment, so small tables have
// four counters to a value, used in turn.

#define COUNT_FORM(name, type)                                                                     \
    static void count4_##name(const void *values, int64_t n, uint64_t shift, uint32_t *counters)   \
    {                                                                                              \
        const type *x = values;                                                                    \
        int64_t i = 0;                                                                             \
        for (; i + 4 <= n; i += 4) {                                                               \
            counters[4 * (x[i] - shift)]++;                                                        \
            counters[4 * (x[i + 1] - shift) + 1]++;                                                \
            counters[4 * (x[i + 2] - shift) + 2]++;                                                \
            counters[4 * (x[i + 3] - shift) + 3]++;                                                \
        }                                                                                          \
        for (; i < n; i++)                                                                         \
            counters[4 * (x[i] - shift)]++;                                                        \
    }                                                                                              \
    static void count1_##name(const void *values, int64_t n, uint64_t shift, uint32_t *counters)   \
    {                                                                                              \
        const type *x = values;                                                                    \
        for (int64_t i = 0; i < n; i++)                                                            \
            counters[x[i] - shift]++;                                                              \
    }

COUNT_FORM(1, uint8_t)
COUNT_FORM(2, uint16_t)
COUNT_FORM(4, uint32_t)
COUNT_FORM(8, uint64_t)

typedef void (*counter)(const void *values, int64_t n, uint64_t shift, uint32_t *counters);

static counter counter_of(int width, bool four)
{
    static const counter four_of[] = {count4_1, count4_2, count4_4, count4_8};
    static const counter one_of[] = {count1_1, count1_2, count1_4, count1_8};
    int index = width == 8 ? 3 : width / 2;
    return four ? four_of[index] : one_of[index];
}

static void collect(uint32_t *counters, int64_t entries, int lanes, uint64_t *table)
{
    for (int64_t k = 0; k < entries; k++)
        for (int lane = 0; lane < lanes; lane++)
            table[k] += counters[lanes * k + lane];
    memset(counters, 0, (size_t)(entries * lanes) * sizeof *counters);
}

mb_status mb_tally_table(mb_context *cx, const mb_column *column, int64_t entries, uint64_t *table)
{
    const int64_t flush = (int64_t)1 << 31; // rows that 32-bit counters surely hold
    mb_buffer *memory;
    bool four = entries <= FOUR_TABLES;
    int lanes = four ? 4 : 1;
    mb_status status = mb_buffer_new_zeroed(cx, entries * lanes, sizeof(uint32_t), &memory);
    if (status) return status;
    uint64_t scratch[BLOCK];
    uint64_t shift =
        column->width == 8 ? column->range.minimum : mb_tally_origin(column) - column->base;
    counter count = counter_of(column->width, four);
    int64_t rows = mb_column_rows(column), most = column->validity ? BLOCK : flush;
    for (int64_t first = 0; first < rows; first += most) {
        mb_block block;
        int64_t n = rows - first < most ? rows - first : most;
        n = take_block(cx, column, first, n, &block, scratch);
        count(block.values, n, shift, memory->data);
        if (most == flush) collect(memory->data, entries, lanes, table);
    }
    collect(memory->data, entries, lanes, table);
    mb_buffer_release(memory);
    return MB_OK;
}

// --- Hash tables: open addressing, linear probes; a slot whose count is 0 is free.

typedef struct hash_slot {
    uint64_t key, count;
} hash_slot;

typedef struct hash_table {
    mb_context *cx;
    mb_buffer *memory;
    hash_slot *slots;
    int bits; // of the number of slots
    int64_t used;
} hash_table;

static mb_status open_table(mb_context *cx, int64_t slots, hash_table *table)
{
    *table = (hash_table){.cx = cx};
    mb_status status = mb_buffer_new_zeroed(cx, slots, sizeof(hash_slot), &table->memory);
    if (status) return status;
    table->slots = table->memory->data;
    table->bits = __builtin_ctzll((uint64_t)slots);
    return MB_OK;
}

static inline uint64_t spread(uint64_t key)
{
    return key * UINT64_C(0x9e3779b97f4a7c15); // Fibonacci hashing (Knuth, TAOCP 3, 6.4)
}

static inline void add_key(hash_table *table, uint64_t key, uint64_t hash, uint64_t count)
{
    uint64_t mask = (UINT64_C(1) << table->bits) - 1;
    uint64_t i = hash >> (64 - table->bits);
    for (;; i = (i + 1) & mask) {
        hash_slot *slot = &table->slots[i];
        if (slot->count && slot->key != key) continue;
        table->used += slot->count == 0;
        slot->key = key;
        slot->count += count;
        return;
    }
}

static mb_status grow(hash_table *table)
{
    hash_table larger;
    int64_t slots = (int64_t)1 << table->bits;
    mb_status status = open_table(table->cx, 4 * slots, &larger);
    if (status) return status;
    for (int64_t i = 0; i < slots; i++)
        if (table->slots[i].count)
            add_key(&larger, table->slots[i].key, spread(table->slots[i].key),
                    table->slots[i].count);
    mb_buffer_release(table->memory);
    *table = larger;
    return MB_OK;
}

// Keys of a block as 64 bits.
static const uint64_t *keys_of(mb_context *cx, const mb_column *column, const mb_block *block,
                               int64_t n, uint64_t *scratch)
{
    uint64_t shift = column->width == 8 ? column->range.minimum : 0;
    if (column->width == 8) {
        const uint64_t *values = block->values;
        for (int64_t i = 0; i < n; i++)
            scratch[i] = values[i] - shift;
    } else {
        mb_kernels_of(cx->isa)->widen[block->form](block->values, n, 0, scratch);
    }
    return scratch;
}

// Counts all rows into one table, unless the keys turn out to be too many for the cache.
static mb_status count_in_cache(mb_context *cx, const mb_column *column, hash_table *table,
                                bool *too_many)
{
    uint64_t scratch[BLOCK], keys[BLOCK];
    int64_t rows = mb_column_rows(column);
    mb_status status = MB_OK;
    *too_many = false;
    for (int64_t first = 0; first < rows && !status && !*too_many; first += BLOCK) {
        mb_block block;
        int64_t n = rows - first < BLOCK ? rows - first : BLOCK;
        n = take_block(cx, column, first, n, &block, scratch);
        keys_of(cx, column, &block, n, keys);
        int64_t slots = (int64_t)1 << table->bits;
        if (table->used * LOAD > slots || table->used + n > slots / 2) {
            *too_many = slots >= MOST_SLOTS;
            if (!*too_many) status = grow(table);
        }
        if (status || *too_many) break;
        for (int64_t i = 0; i < n; i++)
            add_key(table, keys[i], spread(keys[i]), 1);
    }
    return status;
}

static mb_status list_pairs(mb_context *cx, const hash_table *table, mb_buffer **pairs, int64_t *n)
{
    mb_status status = mb_buffer_new_array(cx, table->used, sizeof(mb_key_count), pairs);
    if (status) return status;
    mb_key_count *out = (*pairs)->data;
    for (int64_t i = 0; i < (int64_t)1 << table->bits; i++)
        if (table->slots[i].count)
            *out++ = (mb_key_count){table->slots[i].key, table->slots[i].count};
    *n = table->used;
    return MB_OK;
}

// --- Partitions: rows are first gathered by the top bits of their hash, so that each part's table
// stays in cache.

typedef struct partitions {
    mb_buffer *keys;
    int64_t start[PARTITIONS + 1];
} partitions;

static void each_block_keys(mb_context *cx, const mb_column *column, partitions *parts,
                            void (*visit)(partitions *parts, const uint64_t *keys, int64_t n))
{
    uint64_t scratch[BLOCK], keys[BLOCK];
    int64_t rows = mb_column_rows(column);
    for (int64_t first = 0; first < rows; first += BLOCK) {
        mb_block block;
        int64_t n = rows - first < BLOCK ? rows - first : BLOCK;
        n = take_block(cx, column, first, n, &block, scratch);
        visit(parts, keys_of(cx, column, &block, n, keys), n);
    }
}

static void count_parts(partitions *parts, const uint64_t *keys, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        parts->start[(spread(keys[i]) >> (64 - PARTITION_BITS)) + 1]++;
}

// start[p] moves on as the part fills, and ends where the next one begins.
static void scatter_parts(partitions *parts, const uint64_t *keys, int64_t n)
{
    uint64_t *out = parts->keys->data;
    for (int64_t i = 0; i < n; i++)
        out[parts->start[spread(keys[i]) >> (64 - PARTITION_BITS)]++] = keys[i];
}

static mb_status partition(mb_context *cx, const mb_column *column, partitions *parts)
{
    memset(parts, 0, sizeof *parts);
    mb_status status =
        mb_buffer_new_array(cx, mb_column_rows(column), sizeof(uint64_t), &parts->keys);
    if (status) return status;
    each_block_keys(cx, column, parts, count_parts);
    for (int p = 0; p < PARTITIONS; p++)
        parts->start[p + 1] += parts->start[p];
    each_block_keys(cx, column, parts, scatter_parts);
    memmove(parts->start + 1, parts->start, PARTITIONS * sizeof parts->start[0]);
    parts->start[0] = 0;
    return MB_OK;
}

// Counts one part. The bits of the hash that chose it are the same for all its keys.
static mb_status count_part(hash_table *table, const uint64_t *keys, int64_t n)
{
    mb_status status = MB_OK;
    for (int64_t i = 0; i < n && !status; i++) {
        if (table->used * LOAD >= (int64_t)1 << table->bits) status = grow(table);
        if (!status) add_key(table, keys[i], spread(keys[i]) << PARTITION_BITS, 1);
    }
    return status;
}

static mb_status append_pairs(mb_context *cx, hash_table *table, mb_buffer **pairs, int64_t *n)
{
    mb_key_count *out = *pairs ? (*pairs)->data : NULL;
    int64_t room = *pairs ? (int64_t)((*pairs)->size / sizeof *out) : 0;
    if (*n + table->used > room) {
        mb_buffer *larger;
        int64_t wanted = 2 * room > *n + table->used ? 2 * room : *n + table->used;
        mb_status status = mb_buffer_new_array(cx, wanted, sizeof *out, &larger);
        if (status) return status;
        if (out) memcpy(larger->data, out, (size_t)*n * sizeof *out);
        mb_buffer_release(*pairs);
        *pairs = larger;
        out = larger->data;
    }
    for (int64_t i = 0; i < (int64_t)1 << table->bits; i++) {
        if (!table->slots[i].count) continue;
        out[(*n)++] = (mb_key_count){table->slots[i].key, table->slots[i].count};
        table->slots[i].count = 0;
    }
    table->used = 0;
    return MB_OK;
}

static mb_status count_partitioned(mb_context *cx, const mb_column *column, mb_buffer **pairs,
                                   int64_t *n)
{
    partitions parts;
    hash_table table = {0};
    mb_buffer *found = NULL;
    mb_status status = partition(cx, column, &parts);
    if (!status) status = open_table(cx, FIRST_SLOTS, &table);
    *n = 0;
    for (int p = 0; p < PARTITIONS && !status; p++) {
        status = count_part(&table, (uint64_t *)parts.keys->data + parts.start[p],
                            parts.start[p + 1] - parts.start[p]);
        if (!status) status = append_pairs(cx, &table, &found, n);
    }
    if (!status && !found) status = mb_buffer_new(cx, 0, &found);
    if (status)
        mb_buffer_release(found);
    else
        *pairs = found;
    mb_buffer_release(table.memory);
    mb_buffer_release(parts.keys);
    return status;
}

mb_status mb_tally_hash(mb_context *cx, const mb_column *column, mb_buffer **pairs, int64_t *n)
{
    hash_table table;
    bool too_many;
    mb_status status = open_table(cx, 4 * BLOCK, &table);
    if (status) return status;
    status = count_in_cache(cx, column, &table, &too_many);
    if (!status && !too_many) status = list_pairs(cx, &table, pairs, n);
    mb_buffer_release(table.memory);
    return status || !too_many ? status : count_partitioned(cx, column, pairs, n);
}
