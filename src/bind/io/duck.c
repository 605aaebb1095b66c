// Parquet files and SQL, through DuckDB.

#include <string.h>

#include "bind/column/box.h"
#include "bind/column/operation.h"
#include "bind/io/folder.h"
#include "bind/io/found.h"
#include "core/hash.h"
#include "io/duck/parquet.h"
#include "io/duck/sql.h"
#include "io/duck/write.h"

// --- Parquet.

typedef struct found_files {
    mb_found notes, files;
} found_files;

static void prepare_read(lua_State *L, mb_call *call)
{
    found_files *both = call->out->data = mb_bind_scratch(L, sizeof *both);
    both->notes = mb_found_new(L);
    both->files = mb_found_new(L);
}

static mb_status run_read(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_strings notes = {0}, files = {0};
    found_files *both = out->data;
    mb_parquet_request request = {.paths = in[0].texts,
                                  .npaths = in[0].n,
                                  .names = in[1].texts,
                                  .nnames = in[1].n,
                                  .first = in[2].value.i,
                                  .last = in[3].value.i,
                                  .where = in[4].text};
    mb_status status = mb_parquet_read(cx, &request, out->columns, &notes, &files);
    if (status) return status;
    mb_found_keep(&both->notes, notes);
    mb_found_keep(&both->files, files);
    return MB_OK;
}

static int push_read(lua_State *L, const mb_call *call)
{
    const found_files *both = call->out->data;
    mb_found_push(L, &both->notes, 0, 1);
    mb_found_push(L, &both->files, 0, 1);
    return 3;
}

static mb_status run_list(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_strings entries = {0};
    mb_status status = mb_parquet_list(cx, in[0].texts, in[0].n, &entries);
    return mb_found_give(out, status, entries);
}

static int push_list(lua_State *L, const mb_call *call)
{
    for (int64_t i = 0; i < 3; i++)
        mb_found_push(L, call->out->data, i, 3);
    return 3;
}

static mb_status run_write(mb_context *cx, const mb_given *in, mb_made *out)
{
    const mb_parquet_output output = {.path = in[0].text,
                                      .names = in[1].texts,
                                      .columns = in[2].columns,
                                      .n = in[2].n,
                                      .compression = in[3].text,
                                      .note = in[4].text,
                                      .folder = in[5].data};
    (void)out;
    return mb_parquet_write(cx, &output);
}

static void prepare_write(lua_State *L, mb_call *call)
{
    const mb_given *columns = &call->in[2];
    if (columns->n != call->in[1].n || columns->n == 0)
        mb_bind_error(L, "%I names and %I columns", (lua_Integer)call->in[1].n,
                      (lua_Integer)columns->n);
    for (int64_t i = 1; i < columns->n; i++)
        if (columns->columns[i]->layout->n_global != columns->columns[0]->layout->n_global)
            mb_bind_error(L, "column '%s' has another number of rows", call->in[1].texts[i]);
}

// --- SQL.

// The value on top of the stack.
static void read_sql_value(lua_State *L, mb_sql_value *value)
{
    mb_kind kind;
    const int index = lua_gettop(L);
    if (mb_bind_is_null(L, index)) return;
    if (lua_type(L, index) == LUA_TSTRING) {
        value->type = &mb_type_text;
        value->text = lua_tolstring(L, index, &value->length);
    } else if (lua_isboolean(L, index)) {
        value->type = &mb_type_bool;
        value->value.b = (bool)lua_toboolean(L, index);
    } else if (mb_bind_read_number(L, index, &kind, &value->value)) {
        value->type = mb_type_of(kind);
    } else {
        value->type = mb_bind_read_moment(L, index, NULL, &value->value);
    }
    if (value->type) return;
    mb_bind_error(L,
                  "a value of a statement is a %s; it must be a boolean, a number, a string, a "
                  "time, a duration or mb.null",
                  mb_bind_is_column(L, index) ? "column" : mb_bind_class(L, index));
}

static uint64_t hash_value(const mb_sql_value *value, uint64_t place)
{
    uint64_t hash = mb_hash_word(place + 1, value->type ? mb_type_hash(value->type) : 0);
    if (value->name) hash = mb_hash_bytes(hash, value->name, strlen(value->name));
    return value->text ? mb_hash_bytes(hash, value->text, value->length)
                       : mb_hash_word(hash, value->value.bits);
}

static void read_values(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    lua_Integer n = 0, i = 0;
    if (!lua_istable(L, index)) mb_bind_refuse(L, call, argument, "table of values", index);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
        n++;
    mb_sql_value *values = given->data = mb_bind_scratch(L, (size_t)(n + 1) * sizeof *values);
    memset(values, 0, (size_t)(n + 1) * sizeof *values);
    given->n = n;
    given->value.u = (uint64_t)n;
    for (; lua_rawgeti(L, index, i + 1) != LUA_TNIL; lua_pop(L, 1), i++) {
        read_sql_value(L, &values[i]);
        given->value.u += hash_value(&values[i], (uint64_t)i);
    }
    lua_pop(L, 1);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_isinteger(L, -2) && lua_tointeger(L, -2) > 0 && lua_tointeger(L, -2) <= i) continue;
        if (lua_type(L, -2) != LUA_TSTRING)
            mb_bind_error(L, "values of a statement are a list, or fields with names");
        values[n - 1].name = lua_tostring(L, -2);
        read_sql_value(L, &values[--n]);
        given->value.u += hash_value(&values[n], 0); // fields come in any order
    }
}

typedef struct begun {
    mb_found columns;
    mb_sql_outcome outcome;
} begun;

static void prepare_begin(lua_State *L, mb_call *call)
{
    begun *statement = call->out->data = mb_bind_scratch(L, sizeof *statement);
    *statement = (begun){.columns = mb_found_new(L)};
}

static mb_status run_begin(mb_context *cx, const mb_given *in, mb_made *out)
{
    begun *statement = out->data;
    mb_status status = mb_sql_begin(cx, in[0].text, in[1].data, in[1].n, &statement->outcome);
    if (!status) mb_found_keep(&statement->columns, statement->outcome.columns);
    return status;
}

static int push_begin(lua_State *L, const mb_call *call)
{
    const begun *statement = call->out->data;
    if (statement->outcome.has_rows) {
        mb_found_push(L, &statement->columns, 0, 2);
        mb_found_push(L, &statement->columns, 1, 2);
        return 2;
    }
    lua_pushnil(L);
    if (statement->outcome.changed >= 0)
        lua_pushinteger(L, statement->outcome.changed);
    else
        lua_pushnil(L);
    return 2;
}

static mb_status run_fetch(mb_context *cx, const mb_given *in, mb_made *out)
{
    return mb_sql_fetch(cx, in[0].texts, in[1].texts, in[0].n, out->columns);
}

static void prepare_fetch(lua_State *L, mb_call *call)
{
    if (call->in[0].n != call->in[1].n)
        mb_bind_error(L, "%I names and %I forms", (lua_Integer)call->in[0].n,
                      (lua_Integer)call->in[1].n);
}

// core.ls_parquet(paths): lists of the names, types and numbers of rows of the columns of the first
// file. core.read_parquet(paths, names, first, last[, where]): a list of columns, one for each
// name, a list of what the files note of our types, each once, and one of the path and the rows of
// each file. core.sql_begin(statement, values): runs a statement; lists of the names and the forms
// of the columns of its rows, which core.sql_fetch takes, and which gives a list of columns;
// without rows nil, and how many it has changed.
const mb_operation mb_duck_operations[] = {
    MB_OPERATION("ls_parquet", "ls_parquet", run_list, MB_TAKES(MB_TEXTS("paths")),
                 .prepare = mb_found_prepare, .push = push_list),
    MB_OPERATION("read_parquet", "read_parquet", run_read,
                 MB_TAKES(MB_TEXTS("paths"), MB_TEXTS("names"), MB_INTEGER("first"),
                          MB_INTEGER("last"), MB_ARGUMENT(STRING, "where", .optional = true)),
                 MB_GIVES(MB_SOME_COLUMNS(2)), .prepare = prepare_read, .push = push_read),
    MB_OPERATION(
        "to_parquet", "write_parquet", run_write,
        MB_TAKES(MB_ARGUMENT(STRING, "path"), MB_TEXTS("names"), MB_COLUMNS("columns"),
                 MB_ARGUMENT(STRING, "compression"), MB_ARGUMENT(STRING, "note"),
                 MB_ARGUMENT(OTHER, "folder", .optional = true, .read = mb_bind_read_folder)),
        .prepare = prepare_write),
    MB_OPERATION("sql", "sql_begin", run_begin,
                 MB_TAKES(MB_ARGUMENT(STRING, "statement"), MB_OTHER("values", read_values)),
                 .prepare = prepare_begin, .push = push_begin),
    MB_OPERATION("sql", "sql_fetch", run_fetch, MB_TAKES(MB_TEXTS("names"), MB_TEXTS("forms")),
                 MB_GIVES(MB_SOME_COLUMNS(1)), .prepare = prepare_fetch),
    {0}};
