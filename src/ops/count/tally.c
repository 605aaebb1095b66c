#include "ops/count/tally.h"

#include <string.h>

#include "column/storage.h"
#include "expr/evaluate.h"

enum {
    BLOCK = MB_BLOCK_ROWS, // rows taken at once
    SMALL_TABLE = 1 << 16, // entries that are worth it for any number of rows
    LARGEST_TABLE = 1 << 22,
    SPARSE = 4,             // entries to a row of a rank, at most, of a table that is not small
    TWO_COUNTERS = 1 << 17, // most entries for which two counters each stay in cache
};
_Static_assert(SMALL_TABLE >= 1 << 16 && LARGEST_TABLE >= SMALL_TABLE,
               "values of 1 and 2 bytes are never hashed");

bool mb_tally_direct(const mb_column *column, int64_t *entries)
{
    mb_range range;
    bool bounded = mb_column_range(column, &range);
    uint64_t low = mb_order_bits(column->type->kind, range.minimum);
    uint64_t high = mb_order_bits(column->type->kind, range.maximum);
    int64_t rows = column->layout->n_global / column->layout->nranks;
    if (!bounded || high < low || high - low >= LARGEST_TABLE) return false;
    *entries = (int64_t)(high - low) + 1;
    return *entries <= SMALL_TABLE || *entries <= SPARSE * rows;
}

uint64_t mb_tally_origin(const mb_column *column)
{
    int64_t entries;
    mb_range range;
    (void)mb_column_range(column, &range);
    if (column->values.width == 8 || mb_tally_direct(column, &entries)) return range.minimum;
    return column->values.base;
}

int64_t mb_tally_block(mb_context *cx, const mb_column *column, int64_t first, int64_t n,
                       mb_block *block, void *scratch)
{
    *block = mb_block_of(column, first);
    return mb_block_compact(mb_kernels_of(cx->isa), block, n, scratch);
}

// Equal neighbours would wait for each other's increment, so tables that stay in cache have two
// counters to a value, used in turn. (Four are slower: they leave the first-level cache.)

#define COUNT_FORM(name, type)                                                                     \
    static void count2_##name(const void *values, int64_t n, uint64_t shift, uint32_t *counters)   \
    {                                                                                              \
        const type *x = values;                                                                    \
        int64_t i = 0;                                                                             \
        for (; i + 4 <= n; i += 4) {                                                               \
            counters[2 * (x[i] - shift)]++;                                                        \
            counters[2 * (x[i + 1] - shift) + 1]++;                                                \
            counters[2 * (x[i + 2] - shift)]++;                                                    \
            counters[2 * (x[i + 3] - shift) + 1]++;                                                \
        }                                                                                          \
        for (; i < n; i++)                                                                         \
            counters[2 * (x[i] - shift)]++;                                                        \
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

static counter counter_of(int width, bool two)
{
    static const counter two_of[] = {count2_1, count2_2, count2_4, count2_8};
    static const counter one_of[] = {count1_1, count1_2, count1_4, count1_8};
    int index = mb_width_index(width);
    return two ? two_of[index] : one_of[index];
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
    bool two = entries <= TWO_COUNTERS;
    int lanes = two ? 2 : 1;
    mb_status status = mb_buffer_new_zeroed(cx, entries * lanes, sizeof(uint32_t), &memory);
    if (status) return status;
    uint64_t scratch[BLOCK];
    uint64_t shift = column->values.width == 8 ? column->facts.range.minimum
                                               : mb_tally_origin(column) - column->values.base;
    counter count = counter_of(column->values.width, two);
    int64_t rows = mb_column_rows(column), most = column->validity.data ? BLOCK : flush;
    for (int64_t first = 0; first < rows; first += most) {
        mb_block block;
        int64_t n = rows - first < most ? rows - first : most;
        n = mb_tally_block(cx, column, first, n, &block, scratch);
        count(block.values, n, shift, memory->data);
        if (most == flush) collect(memory->data, entries, lanes, table);
    }
    collect(memory->data, entries, lanes, table);
    mb_buffer_release(memory);
    return MB_OK;
}
