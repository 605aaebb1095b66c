#include "order/order_words.h"

#include "expr/evaluate.h"

typedef struct streaming {
    mb_type type;
    const mb_kernels *kernels;
    const mb_word_kernels *words;
    mb_take_words *take;
    mb_take_offsets *take_offsets;
    void *state;
} streaming;

static const uint64_t *words_of(const streaming *streaming, const mb_block *block, int64_t n,
                                uint64_t *words)
{
    uint64_t scratch[MB_WORD_ROWS];
    const void *wide = mb_block_widen(streaming->kernels, block, n, scratch);
    if (streaming->type == MB_FLOAT)
        streaming->words->of_floats(wide, n, words);
    else
        streaming->words->of_integers(wide, n, mb_order_bits(streaming->type, 0), words);
    return words;
}

static mb_status take_block(void *state, const mb_block *block, int64_t first, int64_t n)
{
    const streaming *streaming = state;
    uint64_t words[MB_WORD_ROWS];
    uint8_t there[MB_WORD_ROWS];
    int width = mb_form_width(block->form);
    mb_status status = MB_OK;
    if (streaming->take_offsets && block->form == MB_U32 && !block->validity)
        return streaming->take_offsets(streaming->state, block->values,
                                       mb_order_bits(streaming->type, block->base), first, n);
    for (int64_t at = 0; at < n && !status; at += MB_WORD_ROWS) {
        int64_t count = n - at < MB_WORD_ROWS ? n - at : MB_WORD_ROWS;
        mb_block piece = *block;
        piece.values = (const char *)block->values + at * width;
        if (block->validity) mb_validity_bytes(block->validity + at / 64, count, there);
        status = streaming->take(streaming->state, words_of(streaming, &piece, count, words),
                                 block->validity ? there : NULL, first + at, count);
    }
    return status;
}

mb_status mb_words_each(mb_context *cx, mb_column *column, mb_take_words *take,
                        mb_take_offsets *take_offsets, void *state)
{
    streaming streaming = {.type = column->type,
                           .kernels = mb_kernels_of(cx->isa),
                           .words = mb_word_kernels_of(cx->isa),
                           .take = take,
                           .take_offsets = take_offsets,
                           .state = state};
    return mb_evaluate(cx, &column, 1, take_block, &streaming);
}

double mb_word_float(mb_type type, uint64_t word)
{
    if (type == MB_FLOAT) return mb_unorder_float(word);
    uint64_t bits = mb_order_bits(type, word);
    return type == MB_INT ? (double)(int64_t)bits : (double)bits;
}

MB_ISA_CHOICE(mb_word_kernels, mb_word_kernels, mb_word_kernels_of);
