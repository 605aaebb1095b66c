#include "ops/move/put.h"

#include <string.h>

#include "comm/comm.h"
#include "comm/exchange.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/move/room.h"
#include "ops/move/rows.h"

// A copy of a column, to be changed row by row.
typedef struct change {
    mb_context *cx;
    mb_column *made;
    mb_storage storage;
    char *rows;      // as they are stored
    uint64_t *valid; // NULL: none can be missing
} change;

static mb_status open_change(mb_context *cx, const mb_column *column, mb_news news, bool may_miss,
                             change *change)
{
    int64_t words = (mb_column_rows(column) + 63) / 64;
    change->cx = cx;
    change->storage = mb_room_for(column, news);
    mb_status status = mb_room_new(cx, column, news, change->storage, may_miss, &change->made);
    if (status) return status;
    change->rows = change->made->buffer->data;
    mb_room_copy(column, change->storage, change->rows);
    if (!may_miss) return MB_OK;
    change->valid = change->made->validity->data;
    if (column->validity)
        memcpy(change->valid, column->validity->data, (size_t)words * sizeof *change->valid);
    else
        memset(change->valid, 0xff, (size_t)words * sizeof *change->valid);
    return MB_OK;
}

static void change_row(const change *change, int64_t row, mb_value value, bool there)
{
    if (there) {
        uint64_t word = mb_room_word(change->made->type, change->storage, value);
        memcpy(change->rows + row * change->storage.width, &word, (size_t)change->storage.width);
    }
    if (!change->valid) return;
    uint64_t bit = UINT64_C(1) << (row % 64);
    if (there)
        change->valid[row / 64] |= bit;
    else
        change->valid[row / 64] &= ~bit;
}

// Agrees on the status and makes a result of the change.
static mb_status end_change(change *change, mb_status status, mb_column **result)
{
    mb_payload payload = {.count = status ? 0 : (uint64_t)mb_column_missing_here(change->made)};
    status = mb_conclude(change->cx, status, &payload);
    if (status) return status;
    mb_room_settle(change->made, (int64_t)payload.count);
    *result = mb_column_retain(change->made);
    return MB_OK;
}

static bool is_there(const mb_block *block, int64_t i)
{
    return !block->validity || (block->validity[i / 64] >> (i % 64) & 1);
}

// Values that go to the true rows of a mask, in order.
typedef struct masked {
    change change;
    const mb_column *mask;
    int64_t row; // of the mask, where the next value is looked for
    mb_value wide[MB_BLOCK_ROWS];
} masked;

// There is one: the mask has as many true rows as there are values.
static int64_t next_true(const mb_column *mask, int64_t row)
{
    const uint8_t *values = mask->values;
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
        change_row(&put->change, put->row++, wide[i], is_there(block, i));
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
        status =
            mb_fail(cx, MB_EINVALID, "put: the mask has %lld true rows, and there are %lld values",
                    (long long)layout->n_global, (long long)values->layout->n_global);
    if (!status) status = mb_materialise(cx, values);
    if (!status) status = mb_realign(cx, values, layout, laid_out);
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
    MB_TRY(mb_materialise(cx, mask));
    MB_TRY(mb_realign(cx, mask, column->layout, &moved_mask));
    MB_TRY(lay_out_values(cx, moved_mask, values, &moved_values));
    status = mb_memory_need(cx, mb_column_rows(column) * column->width);
    if (!status) status = mb_buffer_new_zeroed(cx, 1, sizeof(masked), &memory);
    if (!status) {
        put = memory->data;
        put->mask = moved_mask;
        status = open_change(cx, column, (mb_news){.column = values},
                             column->missing || values->missing, &put->change);
    }
    MB_TRY(mb_step(cx, status, NULL));
    status = mb_evaluate(cx, &moved_values, 1, put_block, put);
    status = end_change(&put->change, status, result);
done:
    if (put) mb_column_release(put->change.made);
    mb_buffer_release(memory);
    mb_column_release(moved_mask);
    mb_column_release(moved_values);
    return status;
}

// A row to be changed, as it is sent to the rank that holds it.
typedef struct update {
    int64_t row; // its complement for one that becomes missing
    mb_value value;
} update;

// Updates on their way to the ranks that hold their rows. They are counted, and then put down for
// each rank in the order of the positions, so that the last one for a row comes last.
typedef struct sending {
    mb_context *cx;
    const mb_layout *layout;  // of the column
    bool with_values;         // or with one for all, and rows alone are sent
    int64_t size;             // of what is sent for a position
    mb_pieces sent, received; // in bytes
    int64_t first_position;   // the number of this rank's first
    char *out;                // NULL while they are counted
    mb_value wide[2][MB_BLOCK_ROWS];
} sending;

// The row that a position says, from 0; fails when there is none.
static mb_status find_row(const sending *send, const mb_block *positions, int64_t position,
                          int64_t i, int64_t index, int64_t *row)
{
    int64_t n = send->layout->n_global, number = send->first_position + index + 1;
    if (!is_there(positions, i))
        return mb_fail(send->cx, MB_EINVALID, "put: positions[%lld] is missing", (long long)number);
    *row = position > 0 ? position - 1 : n + position;
    if (position != 0 && *row >= 0 && *row < n) return MB_OK;
    return mb_fail(send->cx, MB_EINVALID,
                   "put: positions[%lld] is %lld, and the column has %lld rows (rows count from 1, "
                   "or from -1 at the end)",
                   (long long)number, (long long)position, (long long)n);
}

// Counts an update for the rank that holds a row, or puts it down.
static void send_update(sending *send, int64_t row, mb_value value, bool there)
{
    int owner = mb_layout_owner(send->layout, row);
    if (send->out) {
        update made = {row - send->layout->start[owner], value};
        if (!there) made.row = ~made.row;
        memcpy(send->out + send->sent.offsets[owner] + send->sent.counts[owner], &made,
               (size_t)send->size);
    }
    send->sent.counts[owner] += send->size;
}

static mb_status send_block(void *state, const mb_block *blocks, int64_t first, int64_t n)
{
    sending *send = state;
    int64_t row = 0;
    mb_value none = {0};
    const mb_kernels *kernels = mb_kernels_of(send->cx->isa);
    const mb_value *positions = mb_block_widen(kernels, &blocks[0], n, send->wide[0]);
    const mb_value *values = NULL;
    if (send->with_values) values = mb_block_widen(kernels, &blocks[1], n, send->wide[1]);
    for (int64_t i = 0; i < n; i++) {
        mb_status status = find_row(send, &blocks[0], positions[i].i, i, first + i, &row);
        if (status) return status;
        send_update(send, row, values ? values[i] : none, !values || is_there(&blocks[1], i));
    }
    return MB_OK;
}

static mb_status open_sending(mb_context *cx, const mb_column *column, const mb_column *positions,
                              bool with_values, mb_buffer *buffers[2])
{
    size_t nranks = (size_t)mb_nranks(cx);
    mb_status status = mb_buffer_new_zeroed(cx, 1, sizeof(sending), &buffers[0]);
    if (!status) status = mb_buffer_new_zeroed(cx, 4 * mb_nranks(cx), sizeof(int64_t), &buffers[1]);
    if (status) return status;
    sending *send = buffers[0]->data;
    int64_t *words = buffers[1]->data;
    send->cx = cx;
    send->layout = column->layout;
    send->with_values = with_values;
    send->size = with_values ? sizeof(update) : sizeof(int64_t);
    send->sent = (mb_pieces){words, words + nranks};
    send->received = (mb_pieces){words + 2 * nranks, words + 3 * nranks};
    send->first_position = positions->layout->start[mb_rank(cx)];
    return MB_OK;
}

// Where the updates for each rank begin, and how many bytes they are together.
static int64_t lay_out(const mb_pieces *pieces, int nranks)
{
    int64_t offset = 0;
    for (int r = 0; r < nranks; r++) {
        pieces->offsets[r] = offset;
        offset += pieces->counts[r];
    }
    return offset;
}

// Sends all updates to the ranks that hold their rows: `received` is theirs.
static mb_status send_updates(mb_context *cx, sending *send, mb_column *const *columns,
                              mb_buffer **received)
{
    int nranks = mb_nranks(cx), ncolumns = send->with_values ? 2 : 1;
    mb_buffer *out = NULL;
    mb_status status;
    MB_TRY(mb_step(cx, mb_evaluate(cx, columns, ncolumns, send_block, send), NULL));
    mb_exchange_counts(cx, send->sent, send->received);
    status = mb_buffer_new(cx, (size_t)lay_out(&send->sent, nranks), &out);
    if (!status) status = mb_buffer_new(cx, (size_t)lay_out(&send->received, nranks), received);
    if (!status) {
        send->out = out->data;
        memset(send->sent.counts, 0, (size_t)nranks * sizeof(int64_t));
        status = mb_evaluate(cx, columns, ncolumns, send_block, send);
    }
    MB_TRY(mb_step(cx, status, NULL));
    mb_exchange(cx, out->data, send->sent, (*received)->data, send->received);
done:
    mb_buffer_release(out);
    return status;
}

// Makes the changes that came, of ranks in order, each of which sent them in order.
static void apply_updates(const sending *send, const char *received, const mb_value *scalar,
                          const change *change)
{
    int last = send->layout->nranks - 1;
    int64_t bytes = send->received.offsets[last] + send->received.counts[last];
    for (int64_t at = 0; at < bytes; at += send->size) {
        update made = {0, scalar ? *scalar : (mb_value){0}};
        memcpy(&made, received + at, (size_t)send->size);
        bool there = made.row >= 0 && (send->with_values || scalar);
        change_row(change, made.row < 0 ? ~made.row : made.row, made.value, there);
    }
}

mb_status mb_put_rows(mb_context *cx, mb_column *column, mb_column *positions, mb_column *values,
                      const mb_value *scalar, mb_column **result)
{
    mb_buffer *buffers[2] = {NULL, NULL}, *received = NULL;
    mb_column *columns[2] = {positions, NULL};
    change change = {0};
    bool may_miss;
    mb_status status;
    MB_TRY(mb_materialise(cx, column));
    MB_TRY(mb_materialise(cx, positions));
    if (values) MB_TRY(mb_materialise(cx, values));
    if (values) MB_TRY(mb_realign(cx, values, positions->layout, &columns[1]));
    may_miss = column->missing || (values ? values->missing != 0 : !scalar);
    status = mb_memory_need(cx, mb_column_rows(column) * column->width +
                                    2 * (values ? (int64_t)sizeof(update) : 8) *
                                        mb_column_rows(positions));
    if (!status) status = open_sending(cx, column, positions, values != NULL, buffers);
    if (!status) status = open_change(cx, column, (mb_news){scalar, values}, may_miss, &change);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(send_updates(cx, buffers[0]->data, columns, &received));
    apply_updates(buffers[0]->data, received->data, scalar, &change);
    status = end_change(&change, MB_OK, result);
done:
    mb_column_release(change.made);
    mb_column_release(columns[1]);
    mb_buffer_release(buffers[0]);
    mb_buffer_release(buffers[1]);
    mb_buffer_release(received);
    return status;
}
