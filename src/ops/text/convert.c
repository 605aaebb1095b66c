#include "ops/text/convert.h"

#include <stdio.h>
#include <string.h>

#include "comm/lockstep.h"
#include "core/hash.h"
#include "expr/evaluate.h"
#include "expr/expression.h"
#include "ops/text/entries.h"
#include "ops/text/refuse.h"
#include "text/encode.h"

typedef struct reading {
    const mb_type *type;
    mb_text_unread unread;
    mb_value otherwise;
} reading;

// Longer texts, and those with zero bytes, are no values.
enum { LONGEST = 4300 }; // digits of Python's integers

static bool read_string(const mb_type *type, mb_string string, mb_value *value)
{
    char text[LONGEST + 1];
    string = mb_string_strip(string);
    if (string.length >= sizeof text || memchr(string.bytes, '\0', string.length)) return false;
    memcpy(text, string.bytes, string.length);
    text[string.length] = '\0';
    return type->parse(type, text, value);
}

static mb_status parse(mb_context *cx, const void *argument, mb_string string, mb_value *value,
                       bool *valid)
{
    const reading *how = argument;
    (void)cx;
    if (read_string(how->type, string, value)) return MB_OK;
    *value = how->otherwise;
    *valid = how->unread == MB_UNREAD_VALUE;
    return MB_OK;
}

static mb_status is_unread(mb_context *cx, const void *argument, mb_string string, mb_value *value,
                           bool *valid)
{
    mb_value read;
    const reading *how = argument;
    (void)cx;
    (void)valid;
    value->b = !read_string(how->type, string, &read);
    return MB_OK;
}

// Fails for the first row that is no value of the type. A dictionary may have strings that no row
// has, so rows are looked at where it has one that is none.
static mb_status check_rows(mb_context *cx, mb_column *column, const reading *how)
{
    mb_column *unread = NULL;
    char what[120];
    const mb_dictionary *dictionary = mb_dictionary_of(column->type);
    mb_status status;
    mb_value value;
    int64_t bad = 0;
    while (!dictionary->spread && bad < dictionary->n &&
           read_string(how->type, mb_dictionary_entry(dictionary, bad), &value))
        bad++;
    if (!dictionary->spread && bad == dictionary->n) return MB_OK;
    MB_TRY(mb_text_values(cx, column, &mb_type_bool, is_unread, how, &unread));
    snprintf(what, sizeof what,
             "%s ({errors = \"missing\"} makes such rows missing, {errors = v} gives "
             "them v)",
             how->type->name);
    status = mb_refuse_row(cx, unread, column, what);
done:
    mb_column_release(unread);
    return status;
}

mb_status mb_text_parse(mb_context *cx, mb_column *column, const mb_type *type,
                        mb_text_unread unread, mb_value otherwise, mb_column **result)
{
    const reading how = {type, unread, otherwise};
    if (!type->parse)
        return mb_fail(cx, MB_EINVALID, "texts are not read as values of type %s", type->name);
    mb_status status = unread == MB_UNREAD_FAILS ? check_rows(cx, column, &how) : MB_OK;
    return status ? status : mb_text_values(cx, column, type, parse, &how, result);
}

// --- Texts of values.

// A value that was printed, and the number of its text: values that come again are not printed
// again. One of each hash is kept.
typedef struct printed {
    uint64_t word;
    int64_t number; // and 1, or 0: there is none
} printed;

enum { FEWEST_KEPT = 10, MOST_KEPT = 14 }; // as powers of 2

typedef struct printing {
    const mb_type *type;
    mb_isa isa;
    mb_text_encoder *encoder;
    mb_buffer *kept;
    int shift; // of the hash to its entry of `kept`
} printing;

static mb_status open_kept(mb_context *cx, int64_t rows, printing *to)
{
    int bits = FEWEST_KEPT;
    while (bits < MOST_KEPT && INT64_C(1) << bits < rows)
        bits++;
    to->shift = 64 - bits;
    return mb_buffer_new_zeroed(cx, INT64_C(1) << bits, sizeof(printed), &to->kept);
}

static mb_status print_value(const printing *to, uint64_t word)
{
    printed *kept = (printed *)to->kept->data + (mb_mix(word) >> to->shift);
    char text[MB_TEXT_SIZE];
    if (kept->number && kept->word == word) {
        mb_text_encoder_again(to->encoder, kept->number - 1);
        return MB_OK;
    }
    to->type->format(to->type, (mb_value){.bits = word}, text, sizeof text);
    mb_status status = mb_text_encoder_append(to->encoder, (mb_string){text, strlen(text)});
    if (!status) *kept = (printed){word, mb_text_encoder_number(to->encoder) + 1};
    return status;
}

static mb_status print_block(void *state, const mb_block *block, int64_t first, int64_t n)
{
    const printing *to = state;
    uint64_t wide[MB_BLOCK_ROWS];
    bool bytes = mb_kind_width(to->type->kind) < 8;
    const uint64_t *words = bytes ? NULL : mb_block_widen(mb_kernels_of(to->isa), block, n, wide);
    mb_status status = MB_OK;
    (void)first;
    for (int64_t i = 0; i < n && !status; i++) {
        if (!mb_block_valid(block, i))
            status = mb_text_encoder_append(to->encoder, (mb_string){NULL, 0});
        else
            status = print_value(to, bytes ? ((const uint8_t *)block->values)[i] : words[i]);
    }
    return status;
}

mb_status mb_text_print(mb_context *cx, mb_column *column, mb_text_storage storage,
                        mb_column **result)
{
    printing to = {.type = column->type, .isa = cx->isa};
    mb_status status = mb_text_encoder_open(cx, mb_column_rows(column), storage, &to.encoder);
    if (!status) status = open_kept(cx, mb_column_rows(column), &to);
    status = mb_step(cx, status, NULL);
    if (!status) {
        status = mb_evaluate(cx, &column, 1, print_block, &to);
        status = mb_text_encoder_finish(cx, status, to.encoder, column->layout, 0, result);
    }
    mb_text_encoder_close(to.encoder);
    mb_buffer_release(to.kept);
    return status;
}
