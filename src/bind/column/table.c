// Columns of the rows of tables.

#include "bind/bind.h"
#include "bind/column/box.h"
#include "bind/column/operation.h"
#include "column/builder.h"
#include "comm/comm.h"
#include "core/hash.h"
#include "expr/scalar.h"
#include "ops/address/convert.h"
#include "text/encode.h"

// A column from a table: every rank has all rows, and keeps its own.
typedef struct table_rows {
    const mb_type *type;
    bool typed; // the caller has named the type
    int64_t n;
    bool empty;     // no value so far
    mb_range range; // of integers
    uint64_t hash;
    void *values; // of this rank's rows: bools as bytes, strings as mb_string, others as mb_value
    uint8_t *valid;
} table_rows;

// Whether rows are strings until the column is made.
static bool holds_strings(const mb_type *type)
{
    return type->script == MB_SCRIPT_STRING || type->script == MB_SCRIPT_ADDRESS;
}

// Raises for the row on top of the stack, which is none of the column's type.
static void refuse_row(lua_State *L, const table_rows *rows, lua_Integer i)
{
    const char *type = rows->type->name;
    mb_bind_error(L,
                  "row %I is a %s in a column of type %s; leave the type out and cast the column "
                  "by :as(\"%s\")",
                  i, mb_bind_class(L, -1), type, type);
}

// The value of a row, and its type; NULL for a missing one.
static const mb_type *read_row(lua_State *L, const table_rows *rows, lua_Integer i, mb_value *value)
{
    if (mb_bind_is_null(L, -1)) return NULL;
    bool string = lua_type(L, -1) == LUA_TSTRING;
    if (string && (!rows->typed || holds_strings(rows->type))) return &mb_type_text;
    const mb_type *type = mb_bind_read_value(L, -1, rows->typed ? rows->type : NULL, value);
    if (!type && string && rows->type->units)
        mb_bind_error(L, "row %I is no %s: '%s'", i, rows->type->name, lua_tostring(L, -1));
    if (!type && string) refuse_row(L, rows, i);
    if (!type)
        mb_bind_error(L,
                      "row %I is a %s; a column holds booleans, numbers, strings, times or "
                      "durations, or mb.null",
                      i, mb_bind_class(L, -1));
    return type;
}

// Numbers go together, whatever their type, and times or durations of any unit.
static bool go_together(const mb_type *a, const mb_type *b)
{
    if (holds_strings(a) || holds_strings(b)) return holds_strings(a) && holds_strings(b);
    const bool a_number = a->script == MB_SCRIPT_NUMBER || a->script == MB_SCRIPT_INTEGER;
    const bool b_number = b->script == MB_SCRIPT_NUMBER || b->script == MB_SCRIPT_INTEGER;
    return (a_number && b_number) || (a->script == b->script && a->units == b->units);
}

// The type of a row, and of the rows so far with it.
static void join_type(lua_State *L, table_rows *rows, lua_Integer i)
{
    mb_value value;
    const mb_type *type = read_row(L, rows, i, &value);
    if (!type) return;
    bool first = rows->empty;
    bool mixed = !go_together(type, rows->type);
    rows->empty = false;
    if (rows->typed && mixed) refuse_row(L, rows, i);
    if (type->units && !mixed && type->unit > rows->type->unit) rows->type = type;
    if (rows->typed) return;
    if (!first && mixed)
        mb_bind_error(L,
                      "row %I is a %s, and rows before it are not; the rows of a column have one "
                      "type (tostring makes strings)",
                      i, mb_bind_class(L, -1));
    if (first || type->kind > rows->type->kind) rows->type = type; // in the order int, uint, float
}

static mb_value value_of(lua_State *L, const table_rows *rows, lua_Integer i)
{
    mb_value value = {0};
    const mb_type *like = rows->typed ? rows->type : NULL;
    const mb_type *type = mb_bind_read_value(L, -1, like, &value);
    mb_kind kind = type->kind, to = rows->type->kind;
    if (type->units) {
        mb_bind_moment_fits(L, "column", rows->type, type, &value);
        return value;
    }
    // Elements of uint columns reach Lua as integers of the same bits, and so come back.
    if (rows->typed && kind == MB_INT && rows->type->script == MB_SCRIPT_INTEGER) return value;
    if (!mb_scalar_convert(to, kind, &value) && !mb_kind_takes(to, kind))
        mb_bind_error(L, "row %I is %s, not %s", i, luaL_tolstring(L, -1, NULL),
                      to == MB_INT ? "an integer" : "a uint");
    return value;
}

static void note_value(table_rows *rows, mb_value value, bool first)
{
    rows->hash = mb_hash_word(rows->hash, value.bits);
    if (!mb_kind_is_integer(rows->type->kind)) return;
    const mb_range one = {value.u, value.u};
    if (first) rows->range = one;
    mb_range_join(rows->type->kind, &rows->range, one);
}

// Strings for their hash; this rank's are kept, by a table below the row that holds them.
static void read_string(lua_State *L, table_rows *rows, int64_t local, bool own)
{
    mb_string string;
    string.bytes = lua_tolstring(L, -1, &string.length);
    rows->hash = mb_hash_bytes(rows->hash, string.bytes, string.length);
    if (!own) return;
    ((mb_string *)rows->values)[local] = string;
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, local + 1);
}

static void read_strings(lua_State *L, table_rows *rows, int64_t first, int64_t count)
{
    lua_createtable(L, (int)count, 0);
    for (lua_Integer i = 1; i <= rows->n; i++) {
        int64_t local = i - 1 - first;
        bool own = local >= 0 && local < count;
        lua_geti(L, 1, i);
        if (lua_type(L, -1) == LUA_TSTRING)
            read_string(L, rows, local, own);
        else
            rows->hash = mb_hash_word(rows->hash, UINT64_MAX);
        if (own && lua_type(L, -1) != LUA_TSTRING) ((mb_string *)rows->values)[local].bytes = NULL;
        lua_pop(L, 1);
    }
}

// Reads the table on the stack's bottom: all rows for their hash and range, this rank's to keep.
static void read_rows(lua_State *L, table_rows *rows, int64_t first, int64_t count)
{
    bool none = true;
    for (lua_Integer i = 1; i <= rows->n; i++) {
        mb_value value = {0};
        lua_geti(L, 1, i);
        bool missing = mb_bind_is_null(L, -1);
        if (!missing) {
            value = value_of(L, rows, i);
            note_value(rows, value, none);
            none = false;
        } else {
            rows->hash = mb_hash_word(rows->hash, UINT64_MAX);
        }
        int64_t local = i - 1 - first;
        if (local >= 0 && local < count) {
            if (mb_kind_width(rows->type->kind) == 1)
                ((uint8_t *)rows->values)[local] = value.b;
            else
                ((mb_value *)rows->values)[local] = value;
            rows->valid[local] = !missing;
        }
        lua_pop(L, 1);
    }
    rows->empty = none;
}

static mb_status encode_rows(mb_context *cx, const table_rows *rows, mb_column **column)
{
    mb_layout *layout = NULL;
    mb_text_encoder *encoder = NULL;
    const mb_string *strings = rows->values;
    mb_status status = mb_layout_even(cx, rows->n, &layout);
    int64_t count = status ? 0 : mb_layout_rows(layout, mb_rank(cx));
    if (!status) status = mb_text_encoder_open(cx, count, MB_TEXT_CHOOSE, &encoder);
    for (int64_t i = 0; i < count && !status; i++)
        status = mb_text_encoder_append(encoder, strings[i]);
    status = mb_text_encoder_finish(cx, status, encoder, layout, 0, column);
    if (!status) (*column)->identity = rows->hash;
    mb_text_encoder_close(encoder);
    mb_layout_release(layout);
    return status;
}

static mb_status read_addresses(mb_context *cx, const table_rows *rows, mb_column **column)
{
    mb_column *strings = NULL;
    mb_status status = encode_rows(cx, rows, &strings);
    if (!status)
        status = mb_ip_of_text(cx, strings, (mb_ip_unread){.what = MB_UNREAD_FAILS}, column);
    if (!status) (*column)->identity = rows->hash;
    mb_column_release(strings);
    return status;
}

static mb_status run_column(mb_context *cx, const mb_given *in, mb_made *out)
{
    const table_rows *rows = in[0].data;
    if (rows->type->script == MB_SCRIPT_STRING) return encode_rows(cx, rows, &out->column);
    if (mb_type_is_ip(rows->type)) return read_addresses(cx, rows, &out->column);
    mb_layout *layout = NULL;
    mb_builder *builder = NULL;
    mb_status status = mb_layout_even(cx, rows->n, &layout);
    int64_t count = status ? 0 : mb_layout_rows(layout, mb_rank(cx));
    if (!status)
        status =
            mb_builder_open(cx, rows->type, count, rows->empty ? NULL : &rows->range, 8, &builder);
    if (!status) status = mb_builder_append(builder, rows->values, rows->valid, count);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_builder_finish(cx, &builder, 1, &layout, 0, &out->column));
    out->column->identity = rows->hash;
done:
    mb_builder_close(builder);
    mb_layout_release(layout);
    return status;
}

static void read_table(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    (void)call;
    (void)argument;
    luaL_checktype(L, index, LUA_TTABLE);
    given->n = luaL_len(L, index);
}

// Reads the rows when their type is known, or finds it.
static void prepare_column(lua_State *L, mb_call *call)
{
    const mb_context *cx = mb_bind_context(L);
    mb_given *given = call->in, *type = &call->in[1];
    table_rows *rows = mb_bind_scratch(L, sizeof *rows);
    *rows = (table_rows){.n = given->n, .typed = type->given, .empty = true};
    rows->type = type->given ? type->type : &mb_type_float;
    for (lua_Integer i = 1; i <= rows->n; i++) {
        lua_geti(L, 1, i);
        join_type(L, rows, i);
        lua_pop(L, 1);
    }
    int64_t first = mb_even_start(rows->n, mb_nranks(cx), mb_rank(cx));
    int64_t count = mb_even_start(rows->n, mb_nranks(cx), mb_rank(cx) + 1) - first;
    bool strings = holds_strings(rows->type);
    rows->values =
        mb_bind_scratch(L, (size_t)count * (strings ? sizeof(mb_string) : sizeof(mb_value)));
    rows->valid = mb_bind_scratch(L, (size_t)count);
    rows->hash = mb_hash_word(mb_type_hash(rows->type), (uint64_t)rows->n);
    if (strings)
        read_strings(L, rows, first, count);
    else
        read_rows(L, rows, first, count);
    given->data = rows;
    given->value.u = rows->hash;
    given->text = lua_pushfstring(L, "%I %s rows #%d", (lua_Integer)rows->n, rows->type->name,
                                  (int)(rows->hash & 0xffff));
}

// core.column(table [, type]): a column of the table's rows 1 .. #table; mb.null is a missing one.
// Without a type: bool, int, or uint or float when any row is. Collective.
const mb_operation mb_table_operations[] = {
    MB_OPERATION(
        "column", "column", run_column,
        MB_TAKES(MB_OTHER("table", read_table), MB_ARGUMENT(TYPE, "type", .optional = true)),
        MB_GIVES(MB_A_COLUMN), .prepare = prepare_column),
    {0}};

void mb_bind_read_positions(lua_State *L, const mb_call *call, int argument, int index,
                            mb_given *given)
{
    (void)call;
    (void)argument;
    mb_bind_push_operation(L, mb_table_operations, NULL);
    lua_pushvalue(L, index);
    lua_pushliteral(L, "int");
    lua_call(L, 2, 1);
    given->column = mb_bind_to_column(L, -1);
}
