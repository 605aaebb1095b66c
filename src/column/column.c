#include "column/column.h"

#include <stdio.h>
#include <stdlib.h>

#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/hash.h"

mb_status mb_column_new(mb_context *cx, const mb_type *type, mb_layout *layout, mb_column **column)
{
    mb_column *made = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    made->references = 1;
    made->cx = cx;
    made->type = type;
    made->layout = mb_layout_retain(layout);
    *column = made;
    return MB_OK;
}

mb_column *mb_column_retain(mb_column *column)
{
    if (column) column->references++;
    return column;
}

void mb_column_release(mb_column *column)
{
    if (!column || --column->references > 0) return;
    if (column->expression) column->drop_expression(column->expression);
    mb_layout_release(column->layout);
    mb_buffer_release(column->buffer);
    mb_buffer_release(column->validity);
    mb_buffer_release(column->ranges);
    free(column);
}

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
    return capacity(column->buffer) + capacity(column->validity) + capacity(column->ranges);
}

static uint64_t stored_bits(const mb_column *column, int64_t row)
{
    switch (column->width) {
    case 1: return column->base + ((const uint8_t *)column->values)[row];
    case 2: return column->base + ((const uint16_t *)column->values)[row];
    case 4: return column->base + ((const uint32_t *)column->values)[row];
    default: return ((const uint64_t *)column->values)[row];
    }
}

bool mb_column_get(const mb_column *column, int64_t local_row, mb_value *value)
{
    value->bits = 0;
    if (!mb_column_valid(column, local_row)) return false;
    if (column->type->kind == MB_FLOAT && column->width == 4)
        value->f = (double)((const float *)column->values)[local_row];
    else
        value->bits = stored_bits(column, local_row);
    return true;
}

int64_t mb_column_missing_here(const mb_column *column)
{
    int64_t rows = mb_column_rows(column), there = 0;
    if (!column->validity) return 0;
    const uint64_t *words = column->validity->data;
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

void mb_column_identify(mb_column *column, int index)
{
    column->identity = mb_hash_word(mb_operation_id(column->cx), (uint64_t)index);
}

void mb_column_describe(const mb_column *column, char *text, size_t size)
{
    snprintf(text, size, "%s column of %lld row%s", column->type->name,
             (long long)column->layout->n_global, column->layout->n_global == 1 ? "" : "s");
}
