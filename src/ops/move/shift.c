#include "ops/move/shift.h"

#include <string.h>

#include "comm/comm.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"
#include "expr/evaluate.h"
#include "ops/move/widen.h"

// What a shift needs besides its result.
typedef struct shifting {
    int64_t from, to, kept;      // the rows that stay begin here in the column and in the result
    mb_buffer *spans;            // of them on each rank, before and after: 4 times nranks
    mb_buffer *values;           // the rows in the result's storage, if that is another
    mb_buffer *valid, *received; // the rows' validity as bytes, if any is missing
} shifting;

// A row counted from `first`, or the nearest of 0 .. rows.
static int64_t clamp(int64_t row, int64_t first, int64_t rows)
{
    row -= first;
    return row < 0 ? 0 : row > rows ? rows : row;
}

static mb_status prepare(mb_context *cx, const mb_column *column, mb_storage storage,
                         shifting *shift)
{
    int64_t rows = mb_column_rows(column);
    bool same = storage.width == column->values.width && storage.base == column->values.base;
    mb_status status = mb_buffer_new_array(cx, 4 * mb_nranks(cx), sizeof(int64_t), &shift->spans);
    if (!status && !same)
        status = mb_buffer_new_array(cx, rows, (size_t)storage.width, &shift->values);
    if (!status && column->facts.missing) status = mb_buffer_new_array(cx, rows, 1, &shift->valid);
    if (!status && column->facts.missing)
        status = mb_buffer_new_array(cx, rows, 1, &shift->received);
    if (status) return status;
    if (shift->values) mb_widen_copy(column, storage, shift->values->data);
    if (shift->valid) mb_validity_bytes(column->validity.data, rows, shift->valid->data);
    return MB_OK;
}

static void release(shifting *shift)
{
    mb_buffer_release(shift->spans);
    mb_buffer_release(shift->values);
    mb_buffer_release(shift->valid);
    mb_buffer_release(shift->received);
}

// Sends the rows that stay to their owners; those of this rank begin at row `first`.
static void move(mb_context *cx, const mb_column *column, const shifting *shift, int64_t first,
                 mb_column *made)
{
    const mb_layout *layout = column->layout;
    int nranks = layout->nranks;
    int64_t *before = shift->spans->data, *after = before + 2 * (size_t)nranks;
    for (int r = 0; r < nranks; r++) {
        before[r] = clamp(layout->start[r], shift->from, shift->kept);
        before[nranks + r] = clamp(layout->start[r + 1], shift->from, shift->kept);
        after[r] = clamp(layout->start[r], shift->to, shift->kept);
        after[nranks + r] = clamp(layout->start[r + 1], shift->to, shift->kept);
    }
    mb_spans held = {before, before + nranks}, wanted = {after, after + nranks};
    const char *values = shift->values ? shift->values->data : column->values.data;
    int64_t source = clamp(shift->from, layout->start[mb_rank(cx)], mb_column_rows(column));
    mb_shuffle_spans(cx, values + source * made->values.width, held,
                     (char *)made->values.buffer->data + first * made->values.width, wanted,
                     (size_t)made->values.width);
    if (shift->valid)
        mb_shuffle_spans(cx, (char *)shift->valid->data + source, held,
                         (char *)shift->received->data + first, wanted, 1);
}

static void fill_rows(mb_column *made, uint64_t word, int64_t from, int64_t end)
{
    char *values = made->values.buffer->data;
    for (int64_t i = from; i < end; i++)
        memcpy(values + i * made->values.width, &word, (size_t)made->values.width);
}

static void set_bits(uint64_t *words, int64_t from, int64_t end, bool value)
{
    for (int64_t i = from; i < end; i++) {
        uint64_t bit = UINT64_C(1) << (i % 64);
        if (i % 64 == 0 && end - i >= 64) {
            words[i / 64] = value ? UINT64_MAX : 0;
            i += 63;
        } else {
            words[i / 64] = value ? words[i / 64] | bit : words[i / 64] & ~bit;
        }
    }
}

// Rows that stay keep their validity: without `received` they are all valid.
static void set_validity(mb_column *made, const shifting *shift, bool filled, int64_t first,
                         int64_t end)
{
    const uint8_t *bytes = shift->received ? shift->received->data : NULL;
    uint64_t *words = made->validity.buffer->data;
    set_bits(words, 0, first, filled);
    set_bits(words, end, mb_column_rows(made), filled);
    if (!bytes) set_bits(words, first, end, true);
    for (int64_t i = first; bytes && i < end; i++)
        words[i / 64] |= (uint64_t)bytes[i] << (i % 64);
}

static void shift_rows(mb_context *cx, const mb_column *column, const shifting *shift,
                       const mb_value *fill, mb_column *made)
{
    int64_t rows = mb_column_rows(column), start = column->layout->start[mb_rank(cx)];
    int64_t first = clamp(shift->to, start, rows),
            end = clamp(shift->to + shift->kept, start, rows);
    mb_storage storage = {made->values.width, made->values.base};
    uint64_t word = fill ? mb_widen_word(made->type->kind, storage, *fill) : 0;
    move(cx, column, shift, first, made);
    fill_rows(made, word, 0, first);
    fill_rows(made, word, end, rows);
    if (made->validity.data) set_validity(made, shift, fill != NULL, first, end);
}

mb_status mb_shift(mb_context *cx, mb_column *column, int64_t n, const mb_value *fill,
                   mb_column **result)
{
    mb_column *made = NULL;
    int64_t length = column->layout->n_global;
    int64_t forward = clamp(n, 0, length), back = n > -length ? clamp(-n, 0, length) : length;
    shifting shift = {.from = back, .to = forward, .kept = length - back - forward};
    mb_new_values added = {.scalar = fill};
    mb_status status = mb_materialise(cx, column);
    if (status) return status;
    mb_storage storage = mb_widen_storage(column, added);
    bool may_miss = column->facts.missing || !fill;
    status = mb_memory_need(cx, mb_column_rows(column) * storage.width);
    if (!status) status = prepare(cx, column, storage, &shift);
    if (!status) status = mb_widen_new(cx, column, added, storage, may_miss, &made);
    MB_TRY(mb_step(cx, status, NULL));
    shift_rows(cx, column, &shift, fill, made);
    mb_payload payload = {.count = (uint64_t)mb_column_missing_here(made)};
    MB_TRY(mb_conclude(cx, MB_OK, &payload));
    mb_column_set_missing(made, (int64_t)payload.count);
    *result = mb_column_retain(made);
done:
    mb_column_release(made);
    release(&shift);
    return status;
}
