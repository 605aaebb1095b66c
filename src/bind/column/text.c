// Text columns in scripts: what is asked of strings.

#include <string.h>

#include "bind/column/box.h"
#include "bind/column/ip.h"
#include "core/hash.h"
#include "expr/expression.h"
#include "expr/scalar.h"
#include "ops/address/convert.h"
#include "ops/text/convert.h"
#include "ops/text/search.h"
#include "ops/text/unite.h"

// Rows of mb_text_operations that are run from here.
enum { PARSE, PRINT, HASH, COMPARE };

static bool is_text(const mb_column *column)
{
    return column->type->script == MB_SCRIPT_STRING;
}

#define MB_SEARCH(text, which)                                                                     \
    MB_OPERATION(text, NULL, run_search,                                                           \
                 MB_TAKES(MB_COLUMN("text", .type = &mb_type_text), MB_ARGUMENT(BYTES, "string"),  \
                          MB_FIXED(which)),                                                        \
                 MB_GIVES(MB_A_COLUMN))

static mb_status run_search(mb_context *cx, const mb_given *in, mb_made *out)
{
    return mb_text_search_for(cx, in[0].column, (mb_text_search)in[2].value.i,
                              (mb_string){in[1].text, (size_t)in[1].n}, &out->column);
}

static mb_status run_length(mb_context *cx, const mb_given *in, mb_made *out)
{
    return mb_text_length(cx, in[0].column, &out->column);
}

static mb_status run_hash(mb_context *cx, const mb_given *in, mb_made *out)
{
    return mb_text_hash(cx, in[0].column, &out->column);
}

void mb_bind_push_text_hash(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    mb_bind_push_operation(L, &mb_text_operations[HASH], NULL);
    lua_pushvalue(L, index);
    lua_call(L, 1, 1);
}

static void check_entries(lua_State *L, mb_call *call)
{
    const mb_type *type = call->in[0].column->type;
    if (!mb_dictionary_of(type))
        mb_bind_raise(L, mb_type_refuse(mb_bind_context(L), call->name, type));
}

static mb_status run_compare(mb_context *cx, const mb_given *in, mb_made *out)
{
    return mb_text_compare(cx, in[0].column, (mb_operator)in[1].value.i,
                           (mb_string){in[2].text, (size_t)in[2].n}, &out->column);
}

void mb_bind_push_comparison(lua_State *L, int index, mb_operator op, mb_string entry)
{
    mb_bind_push_operation(L, &mb_text_operations[COMPARE], NULL);
    lua_pushvalue(L, index);
    lua_pushinteger(L, op);
    lua_pushlstring(L, entry.bytes, entry.length);
    lua_call(L, 3, 1);
}

// What becomes of rows that are no values of a type.
typedef struct unread {
    mb_text_unread what;
    mb_value value;
} unread;

// "raise", "missing", or a value of the type.
static void read_errors(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    const mb_type *to = call->in[argument - 1].type, *type;
    unread *how = given->data = mb_bind_scratch(L, sizeof *how);
    *how = (unread){.what = mb_bind_read_unread(L, index)};
    if (how->what == MB_UNREAD_VALUE) {
        type = mb_bind_read_value(L, index, to, &how->value);
        if (!type || !mb_scalar_convert(to->kind, type->kind, &how->value))
            mb_bind_refuse(
                L, call, argument,
                lua_pushfstring(L, "'raise', 'missing' or %s %s", mb_type_article(to), to->name),
                index);
    }
    given->value.u = mb_hash_word(how->value.bits, (uint64_t)how->what);
}

static mb_status run_parse(mb_context *cx, const mb_given *in, mb_made *out)
{
    const unread none = {.what = MB_UNREAD_FAILS}, *how = in[2].given ? in[2].data : &none;
    return mb_text_parse(cx, in[0].column, in[1].type, how->what, how->value, &out->column);
}

// Text of a column, or of a text column, held as a flag says where it is given.
static mb_status run_print(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_column *text = NULL;
    mb_text_storage storage = in[2].value.b ? MB_TEXT_REPLICATED : MB_TEXT_SPREAD;
    mb_status status = MB_OK;
    if (!in[2].given) storage = MB_TEXT_CHOOSE;
    if (is_text(in[0].column))
        text = mb_column_retain(in[0].column);
    else if (mb_type_is_ip(in[0].column->type))
        status = mb_ip_print(cx, in[0].column, storage, &text);
    else
        status = mb_text_print(cx, in[0].column, storage, &text);
    if (!status && in[2].given)
        status = mb_text_store(cx, text, storage, &out->column);
    else
        out->column = mb_column_retain(text);
    mb_column_release(text);
    return status;
}

const mb_operation *mb_bind_text_cast(lua_State *L)
{
    const mb_column *column = mb_bind_to_column(L, 1);
    const mb_type *type = lua_type(L, 2) == LUA_TSTRING ? mb_type_find(lua_tostring(L, 2)) : NULL;
    const mb_operation *of_ip = column && type ? mb_bind_ip_cast(L, column->type, type) : NULL;
    if (of_ip) return of_ip;
    if (column && type && type->script == MB_SCRIPT_STRING) return &mb_text_operations[PRINT];
    const bool counts = type && type->units; // time.c
    return column && type && is_text(column) && !counts ? &mb_text_operations[PARSE] : NULL;
}

// c:contains(s), startswith, endswith:
// bools; c:count_of(s): how often, without overlap; c:find_in(s): the byte of the first, from 1, or
// missing; c:len(): bytes. All give pending columns.
const mb_operation mb_text_operations[] = {
    [PARSE] =
        MB_OPERATION("as", "text_values", run_parse,
                     MB_TAKES(MB_COLUMN("column", .type = &mb_type_text), MB_ARGUMENT(TYPE, "type"),
                              MB_OPTION(OTHER, "errors", .read = read_errors)),
                     MB_GIVES(MB_A_COLUMN)),
    [PRINT] = MB_OPERATION(
        "as", "text_of", run_print,
        MB_TAKES(MB_COLUMN("column"), MB_ARGUMENT(TYPE, "type"), MB_OPTION(FLAG, "dictionary")),
        MB_GIVES(MB_A_COLUMN), .moves = true),
    [HASH] =
        MB_OPERATION("hash", "text_hash", run_hash,
                     MB_TAKES(MB_COLUMN("text", .type = &mb_type_text)), MB_GIVES(MB_A_COLUMN)),
    [COMPARE] = MB_OPERATION(
        "compare", "text_compare", run_compare,
        MB_TAKES(MB_COLUMN("column"), MB_INTEGER("operator"), MB_ARGUMENT(BYTES, "entry")),
        MB_GIVES(MB_A_COLUMN), .prepare = check_entries, .moves = true),
    MB_SEARCH("contains", MB_TEXT_CONTAINS),
    MB_SEARCH("startswith", MB_TEXT_STARTSWITH),
    MB_SEARCH("endswith", MB_TEXT_ENDSWITH),
    MB_SEARCH("count_of", MB_TEXT_COUNT),
    MB_SEARCH("find_in", MB_TEXT_FIND),
    MB_OPERATION("len", NULL, run_length, MB_TAKES(MB_COLUMN("text", .type = &mb_type_text)),
                 MB_GIVES(MB_A_COLUMN)),
    {0}};
