#include "column/realign.h"

#include "column/storage.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"

static void move_validity(mb_context *cx, const mb_column *column, uint8_t *from, mb_column *to,
                          uint8_t *received)
{
    int64_t rows = mb_column_rows(to);
    mb_validity_bytes(column->validity.data, mb_column_rows(column), from);
    mb_shuffle_rows(cx, from, column->layout, received, to->layout, 1);
    uint64_t *words = to->validity.buffer->data;
    for (int64_t i = 0; i < rows; i++)
        words[i / 64] |= (uint64_t)received[i] << (i % 64);
}

mb_status mb_column_realign(mb_context *cx, mb_column *column, mb_layout *layout,
                            mb_column **result)
{
    mb_column *made = NULL;
    mb_buffer *from = NULL, *received = NULL;
    int64_t rows = mb_layout_rows(layout, mb_rank(cx));
    const mb_plane *values = &column->values;
    mb_column model = {.type = column->type,
                       .layout = layout,
                       .identity = column->identity,
                       .values = {.width = values->width, .base = values->base},
                       .facts = column->facts};
    model.facts.ranges = NULL;
    if (mb_layout_equal(column->layout, layout)) {
        *result = mb_column_retain(column);
        return MB_OK;
    }
    mb_status status = mb_column_new(cx, &model, &made);
    if (!status && column->facts.missing) {
        status = mb_buffer_new_array(cx, mb_column_rows(column), 1, &from);
        if (!status) status = mb_buffer_new_array(cx, rows, 1, &received);
    }
    MB_TRY(mb_step(cx, status, NULL));
    mb_shuffle_rows(cx, values->data, column->layout, made->values.buffer->data, layout,
                    (size_t)values->width);
    if (column->facts.missing) move_validity(cx, column, from->data, made, received->data);
    *result = mb_column_retain(made);
done:
    mb_column_release(made);
    mb_buffer_release(from);
    mb_buffer_release(received);
    return status;
}

mb_status mb_column_level(mb_context *cx, mb_column **column)
{
    mb_layout *even = NULL;
    mb_column *moved = NULL;
    if (!mb_layout_skewed((*column)->layout)) return MB_OK;
    mb_status status = mb_layout_even(cx, (*column)->layout->n_global, &even);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_column_realign(cx, *column, even, &moved));
    mb_column_release(*column);
    *column = moved;
done:
    mb_layout_release(even);
    return status;
}
