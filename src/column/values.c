// What a column holds.

#include <string.h>

#include "column/column.h"
#include "comm/comm.h"

int64_t mb_column_rows(const mb_column *column)
{
    return mb_layout_rows(column->layout, mb_rank(column->cx));
}

static int64_t capacity(const mb_buffer *buffer)
{
    return buffer ? (int64_t)buffer->capacity : 0;
}

int64_t mb_column_bytes(const mb_column *column)
{
    return capacity(column->values.buffer) + capacity(column->validity.buffer) +
           capacity(column->facts.ranges);
}

static uint64_t stored_bits(const mb_column *column, int64_t row)
{
    switch (column->values.width) {
    case 1: return column->values.base + ((const uint8_t *)column->values.data)[row];
    case 2: return column->values.base + ((const uint16_t *)column->values.data)[row];
    case 4: return column->values.base + ((const uint32_t *)column->values.data)[row];
    default: return ((const uint64_t *)column->values.data)[row];
    }
}

bool mb_column_get(const mb_column *column, int64_t local_row, mb_value *value)
{
    value->bits = 0;
    if (!mb_column_valid(column, local_row)) return false;
    if (column->type->kind == MB_FLOAT && column->values.width == 4)
        value->f = (double)((const float *)column->values.data)[local_row];
    else
        value->bits = stored_bits(column, local_row);
    return true;
}

bool mb_column_range(const mb_column *column, mb_range *range)
{
    bool is_bool = column->type->kind == MB_BOOL;
    *range = is_bool ? (mb_range){0, 1} : column->facts.range;
    return is_bool || column->facts.bounded;
}

bool mb_range_empty(mb_kind kind, mb_range range)
{
    return mb_order_bits(kind, range.minimum) > mb_order_bits(kind, range.maximum);
}

void mb_range_join(mb_kind kind, mb_range *range, mb_range other)
{
    if (mb_range_empty(kind, other)) return;
    bool first = mb_range_empty(kind, *range);
    if (first || mb_order_bits(kind, other.minimum) < mb_order_bits(kind, range->minimum))
        range->minimum = other.minimum;
    if (first || mb_order_bits(kind, other.maximum) > mb_order_bits(kind, range->maximum))
        range->maximum = other.maximum;
}

int64_t mb_column_missing_here(const mb_column *column)
{
    int64_t rows = mb_column_rows(column), there = 0;
    if (!column->validity.data) return 0;
    const uint64_t *words = column->validity.data;
    for (int64_t i = 0; i < rows / 64; i++)
        there += __builtin_popcountll(words[i]);
    if (rows % 64) there += __builtin_popcountll(words[rows / 64] << (64 - rows % 64));
    return rows - there;
}

void mb_validity_bytes(const uint64_t *validity, int64_t n, uint8_t *bytes)
{
    for (int64_t i = 0; i < n; i++)
        bytes[i] = validity[i / 64] >> (i % 64) & 1;
}
