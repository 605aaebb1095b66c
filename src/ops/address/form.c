#include "ops/address/form.h"

#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "expr/expression.h"
#include "ops/text/unite.h"
#include "text/encode.h"

mb_status mb_ip_from_uint(mb_context *cx, mb_column *numbers, mb_column **column)
{
    return mb_expression_cast(cx, numbers, &mb_type_ip, false, NULL, column);
}

mb_status mb_ip_to_uint(mb_context *cx, mb_column *column, mb_column **numbers)
{
    return mb_expression_cast(cx, column, &mb_type_uint, false, NULL, numbers);
}

typedef struct encoding {
    mb_isa isa;
    mb_text_encoder *encoder;
} encoding;

static mb_status encode_block(void *state, const mb_block *block, int64_t first, int64_t n)
{
    const encoding *to = state;
    uint64_t wide[MB_BLOCK_ROWS];
    const uint64_t *words = mb_block_widen(mb_kernels_of(to->isa), block, n, wide);
    mb_status status = MB_OK;
    (void)first;
    for (int64_t i = 0; i < n && !status; i++) {
        bool valid = mb_block_valid(block, i);
        mb_address address = mb_address_of_number((uint32_t)words[i]);
        status = mb_text_encoder_append(to->encoder,
                                        valid ? mb_address_string(&address) : (mb_string){NULL, 0});
    }
    return status;
}

// The same addresses by a dictionary; `index` tells the column from others of the body.
static mb_status encode(mb_context *cx, mb_column *column, int index, mb_column **encoded)
{
    encoding to = {.isa = cx->isa};
    mb_status status =
        mb_text_encoder_open(cx, mb_column_rows(column), MB_TEXT_CHOOSE, &to.encoder);
    if (!status) mb_text_encoder_as(to.encoder, &mb_type_ip);
    status = mb_step(cx, status, NULL);
    if (!status) {
        status = mb_evaluate(cx, &column, 1, encode_block, &to);
        status = mb_text_encoder_finish(cx, status, to.encoder, column->layout, index, encoded);
    }
    mb_text_encoder_close(to.encoder);
    return status;
}

mb_status mb_ip_unite(mb_context *cx, mb_column *const *columns, int64_t n, mb_column **united)
{
    mb_buffer *memory = NULL;
    mb_column **encoded = NULL;
    mb_status status = mb_buffer_new_zeroed(cx, n, sizeof(mb_column *), &memory);
    MB_TRY(mb_step(cx, status, NULL));
    encoded = memory->data;
    for (int64_t i = 0; i < n; i++) {
        if (mb_dictionary_of(columns[i]->type))
            encoded[i] = mb_column_retain(columns[i]);
        else
            MB_TRY(encode(cx, columns[i], (int)i, &encoded[i]));
    }
    status = mb_text_unite(cx, encoded, n, MB_TEXT_CHOOSE, united);
done:
    for (int64_t i = 0; encoded && i < n; i++)
        mb_column_release(encoded[i]);
    mb_buffer_release(memory);
    return status;
}
