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

// A dictionary of addresses is replicated, which there may be no room for.
static mb_status tell_limit(mb_context *cx, mb_status status)
{
    if (status != MB_EINVALID) return status;
    return mb_fail(cx, status,
                   "a column with addresses of version 6 has at most %d different addresses",
                   (int)MB_DICTIONARY_ENTRIES);
}

// --- Strings.

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

static mb_status encode_numbers(mb_context *cx, mb_column *column, int index, mb_column **strings)
{
    encoding to = {.isa = cx->isa};
    mb_status status =
        mb_text_encoder_open(cx, mb_column_rows(column), MB_TEXT_REPLICATED, &to.encoder);
    status = mb_step(cx, status, NULL);
    if (!status) {
        status = mb_evaluate(cx, &column, 1, encode_block, &to);
        status = mb_text_encoder_finish(cx, status, to.encoder, column->layout, index, strings);
    }
    mb_text_encoder_close(to.encoder);
    return tell_limit(cx, status);
}

mb_status mb_ip_to_strings(mb_context *cx, mb_column *column, int index, mb_column **strings)
{
    mb_dictionary *dictionary = mb_ip_dictionary(column->type);
    if (!dictionary) return encode_numbers(cx, column, index, strings);
    return mb_expression_cast(cx, column, &dictionary->type, false, NULL, strings);
}

// --- Addresses.

// The type of the addresses of a dictionary, which one of the columns may have already.
static mb_status type_of(mb_context *cx, mb_dictionary *dictionary, mb_column *const *columns,
                         int64_t n, const mb_type **type)
{
    for (int64_t i = 0; i < n; i++)
        if (mb_ip_dictionary(columns[i]->type) == dictionary) {
            *type = columns[i]->type;
            mb_type_retain(*type);
            return MB_OK;
        }
    return mb_ip_type_of(cx, dictionary, type);
}

// Gives n columns of strings, of one type, that of addresses; `like` are columns of these.
static mb_status view(mb_context *cx, mb_column *const *strings, mb_column *const *like, int64_t n,
                      mb_column **columns)
{
    const mb_type *type = NULL;
    mb_dictionary *dictionary = mb_dictionary_of(strings[0]->type);
    mb_status status = type_of(cx, dictionary, like, like ? n : 0, &type);
    if (status) return mb_step(cx, status, NULL);
    for (int64_t i = 0; i < n && !status; i++) {
        if (like && like[i]->type == type)
            columns[i] = mb_column_retain(like[i]);
        else
            status = mb_expression_cast(cx, strings[i], type, false, NULL, &columns[i]);
    }
    mb_type_release(type);
    return mb_step(cx, status, NULL);
}

mb_status mb_ip_from_strings(mb_context *cx, mb_column *strings, mb_column **column)
{
    mb_column *replicated = NULL;
    mb_status status = mb_text_store(cx, strings, MB_TEXT_REPLICATED, &replicated);
    status = tell_limit(cx, status);
    if (!status) status = view(cx, &replicated, NULL, 1, column);
    mb_column_release(replicated);
    return status;
}

mb_status mb_ip_unite(mb_context *cx, mb_column *const *columns, int64_t n, mb_column **united)
{
    mb_buffer *memory = NULL;
    mb_column **strings = NULL;
    mb_status status = mb_buffer_new_zeroed(cx, 2 * n, sizeof(mb_column *), &memory);
    MB_TRY(mb_step(cx, status, NULL));
    strings = memory->data;
    for (int64_t i = 0; i < n; i++)
        MB_TRY(mb_ip_to_strings(cx, columns[i], (int)i, &strings[i]));
    status = mb_text_unite(cx, strings, n, MB_TEXT_REPLICATED, strings + n);
    MB_TRY(tell_limit(cx, status));
    status = view(cx, strings + n, columns, n, united);
done:
    for (int64_t i = 0; strings && i < 2 * n; i++)
        mb_column_release(strings[i]);
    mb_buffer_release(memory);
    return status;
}
