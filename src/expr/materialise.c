// Giving pending columns their values, and columns another layout.

#include <string.h>

#include "column/builder.h"
#include "column/storage.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"
#include "expr/program.h"

// A column takes over the values of one that was made in its place.
static void adopt(mb_column *column, const mb_column *made)
{
    column->width = made->width;
    column->base = made->base;
    column->buffer = mb_buffer_retain(made->buffer);
    column->values = made->values;
    column->validity = mb_buffer_retain(made->validity);
    column->missing = made->missing;
    column->bounded = made->bounded;
    column->range = made->range;
    column->ascending = made->ascending;
    column->ranges = mb_buffer_retain(made->ranges);
    column->drop_expression(column->expression);
    column->expression = NULL;
}

typedef struct filling {
    mb_builder *builder;
    mb_kind kind;
    const mb_kernels *kernels;
} filling;

static mb_status append_block(void *state, const mb_block *block, int64_t first, int64_t n)
{
    filling *filling = state;
    uint64_t wide[MB_STEP_ROWS];
    uint8_t there[MB_BLOCK_ROWS];
    const void *values = block->values;
    (void)first;
    if (filling->kind != MB_BOOL) values = mb_block_widen(filling->kernels, block, n, wide);
    if (block->validity) mb_validity_bytes(block->validity, n, there);
    return mb_builder_append(filling->builder, values, block->validity ? there : NULL, n);
}

// The range of a leaf of the graph is known before its values are.
static bool known_range(const mb_column *column, mb_range *range)
{
    const mb_expression *expression = column->expression;
    int64_t last = column->layout->n_global - 1;
    if (!mb_kind_is_integer(column->type->kind)) return false;
    range->minimum = range->maximum = expression->value[0].u;
    if (expression->op == MB_CONSTANT) return true;
    if (expression->op == MB_RANDOM) {
        range->maximum = range->minimum + expression->value[1].u - 1;
        return expression->value[1].u != 0;
    }
    if (expression->op != MB_SEQUENCE || last < 0) return false;
    uint64_t end = range->minimum + (uint64_t)last * expression->value[1].u;
    if (expression->value[1].i >= 0)
        range->maximum = end;
    else
        range->minimum = end;
    return true;
}

static mb_status evaluate(mb_context *cx, mb_column *column)
{
    mb_status status;
    filling filling = {.kind = column->type->kind, .kernels = mb_kernels_of(cx->isa)};
    mb_column *made = NULL;
    mb_range range;
    int64_t rows = mb_column_rows(column);
    bool known = known_range(column, &range);
    MB_TRY(mb_builder_open(cx, column->type, rows, known ? &range : NULL, 8, &filling.builder));
    status = mb_program_stream(cx, &column, 1, MB_KEEP, 0, rows, append_block, &filling);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_builder_finish(cx, &filling.builder, 1, &column->layout, 0, &made));
    adopt(column, made);
done:
    mb_column_release(made);
    mb_builder_close(filling.builder);
    return status;
}

// Validity bits where the mask is true, packed.
static void compress_validity(const uint64_t *bits, const uint8_t *mask, int64_t n, uint64_t *out)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!mask[i]) continue;
        uint64_t bit = bits[i / 64] >> (i % 64) & 1;
        if (kept % 64 == 0) out[kept / 64] = 0;
        out[kept / 64] |= bit << (kept % 64);
        kept++;
    }
}

// The mask's true rows as bytes; a missing one counts as false.
static mb_status plain_mask(mb_context *cx, const mb_column *mask, mb_buffer **buffer)
{
    int64_t rows = mb_column_rows(mask);
    if (!mask->validity) {
        *buffer = mb_buffer_retain(mask->buffer);
        return MB_OK;
    }
    mb_status status = mb_buffer_new_array(cx, rows, 1, buffer);
    if (status) return status;
    uint8_t *bytes = (*buffer)->data;
    const uint8_t *values = mask->values;
    for (int64_t i = 0; i < rows; i++)
        bytes[i] = values[i] & mb_column_valid(mask, i);
    return MB_OK;
}

static mb_status filter_rows(mb_context *cx, const mb_column *source, const mb_column *mask,
                             mb_column *result)
{
    mb_status status;
    mb_buffer *bytes = NULL;
    int64_t rows = mb_column_rows(source), kept = mb_column_rows(result);
    const uint8_t *chosen;
    result->width = source->width;
    result->base = source->base;
    result->bounded = source->bounded;
    result->range = source->range;
    result->ascending = source->ascending;
    MB_TRY(plain_mask(cx, mask, &bytes));
    MB_TRY(mb_buffer_new_array(cx, kept, (size_t)source->width, &result->buffer));
    result->values = result->buffer->data;
    chosen = mask->validity ? bytes->data : mask->values;
    mb_kernels_of(cx->isa)->compress[mb_width_index(source->width)](source->values, chosen, rows,
                                                                    result->buffer->data);
    if (source->validity) {
        MB_TRY(mb_buffer_new_array(cx, (kept + 63) / 64, 8, &result->validity));
        compress_validity(source->validity->data, chosen, rows, result->validity->data);
    }
done:
    mb_buffer_release(bytes);
    return status;
}

// Gives a result whose buffers each rank has made its missing count, or drops it everywhere.
static mb_status settle(mb_context *cx, mb_status status, mb_column *result)
{
    mb_payload payload = {.count = status ? 0 : (uint64_t)mb_column_missing_here(result)};
    status = mb_step(cx, status, &payload);
    if (status) return status;
    result->missing = (int64_t)payload.count;
    if (result->missing == 0) {
        mb_buffer_release(result->validity);
        result->validity = NULL;
    }
    return MB_OK;
}

static mb_status filter(mb_context *cx, mb_column *column)
{
    mb_status status;
    mb_column *a = column->expression->operands[0], *mask = column->expression->operands[1];
    mb_column *source = NULL, *made = NULL, *moved = NULL;
    MB_TRY(mb_materialise(cx, a));
    MB_TRY(mb_materialise(cx, mask));
    MB_TRY(mb_realign(cx, a, mask->layout, &source));
    status = mb_column_new(cx, column->type, column->expression->natural, &made);
    if (!status) status = filter_rows(cx, source, mask, made);
    MB_TRY(settle(cx, status, made));
    MB_TRY(mb_realign(cx, made, column->layout, &moved));
    adopt(column, moved);
done:
    mb_column_release(moved);
    mb_column_release(source);
    mb_column_release(made);
    return status;
}

mb_status mb_materialise(mb_context *cx, mb_column *column)
{
    if (!mb_column_pending(column)) return MB_OK;
    return column->expression->op == MB_FILTER ? filter(cx, column) : evaluate(cx, column);
}

static void move_validity(mb_context *cx, const mb_column *column, uint8_t *from, mb_column *to,
                          uint8_t *received)
{
    int64_t rows = mb_column_rows(to);
    mb_validity_bytes(column->validity->data, mb_column_rows(column), from);
    mb_shuffle_rows(cx, from, column->layout, received, to->layout, 1);
    uint64_t *words = to->validity->data;
    memset(words, 0, to->validity->size);
    for (int64_t i = 0; i < rows; i++)
        words[i / 64] |= (uint64_t)received[i] << (i % 64);
}

mb_status mb_realign(mb_context *cx, mb_column *column, mb_layout *layout, mb_column **result)
{
    mb_column *made = NULL;
    mb_buffer *from = NULL, *received = NULL;
    mb_status status;
    if (mb_layout_equal(column->layout, layout)) {
        *result = mb_column_retain(column);
        return MB_OK;
    }
    status = mb_column_new(cx, column->type, layout, &made);
    int64_t rows = mb_layout_rows(layout, mb_rank(cx));
    if (!status) status = mb_buffer_new_array(cx, rows, (size_t)column->width, &made->buffer);
    if (!status && column->missing) {
        status = mb_buffer_new_array(cx, (rows + 63) / 64, 8, &made->validity);
        if (!status) status = mb_buffer_new_array(cx, mb_column_rows(column), 1, &from);
        if (!status) status = mb_buffer_new_array(cx, rows, 1, &received);
    }
    MB_TRY(mb_step(cx, status, NULL));
    mb_shuffle_rows(cx, column->values, column->layout, made->buffer->data, layout,
                    (size_t)column->width);
    if (column->missing) move_validity(cx, column, from->data, made, received->data);
    made->values = made->buffer->data;
    made->width = column->width;
    made->base = column->base;
    made->missing = column->missing;
    made->bounded = column->bounded;
    made->range = column->range;
    made->ascending = column->ascending;
    made->identity = column->identity;
    *result = mb_column_retain(made);
done:
    mb_column_release(made);
    mb_buffer_release(from);
    mb_buffer_release(received);
    return status;
}
