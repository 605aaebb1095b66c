// Changing the rows that positions say: what they become is sent to the ranks that hold them,
// grouped by parts of these rows that stay in the caches.

#include <string.h>

#include "comm/comm.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"
#include "expr/evaluate.h"
#include "ops/move/put.h"
#include "ops/move/put_internal.h"
#include "ops/move/routing.h"

enum { BLOCK = MB_POSITION_ROWS };

// What is sent for each position: its row, the value as it is stored, its validity.
enum { ROWS, VALUES, VALIDITY, PLANES };

typedef struct putting {
    mb_context *cx;
    mb_change change;
    mb_positions positions;
    mb_routing routing;
    const mb_column *values; // laid out as the positions; or NULL
    mb_buffer *stored;       // them as the change stores values, where they are not so already
    const mb_value *scalar;  // when there are no values; NULL: rows become missing
    mb_shuffle_plane planes[PLANES];
    mb_shuffle shuffle;
} putting;

static mb_status refuse_missing(const putting *put)
{
    const mb_column *positions = put->positions.column;
    int64_t rows = mb_column_rows(positions), row = positions->layout->start[mb_rank(put->cx)];
    for (int64_t i = 0; positions->facts.missing && i < rows; i++) {
        row++;
        if (!mb_column_valid(positions, i))
            return mb_fail(put->cx, MB_EINVALID, "put: the position at row %lld is missing",
                           (long long)row);
    }
    return MB_OK;
}

static mb_status open_putting(putting *put, const mb_column *column, const mb_column *positions)
{
    mb_context *cx = put->cx;
    bool may_miss =
        column->facts.missing || (put->values ? put->values->facts.missing != 0 : !put->scalar);
    put->positions.column = positions;
    mb_status status = refuse_missing(put);
    if (!status)
        status = mb_positions_open(cx, "put", positions, column->layout->n_global, &put->positions);
    if (!status)
        status = mb_change_open(cx, column, (mb_new_values){put->scalar, put->values}, may_miss,
                                &put->change);
    if (!status)
        status = mb_routing_open(cx, column->layout, &put->positions, put->change.storage.width,
                                 mb_column_rows(positions), &put->routing);
    if (!status) status = mb_shuffle_open(cx, 0, &put->shuffle);
    if (status) return status;
    put->planes[ROWS].width = put->routing.wide ? 8 : 4;
    if (put->values) put->planes[VALUES].width = (size_t)put->change.storage.width;
    if (put->values && put->values->facts.missing) put->planes[VALIDITY].width = 1;
    return MB_OK;
}

// The values as the change stores them.
static mb_status store_values(putting *put)
{
    const mb_column *values = put->values;
    mb_storage storage = put->change.storage;
    if (!values || (values->values.width == storage.width && values->values.base == storage.base))
        return MB_OK;
    mb_status status =
        mb_buffer_new_array(put->cx, mb_column_rows(values), (size_t)storage.width, &put->stored);
    if (!status) mb_widen_copy(values, storage, put->stored->data);
    return status;
}

static mb_status make_room(putting *put, int64_t n)
{
    int64_t width = 0;
    for (int p = 0; p < PLANES; p++)
        width += (int64_t)put->planes[p].width;
    mb_status status = mb_memory_need(put->cx, width * n);
    for (int p = 0; p < PLANES && !status; p++)
        if (put->planes[p].width)
            status = mb_buffer_new_array(put->cx, n, put->planes[p].width, &put->planes[p].rows);
    return status;
}

#define SCATTER(width)                                                                             \
    for (int64_t i = 0; i < n; i++)                                                                \
    memcpy(to + slots[i] * (width), from + i * step * (width), width)

// to[slots[i]] = from[i * step], of `width` bytes: with step 0 the first one for all.
static void scatter(const char *from, int64_t step, int64_t width, const int64_t *slots, int64_t n,
                    char *to)
{
    switch (width) {
    case 1: SCATTER(1); return;
    case 2: SCATTER(2); return;
    case 4: SCATTER(4); return;
    default: SCATTER(8);
    }
}

// Arranges what is sent in the order of the routing.
static void arrange(putting *put)
{
    int64_t slots[BLOCK], n = mb_column_rows(put->positions.column), width;
    uint8_t bytes[BLOCK];
    const mb_column *values = put->values;
    mb_routing_scatter(&put->routing, 0, n, put->planes[ROWS].rows->data);
    if (!values) return;
    width = (int64_t)put->planes[VALUES].width;
    const char *stored = put->stored ? put->stored->data : values->values.data;
    mb_routing_rewind(&put->routing);
    for (int64_t at = 0; at < n; at += BLOCK) {
        int64_t count = n - at < BLOCK ? n - at : BLOCK;
        mb_routing_slots(&put->routing, at, count, slots);
        scatter(stored + at * width, 1, width, slots, count, put->planes[VALUES].rows->data);
        if (!values->facts.missing) continue;
        mb_validity_bytes((const uint64_t *)values->validity.data + at / 64, count, bytes);
        scatter((const char *)bytes, 1, 1, slots, count, put->planes[VALIDITY].rows->data);
    }
}

// Sends all to the ranks that hold the rows.
static mb_status send(putting *put)
{
    mb_partition sent = put->shuffle.sent;
    int64_t n = mb_column_rows(put->positions.column);
    mb_routing_count(&put->routing, 0, n);
    for (int r = 0; r < mb_nranks(put->cx); r++)
        sent.counts[r] =
            mb_routing_start(&put->routing, r + 1) - mb_routing_start(&put->routing, r);
    mb_shuffle_route(&put->shuffle);
    mb_status status = make_room(put, n);
    if (!status) arrange(put);
    return mb_shuffle_deliver(&put->shuffle, status, put->planes, PLANES);
}

// Sets the validity bits of n rows; `bytes` has one for each, or where `step` is 0 one for all.
static void change_validity(uint64_t *valid, const int64_t *rows, int64_t n, const uint8_t *bytes,
                            int64_t step)
{
    for (int64_t i = 0; i < n; i++) {
        uint64_t bit = UINT64_C(1) << (rows[i] % 64);
        if (bytes[i * step])
            valid[rows[i] / 64] |= bit;
        else
            valid[rows[i] / 64] &= ~bit;
    }
}

// Applies the received changes, rank by rank, each of which has sent those of a row in order.
static void apply(const putting *put)
{
    const mb_change *change = &put->change;
    int64_t n = put->shuffle.n_received, rows[BLOCK];
    const int64_t width = change->storage.width, step = put->values ? 1 : 0;
    const void *numbers = put->planes[ROWS].rows->data;
    const uint8_t all_valid = put->values || put->scalar;
    uint64_t word = 0;
    if (put->scalar) word = mb_widen_word(change->made->type->kind, change->storage, *put->scalar);
    const char *values = put->values ? put->planes[VALUES].rows->data : (const char *)&word;
    const uint8_t *bytes = put->planes[VALIDITY].rows ? put->planes[VALIDITY].rows->data : NULL;
    for (int64_t at = 0; at < n; at += BLOCK) {
        int64_t count = n - at < BLOCK ? n - at : BLOCK;
        for (int64_t i = 0; i < count; i++)
            rows[i] = put->routing.wide ? ((const int64_t *)numbers)[at + i]
                                        : ((const uint32_t *)numbers)[at + i];
        if (all_valid) scatter(values + step * at * width, step, width, rows, count, change->rows);
        if (!change->valid) continue;
        change_validity(change->valid, rows, count, bytes ? bytes + at : &all_valid, bytes ? 1 : 0);
    }
}

static void close_putting(putting *put)
{
    for (int p = 0; p < PLANES; p++)
        mb_buffer_release(put->planes[p].rows);
    mb_shuffle_close(&put->shuffle);
    mb_column_release(put->change.made);
    mb_routing_close(&put->routing);
    mb_buffer_release(put->stored);
}

mb_status mb_put_rows(mb_context *cx, mb_column *column, mb_column *positions, mb_column *values,
                      const mb_value *scalar, mb_column **result)
{
    putting put = {.cx = cx, .scalar = scalar};
    mb_column *moved = NULL;
    mb_status status;
    MB_TRY(mb_materialise(cx, column));
    MB_TRY(mb_materialise(cx, positions));
    if (values) MB_TRY(mb_settle(cx, values, positions->layout, &moved));
    put.values = moved;
    status = open_putting(&put, column, positions);
    if (!status) status = store_values(&put);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(send(&put));
    apply(&put);
    status = mb_change_end(&put.change, MB_OK, result);
done:
    close_putting(&put);
    mb_column_release(moved);
    return status;
}
