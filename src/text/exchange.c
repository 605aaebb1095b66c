#include "text/exchange.h"

#include "comm/comm.h"
#include "comm/lockstep.h"

mb_status mb_string_exchange_open(mb_context *cx, int64_t n, mb_string_exchange *exchange)
{
    exchange->cx = cx;
    exchange->n = n;
    exchange->received.width = sizeof(int64_t);
    mb_status status = mb_shuffle_open(cx, n, &exchange->shuffle);
    if (!status) status = mb_shuffle_open(cx, 0, &exchange->byte_shuffle);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(mb_string), &exchange->ordered);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(int64_t), &exchange->lengths);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(int64_t), &exchange->received.rows);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(uint64_t), &exchange->replies);
    return status;
}

void mb_string_exchange_close(mb_string_exchange *exchange)
{
    mb_buffer *buffers[] = {
        exchange->came,  exchange->answers, exchange->ordered,       exchange->lengths,
        exchange->bytes, exchange->replies, exchange->received.rows, exchange->received_bytes,
    };
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        mb_buffer_release(buffers[i]);
    mb_shuffle_close(&exchange->shuffle);
    mb_shuffle_close(&exchange->byte_shuffle);
    *exchange = (mb_string_exchange){0};
}

// This rank's strings by their owners, one after another.
static mb_status pack(mb_string_exchange *exchange, const mb_string *strings)
{
    mb_context *cx = exchange->cx;
    int64_t *by_row = exchange->received.rows->data, n = exchange->n;
    for (int64_t i = 0; i < n; i++)
        by_row[i] = (int64_t)strings[i].length;
    mb_shuffle_arrange(&exchange->shuffle, strings, sizeof *strings, exchange->ordered->data);
    mb_status status = mb_buffer_new(cx, (size_t)mb_string_bytes(strings, n), &exchange->bytes);
    if (status) return status;
    mb_string_pack(exchange->ordered->data, n, exchange->lengths->data, exchange->bytes->data);
    return MB_OK;
}

mb_status mb_string_exchange_send(mb_string_exchange *exchange, const mb_string *strings)
{
    mb_context *cx = exchange->cx;
    mb_shuffle *shuffle = &exchange->shuffle;
    mb_shuffle_route(shuffle);
    mb_status status = pack(exchange, strings);
    status = mb_shuffle_deliver(shuffle, status, &exchange->received, 1);
    if (status) return status;
    int64_t n = shuffle->n_received;
    const int64_t *lengths = exchange->received.rows->data;
    mb_shuffle_lengths(shuffle, exchange->lengths->data, lengths, &exchange->byte_shuffle);
    status =
        mb_buffer_new(cx, (size_t)exchange->byte_shuffle.n_received, &exchange->received_bytes);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(mb_string), &exchange->came);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(uint64_t), &exchange->answers);
    status = mb_step(cx, status, NULL);
    if (status) return status;
    mb_shuffle_send(&exchange->byte_shuffle, exchange->bytes->data, 1,
                    exchange->received_bytes->data);
    mb_string_unpack(lengths, exchange->received_bytes->data, n, exchange->came->data);
    return MB_OK;
}

void mb_string_exchange_reply(mb_string_exchange *exchange, uint64_t *numbers)
{
    mb_shuffle_reply(&exchange->shuffle, exchange->answers->data, sizeof *numbers,
                     exchange->replies->data);
    mb_shuffle_restore(&exchange->shuffle, exchange->replies->data, sizeof *numbers, numbers);
}
