#include "ops/address/convert.h"

#include <stdio.h>
#include <string.h>

#include "column/builder.h"
#include "comm/collectives.h"
#include "comm/lockstep.h"
#include "core/hash.h"
#include "expr/expression.h"
#include "ops/reduce/reduce.h"
#include "ops/text/entries.h"
#include "ops/text/refuse.h"
#include "ops/text/stream.h"
#include "text/encode.h"

// --- Of text.

enum { VERSION_4, VERSION_6, NO_ADDRESS }; // what a string is

static mb_status tell_kind(mb_context *cx, const void *argument, mb_string string, mb_value *value,
                           bool *valid)
{
    mb_address address;
    (void)cx, (void)argument, (void)valid;
    if (!mb_address_parse(string, &address))
        value->i = NO_ADDRESS;
    else
        value->i = address.version == 4 ? VERSION_4 : VERSION_6;
    return MB_OK;
}

static bool read_address(const mb_ip_unread *unread, mb_string string, mb_address *address)
{
    if (mb_address_parse(string, address)) return true;
    *address = unread->otherwise;
    return unread->what == MB_UNREAD_VALUE;
}

// Strings as numbers; counts those that are not of version 4.
typedef struct reading {
    const mb_ip_unread *unread;
    int64_t *others;
} reading;

static mb_status read_number(mb_context *cx, const void *argument, mb_string string,
                             mb_value *value, bool *valid)
{
    mb_address address;
    const reading *how = argument;
    (void)cx;
    bool read = mb_address_parse(string, &address);
    if (!read || address.version != 4) ++*how->others;
    *valid = read || read_address(how->unread, string, &address);
    value->u = mb_address_number(&address);
    return MB_OK;
}

static mb_status rewrite_address(const void *argument, mb_string string, mb_text_output *output,
                                 bool *valid)
{
    mb_address address;
    *valid = read_address(argument, string, &address);
    return *valid ? mb_text_append(output, mb_address_string(&address)) : MB_OK;
}

// The most that any row is; version 4 where no row is anything.
static mb_status most_of(mb_context *cx, mb_column *kinds, int64_t *most)
{
    mb_scalar found[MB_STATISTICS];
    mb_status status = mb_reduce(cx, kinds, 1 << MB_ANY, (mb_reduce_options){.ddof = 0}, found);
    *most = VERSION_4;
    if (status || !found[MB_ANY].value.b) return status;
    status = mb_reduce(cx, kinds, 1 << MB_MAX, (mb_reduce_options){.ddof = 0}, found);
    *most = found[MB_MAX].value.i;
    return status;
}

// Whether a row is of version 6; fails for those that are nothing, where they are to.
static mb_status check_text(mb_context *cx, mb_column *text, const mb_ip_unread *unread, bool *wide)
{
    mb_column *kinds = NULL, *which = NULL;
    int64_t most;
    const bool fails = unread->what == MB_UNREAD_FAILS;
    const mb_value kind = {.i = fails ? NO_ADDRESS : VERSION_6};
    mb_scalar found[MB_STATISTICS];
    mb_status status;
    MB_TRY(mb_text_values(cx, text, &mb_type_int, tell_kind, NULL, &kinds));
    MB_TRY(most_of(cx, kinds, &most));
    *wide = most == VERSION_6;
    if (most < NO_ADDRESS) goto done;
    status = mb_expression_apply_scalar(cx, MB_EQ, kinds, &mb_type_int, kind, &which);
    MB_TRY(mb_step(cx, status, NULL));
    if (fails) {
        MB_TRY(mb_refuse_row(cx, which, text,
                             "ip address ({errors = \"missing\"} makes such rows missing, {errors "
                             "= v} gives them v)"));
    } else {
        MB_TRY(mb_reduce(cx, which, 1 << MB_ANY, (mb_reduce_options){.ddof = 0}, found));
        *wide = found[MB_ANY].value.b ||
                (unread->what == MB_UNREAD_VALUE && unread->otherwise.version == 6);
    }
done:
    mb_column_release(kinds);
    mb_column_release(which);
    return status;
}

mb_status mb_ip_of_text(mb_context *cx, mb_column *text, mb_ip_unread unread, mb_column **result)
{
    bool wide = false;
    int64_t here = 0, others = 0;
    mb_column *numbers = NULL;
    const reading how = {&unread, &here};
    mb_status status;
    MB_TRY(mb_text_values(cx, text, &mb_type_ip, read_number, &how, &numbers));
    MB_TRY(mb_step(cx, MB_OK, NULL));
    mb_sum_all(cx, &here, 1, &others);
    // Strings that are none may be those of no row.
    if (others) MB_TRY(check_text(cx, text, &unread, &wide));
    if (!wide) {
        *result = mb_column_retain(numbers);
        goto done;
    }
    status = mb_text_entries(cx, text, &mb_type_ip, rewrite_address, &unread, result);
done:
    mb_column_release(numbers);
    return status;
}

// --- Of numbers.

// Which rows are below 0 or above 32 bits.
static mb_status find_beyond(mb_context *cx, mb_column *numbers, mb_column **beyond)
{
    const mb_value least = {.i = 0}, most = {.i = UINT32_MAX};
    mb_column *sides[2] = {NULL};
    mb_status status;
    MB_TRY(mb_expression_apply_scalar(cx, MB_LT, numbers, &mb_type_int, least, &sides[0]));
    MB_TRY(mb_expression_apply_scalar(cx, MB_GT, numbers, &mb_type_int, most, &sides[1]));
    status = mb_expression_apply(cx, MB_OR, sides, NULL, beyond);
done:
    mb_column_release(sides[0]);
    mb_column_release(sides[1]);
    return status;
}

static bool known_within(const mb_column *numbers)
{
    mb_range range;
    return !mb_column_pending(numbers) && mb_column_range(numbers, &range) &&
           (numbers->type->kind == MB_UINT || (int64_t)range.minimum >= 0) &&
           range.maximum <= UINT32_MAX;
}

// The rows within 32 bits as they are; others are missing, or are the address.
static mb_status replace_beyond(mb_context *cx, mb_column *beyond, mb_column *numbers,
                                const mb_ip_unread *unread, mb_column **within)
{
    const mb_value number = {.u = mb_address_number(&unread->otherwise)};
    mb_column *wrapped = NULL, *scalar = NULL;
    mb_status status;
    MB_TRY(mb_expression_cast(cx, numbers, &mb_type_uint, true, NULL, &wrapped));
    MB_TRY(mb_expression_scalar(cx, numbers, &mb_type_uint,
                                unread->what == MB_UNREAD_VALUE ? &number : NULL, &scalar));
    status =
        mb_expression_apply(cx, MB_WHERE, (mb_column *[]){beyond, scalar, wrapped}, NULL, within);
done:
    mb_column_release(wrapped);
    mb_column_release(scalar);
    return status;
}

mb_status mb_ip_of_numbers(mb_context *cx, mb_column *numbers, mb_ip_unread unread,
                           mb_column **result)
{
    mb_column *beyond = NULL, *within = NULL;
    mb_status status = MB_OK;
    if (unread.what == MB_UNREAD_VALUE && unread.otherwise.version == 6)
        return mb_fail(cx, MB_EINVALID, "numbers become addresses of version 4, not of version 6");
    if (known_within(numbers)) {
        status = mb_expression_cast(cx, numbers, &mb_type_uint, false, NULL, &within);
    } else {
        status = mb_step(cx, find_beyond(cx, numbers, &beyond), NULL);
        if (!status && unread.what == MB_UNREAD_FAILS)
            status =
                mb_refuse_row(cx, beyond, numbers, "ip address of version 4 (0 to 4294967295)");
        MB_TRY(status);
        if (unread.what == MB_UNREAD_FAILS)
            status = mb_expression_cast(cx, numbers, &mb_type_uint, false, NULL, &within);
        else
            status = replace_beyond(cx, beyond, numbers, &unread, &within);
    }
    if (!status) status = mb_ip_from_uint(cx, within, result);
    status = mb_step(cx, status, NULL);
done:
    mb_column_release(beyond);
    mb_column_release(within);
    return status;
}

// --- Numbers of addresses.

typedef struct numbering {
    mb_text_unread unread;
    mb_value otherwise;
} numbering;

static mb_status number_entry(mb_context *cx, const void *argument, mb_string string,
                              mb_value *value, bool *valid)
{
    mb_address address;
    const numbering *how = argument;
    (void)cx;
    if (!mb_address_of_string(string, &address) || address.version != 4) {
        *value = how->otherwise;
        *valid = how->unread == MB_UNREAD_VALUE;
    } else {
        value->u = mb_address_number(&address);
    }
    return MB_OK;
}

static mb_status is_version_6(mb_context *cx, const void *argument, mb_string string,
                              mb_value *value, bool *valid)
{
    (void)cx, (void)argument, (void)valid;
    value->b = string.length > 5;
    return MB_OK;
}

mb_status mb_ip_numbers(mb_context *cx, mb_column *column, const mb_type *type,
                        mb_text_unread unread, mb_value otherwise, mb_column **result)
{
    const numbering how = {unread, otherwise};
    mb_column *wide = NULL;
    mb_status status;
    if (!mb_dictionary_of(column->type))
        return mb_expression_cast(cx, column, type, false, NULL, result);
    if (unread == MB_UNREAD_FAILS) {
        MB_TRY(mb_text_values(cx, column, &mb_type_bool, is_version_6, NULL, &wide));
        MB_TRY(mb_refuse_row(cx, wide, column,
                             "number of 64 bits ({errors = \"missing\"} makes such rows missing)"));
    }
    status = mb_text_values(cx, column, type, number_entry, &how, result);
done:
    mb_column_release(wide);
    return status;
}

static mb_status entry_word(mb_context *cx, const void *argument, mb_string string, mb_value *value,
                            bool *valid)
{
    mb_address address;
    (void)cx, (void)argument, (void)valid;
    (void)mb_address_of_string(string, &address);
    value->u = address.version == 4 ? mb_address_number(&address)
                                    : mb_hash_bytes(0, address.bytes, sizeof address.bytes);
    return MB_OK;
}

mb_status mb_ip_words(mb_context *cx, mb_column *column, mb_column **words)
{
    if (!mb_dictionary_of(column->type)) return mb_ip_to_uint(cx, column, words);
    return mb_text_values(cx, column, &mb_type_uint, entry_word, NULL, words);
}

// --- Text.

static mb_status print_entry(const void *argument, mb_string string, mb_text_output *output,
                             bool *valid)
{
    mb_address address;
    char text[MB_ADDRESS_SIZE];
    (void)argument, (void)valid;
    (void)mb_address_of_string(string, &address);
    size_t length = (size_t)mb_address_format(&address, text);
    return mb_text_append(output, (mb_string){text, length});
}

mb_status mb_ip_print(mb_context *cx, mb_column *column, mb_text_storage storage,
                      mb_column **result)
{
    if (!mb_dictionary_of(column->type)) return mb_text_print(cx, column, storage, result);
    return mb_text_strings(cx, column, print_entry, NULL, result);
}

// --- Steps.

static mb_status steps_out(mb_context *cx, const void *argument, mb_string string, mb_value *value,
                           bool *valid)
{
    mb_address address;
    (void)cx, (void)valid;
    (void)mb_address_of_string(string, &address);
    value->b = !mb_address_step(&address, *(const int64_t *)argument);
    return MB_OK;
}

static mb_status step_entry(const void *argument, mb_string string, mb_text_output *output,
                            bool *valid)
{
    mb_address address;
    (void)mb_address_of_string(string, &address);
    *valid = mb_address_step(&address, *(const int64_t *)argument);
    return *valid ? mb_text_append(output, mb_address_string(&address)) : MB_OK;
}

static mb_status step_entries(mb_context *cx, mb_column *column, int64_t by, mb_column **result)
{
    char what[80];
    mb_column *out = NULL;
    mb_status status;
    snprintf(what, sizeof what, "ip address with another %lld %s it",
             by < 0 ? -(long long)by : (long long)by, by < 0 ? "before" : "after");
    MB_TRY(mb_text_values(cx, column, &mb_type_bool, steps_out, &by, &out));
    MB_TRY(mb_refuse_row(cx, out, column, what));
    status = mb_text_entries(cx, column, &mb_type_ip, step_entry, &by, result);
done:
    mb_column_release(out);
    return status;
}

// A number for each row.
typedef struct stepping {
    mb_kind kind; // of the numbers
    bool before;
    mb_text_encoder *encoder;
    mb_builder *out; // whether there is no such address
} stepping;

static mb_status step_strings(void *state, mb_string *const *strings, int64_t n)
{
    const stepping *to = state;
    mb_status status = MB_OK;
    for (int64_t i = 0; i < n && !status; i++) {
        mb_address address;
        uint64_t word = 0;
        bool there = strings[0][i].bytes && strings[1][i].bytes;
        if (there) {
            memcpy(&word, strings[1][i].bytes, sizeof word);
            (void)mb_address_of_string(strings[0][i], &address);
        }
        const mb_int128 by = mb_integer(to->kind, word);
        const uint8_t out = there && !mb_address_step(&address, to->before ? -by : by);
        status = mb_builder_append(to->out, &out, NULL, 1);
        if (!status)
            status = mb_text_encoder_append(to->encoder, there ? mb_address_string(&address)
                                                               : (mb_string){NULL, 0});
    }
    return status;
}

static mb_status step_by_rows(mb_context *cx, mb_column *column, mb_operator op, mb_column *by,
                              mb_column **result)
{
    const int64_t rows = mb_column_rows(column);
    stepping to = {.kind = by->type->kind, .before = op == MB_SUB};
    mb_column *out = NULL;
    mb_status status;
    if (by->layout->n_global != column->layout->n_global)
        return mb_fail(cx, MB_EINVALID, "%s: the lengths differ", mb_operator_name(op));
    status = mb_text_encoder_open(cx, rows, MB_TEXT_CHOOSE, &to.encoder);
    if (!status) mb_text_encoder_as(to.encoder, &mb_type_ip);
    if (!status) status = mb_builder_open(cx, &mb_type_bool, rows, NULL, 8, &to.out);
    MB_TRY(mb_step(cx, status, NULL));
    status = mb_text_stream(cx, (mb_column *[]){column, by}, 2, step_strings, &to);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_builder_finish(cx, &to.out, 1, &column->layout, 1, &out));
    MB_TRY(mb_refuse_row(cx, out, column,
                         to.before ? "ip address with so many others before it"
                                   : "ip address with so many others after it"));
    status = mb_text_encoder_finish(cx, MB_OK, to.encoder, column->layout, 0, result);
done:
    mb_text_encoder_close(to.encoder);
    mb_builder_close(to.out);
    mb_column_release(out);
    return status;
}

mb_status mb_ip_step_rows(mb_context *cx, mb_column *column, mb_operator op, mb_column *by,
                          mb_column **result)
{
    const mb_ip_unread fails = {.what = MB_UNREAD_FAILS};
    mb_column *operands[2] = {NULL, NULL}, *sum = NULL;
    mb_status status;
    if (mb_dictionary_of(column->type)) return step_by_rows(cx, column, op, by, result);
    MB_TRY(mb_expression_cast(cx, column, &mb_type_int, false, NULL, &operands[0]));
    MB_TRY(mb_expression_cast(cx, by, &mb_type_int, false, NULL, &operands[1]));
    MB_TRY(mb_expression_apply(cx, op, operands, NULL, &sum));
    status = mb_ip_of_numbers(cx, sum, fails, result);
done:
    mb_column_release(operands[0]);
    mb_column_release(operands[1]);
    mb_column_release(sum);
    return status;
}

mb_status mb_ip_step(mb_context *cx, mb_column *column, int64_t by, mb_column **result)
{
    mb_column *scalar = NULL;
    if (mb_dictionary_of(column->type)) return step_entries(cx, column, by, result);
    mb_status status =
        mb_expression_scalar(cx, column, &mb_type_int, &(mb_value){.i = by}, &scalar);
    if (!status) status = mb_ip_step_rows(cx, column, MB_ADD, scalar, result);
    mb_column_release(scalar);
    return status;
}
