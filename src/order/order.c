#include "order/order.h"

MB_ISA_CHOICE(mb_order_kernels, mb_order_kernels, mb_order_kernels_of);

void mb_order_block(mb_isa isa, mb_kind kind, const mb_block *block, int64_t n, uint64_t *orders)
{
    const mb_coding coding = {.delta = block->base + mb_order_bits(kind, 0), .nan = MB_ORDER_NAN};
    mb_order_kernels_of(isa)->code[block->form](block->values, n, coding, orders);
}

typedef struct streaming {
    mb_isa isa;
    mb_kind kind;
    mb_take_orders *take;
    mb_take_offsets *take_offsets;
    void *state;
} streaming;

static mb_status take_block(void *state, const mb_block *block, int64_t first, int64_t n)
{
    const streaming *streaming = state;
    uint64_t orders[MB_ORDER_ROWS];
    uint8_t valid[MB_ORDER_ROWS];
    mb_status status = MB_OK;
    if (streaming->take_offsets && block->form == MB_U32 && !block->validity)
        return streaming->take_offsets(streaming->state, block->values,
                                       mb_order_bits(streaming->kind, block->base), first, n);
    for (int64_t at = 0; at < n && !status; at += MB_ORDER_ROWS) {
        int64_t count = n - at < MB_ORDER_ROWS ? n - at : MB_ORDER_ROWS;
        mb_block part = *block;
        part.values = (const char *)block->values + at * mb_form_width(block->form);
        mb_order_block(streaming->isa, streaming->kind, &part, count, orders);
        if (block->validity) mb_validity_bytes(block->validity + at / 64, count, valid);
        status = streaming->take(streaming->state, orders, block->validity ? valid : NULL,
                                 first + at, count);
    }
    return status;
}

mb_status mb_order_each(mb_context *cx, mb_column *column, mb_take_orders *take,
                        mb_take_offsets *take_offsets, void *state)
{
    streaming streaming = {.isa = cx->isa,
                           .kind = column->type->kind,
                           .take = take,
                           .take_offsets = take_offsets,
                           .state = state};
    return mb_evaluate(cx, &column, 1, take_block, &streaming);
}
