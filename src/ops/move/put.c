#include "ops/move/put.h"

#include <string.h>

#include "comm/comm.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/move/put_internal.h"
#include "ops/move/rows.h"

mb_status mb_change_open(mb_context *cx, const mb_column *column, mb_new_values added,
                         bool may_miss, mb_change *change)
{
    change->cx = cx;
    change->storage = mb_widen_storage(column, added);
    mb_status status = mb_widen_new(cx, column, added, change->storage, may_miss, &change->made);
    if (status) return status;
    change->rows = change->made->values.buffer->data;
    mb_widen_copy(column, change->storage, change->rows);
    if (!may_miss) return MB_OK;
    change->valid = change->made->validity.buffer->data;
    if (column->validity.data)
        memcpy(change->valid, column->validity.data,
               (size_t)mb_validity_words(mb_column_rows(column)) * sizeof *change->valid);
    else
        mb_validity_fill(change->valid, mb_column_rows(column));
    return MB_OK;
}

static void change_row(const mb_change *change, int64_t row, mb_value value, bool valid)
{
    if (valid) {
        uint64_t word = mb_widen_word(change->made->type->kind, change->storage, value);
        memcpy(change->rows + row * change->storage.width, &word, (size_t)change->storage.width);
    }
    if (!change->valid) return;
    uint64_t bit = UINT64_C(1) << (row % 64);
    if (valid)
        change->valid[row / 64] |= bit;
    else
        change->valid[row / 64] &= ~bit;
}

mb_status mb_change_end(mb_change *change, mb_status status, mb_column **result)
{
    mb_payload payload = {.count = status ? 0 : (uint64_t)mb_column_missing_here(change->made)};
    status = mb_conclude(change->cx, status, &payload);
    if (status) return status;
    mb_column_set_missing(change->made, (int64_t)payload.count);
    *result = mb_column_retain(change->made);
    return MB_OK;
}

// Values that go to the true rows of a mask, in order.
typedef struct masked {
    mb_change change;
    const mb_column *mask;
    int64_t row; // of the mask, where the next value is looked for
    mb_value wide[MB_BLOCK_ROWS];
} masked;

// Called where the mask has as many true rows as there are values.
static int64_t next_true(const mb_column *mask, int64_t row)
{
    const uint8_t *values = mask->values.data;
    for (;; row++) {
        const uint8_t *found = memchr(values + row, 1, (size_t)(mb_column_rows(mask) - row));
        row = found - values;
        if (mb_column_valid(mask, row)) return row;
    }
}

static mb_status put_block(void *state, const mb_block *block, int64_t first, int64_t n)
{
    masked *put = state;
    const mb_value *wide = mb_block_widen(mb_kernels_of(put->change.cx->isa), block, n, put->wide);
    (void)first;
    for (int64_t i = 0; i < n; i++) {
        put->row = next_true(put->mask, put->row);
        change_row(&put->change, put->row++, wide[i], mb_block_valid(block, i));
    }
    return MB_OK;
}

// The values, laid out as the true rows of the mask are.
static mb_status lay_out_values(mb_context *cx, mb_column *mask, mb_column *values,
                                mb_column **laid_out)
{
    mb_layout *layout = NULL;
    mb_status status = mb_mask_layout(cx, mask, &layout);
    if (status) return status;
    if (layout->n_global != values->layout->n_global)
        status = mb_fail(cx, MB_EINVALID,
                         "put: the mask has %lld true row%s, and there are %lld value%s",
                         (long long)layout->n_global, mb_plural(layout->n_global),
                         (long long)values->layout->n_global, mb_plural(values->layout->n_global));
    if (!status) status = mb_settle(cx, values, layout, laid_out);
    mb_layout_release(layout);
    return status;
}

mb_status mb_put_mask(mb_context *cx, mb_column *column, mb_column *mask, mb_column *values,
                      mb_column **result)
{
    mb_buffer *memory = NULL;
    mb_column *moved_mask = NULL, *moved_values = NULL;
    masked *put = NULL;
    mb_status status;
    MB_TRY(mb_materialise(cx, column));
    MB_TRY(mb_settle(cx, mask, column->layout, &moved_mask));
    MB_TRY(lay_out_values(cx, moved_mask, values, &moved_values));
    status = mb_memory_need(cx, mb_column_rows(column) * column->values.width);
    if (!status) status = mb_buffer_new_zeroed(cx, 1, sizeof(masked), &memory);
    if (!status) {
        put = memory->data;
        put->mask = moved_mask;
        status = mb_change_open(cx, column, (mb_new_values){.column = values},
                                column->facts.missing || values->facts.missing, &put->change);
    }
    MB_TRY(mb_step(cx, status, NULL));
    status = mb_evaluate(cx, &moved_values, 1, put_block, put);
    status = mb_change_end(&put->change, status, result);
done:
    if (put) mb_column_release(put->change.made);
    mb_buffer_release(memory);
    mb_column_release(moved_mask);
    mb_column_release(moved_values);
    return status;
}
