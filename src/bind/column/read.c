// Reading columns from Lua: elements, filters, slices, tables, and how a column prints.

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/column/box.h"
#include "bind/column/operation.h"
#include "bind/runtime.h"
#include "ops/text/fetch.h"
#include "types/quote.h"

// Rows of mb_read_operations that c[i] and tostring run.
enum { ELEMENT, TO_STRING };

// Rows that an operation brings to every rank: a piece of those that it reads.
typedef struct piece {
    int64_t first, n;    // counted from 0
    mb_column **strings; // a box's column, with the type of the values: see mb_text_fetch
    uint8_t *valid;
    mb_value values[];
} piece;

static mb_status run_piece(mb_context *cx, const mb_given *in, mb_made *out)
{
    piece *rows = out->data;
    return mb_text_fetch_rows(cx, in[0].column, rows->first, rows->n, rows->values, rows->valid,
                              rows->strings);
}

// The first rows of a column, n of them at the most, in scratch that stays on the stack.
static void new_piece(lua_State *L, mb_call *call, int64_t n)
{
    int64_t all = call->in[0].column->layout->n_global;
    if (n > all) n = all;
    piece *rows = mb_bind_scratch(L, sizeof *rows + (size_t)n * (sizeof *rows->values + 1));
    *rows = (piece){.n = n, .valid = (uint8_t *)(rows->values + n)};
    rows->strings = mb_bind_new_column(L);
    call->out->data = rows;
}

// The type of a piece's values.
static const mb_type *type_of_piece(const mb_call *call, const piece *rows)
{
    return *rows->strings ? (*rows->strings)->type : call->in[0].column->type;
}

// The row at a position, counted from 0.
static int64_t row_at(lua_State *L, const mb_column *column, lua_Integer position)
{
    int64_t n = column->layout->n_global, row = position > 0 ? position - 1 : n + position;
    if (position == 0 || row < 0 || row >= n)
        mb_bind_error(L,
                      "row %I of a column of %I row%s (rows count from 1, or from -1 at the end)",
                      position, (lua_Integer)n, mb_plural(n));
    return row;
}

static int push_cell(lua_State *L, const mb_column *column, const mb_element_cache *cache, int slot,
                     int64_t i)
{
    const mb_type *type = cache->strings[slot] ? cache->strings[slot]->type : column->type;
    mb_bind_push_value(L, type, cache->valid[slot][i] ? &cache->values[slot][i] : NULL);
    return 1;
}

// Forgets what was read before a host has changed its arrays.
static void renew_cache(lua_State *L, mb_element_cache *cache)
{
    const int64_t touches = mb_bind_runtime(L)->touches;
    for (int i = 0; i < MB_CACHE_BLOCKS && cache->touches != touches; i++)
        cache->block[i] = -1;
    cache->touches = touches;
}

// The cache of the column at index 1.
static mb_element_cache *open_cache(lua_State *L, mb_column_box *box)
{
    if (box->cache) return box->cache;
    mb_element_cache *cache = mb_bind_scratch(L, sizeof *cache);
    cache->next = 0;
    cache->touches = mb_bind_runtime(L)->touches;
    for (int i = 0; i < MB_CACHE_BLOCKS; i++) {
        cache->block[i] = -1;
        cache->strings[i] = NULL;
    }
    lua_setiuservalue(L, 1, 1);
    box->cache = cache;
    return cache;
}

// What ranks must agree in is the block that holds the row; it comes into the cache.
static void prepare_element(lua_State *L, mb_call *call)
{
    mb_given *row = &call->in[1];
    mb_element_cache *cache = row->data = open_cache(L, mb_bind_column_box(L, 1));
    int64_t at = row_at(L, call->in[0].column, row->value.i);
    cache->block[cache->next] = -1;
    row->n = at % MB_CACHE_ROWS;
    row->value.i = at - row->n + 1;
}

static mb_status run_element(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_element_cache *cache = in[1].data;
    int64_t first = in[1].value.i - 1, left = in[0].column->layout->n_global - first;
    (void)out;
    return mb_text_fetch_rows(cx, in[0].column, first, left < MB_CACHE_ROWS ? left : MB_CACHE_ROWS,
                              cache->values[cache->next], cache->valid[cache->next],
                              &cache->strings[cache->next]);
}

static int push_element(lua_State *L, const mb_call *call)
{
    mb_element_cache *cache = call->in[1].data;
    int slot = cache->next;
    cache->block[slot] = call->in[1].value.i / MB_CACHE_ROWS;
    cache->next = (slot + 1) % MB_CACHE_BLOCKS;
    return push_cell(L, call->in[0].column, cache, slot, call->in[1].n);
}

// c[i]: rows count from 1, or from -1 at the end.
static int element(lua_State *L, const mb_column_box *box, lua_Integer position)
{
    int64_t row = row_at(L, box->column, position), block = row / MB_CACHE_ROWS;
    if (box->cache) renew_cache(L, box->cache);
    for (int slot = 0; slot < MB_CACHE_BLOCKS && box->cache; slot++)
        if (box->cache->block[slot] == block)
            return push_cell(L, box->column, box->cache, slot, row % MB_CACHE_ROWS);
    return mb_bind_run(L, &mb_read_operations[ELEMENT]);
}

// c[mask]: the rows where a bool column is true, in order.
static int filtered(lua_State *L, const mb_column *mask)
{
    if (mask->type != &mb_type_bool)
        return mb_bind_error(
            L,
            "a column is indexed by a bool column, or by positions in an int column, "
            "got one of type %s",
            mask->type->name);
    return mb_bind_run(L, &mb_move_operations[MB_FILTER_OPERATION]);
}

static int gathered(lua_State *L)
{
    return mb_bind_run(L, &mb_move_operations[MB_GATHER_OPERATION]);
}

// c[x]: a method by name, a row by number, rows by mask or positions. Its upvalue is the table of
// methods.
static int index_column(lua_State *L)
{
    int whole;
    if (lua_type(L, 2) == LUA_TSTRING) {
        lua_pushvalue(L, 2);
        if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
        return mb_bind_no_method(L, lua_tostring(L, 2));
    }
    mb_bind_check_column(L, 1);
    if (mb_bind_is_column(L, 2)) {
        const mb_column *rows = mb_bind_check_column(L, 2);
        return rows->type == &mb_type_int ? gathered(L) : filtered(L, rows);
    }
    if (lua_istable(L, 2)) return gathered(L);
    if (lua_type(L, 2) == LUA_TNUMBER) {
        lua_Integer position = lua_tointegerx(L, 2, &whole);
        if (whole) return element(L, mb_bind_column_box(L, 1), position);
    }
    if (lua_isboolean(L, 2)) mb_bind_check_column(L, 2); // raises, naming the mend
    return mb_bind_error(
        L, "a column is indexed by a row number or a bool column, or by positions, got %s",
        luaL_tolstring(L, 2, NULL));
}

static int no_assignment(lua_State *L)
{
    return mb_bind_error(L, "a column is a value and cannot be changed");
}

// A table of all rows, which come by pieces.
static void prepare_rows(lua_State *L, mb_call *call)
{
    enum { PIECE = 1 << 16 };
    new_piece(L, call, PIECE);
    lua_createtable(L, (int)call->in[0].column->layout->n_global, 0);
}

// Raises for more rows than the limit.
static void prepare_table(lua_State *L, mb_call *call)
{
    int64_t rows = call->in[0].column->layout->n_global, limit = call->in[1].value.i;
    if (rows > limit)
        mb_bind_error(L,
                      "to_table: %I row%s more than the limit of %I; slice the column, or "
                      "pass a higher limit",
                      (lua_Integer)rows, rows == 1 ? " is" : "s are", (lua_Integer)limit);
    prepare_rows(L, call);
}

static void push_row(lua_State *L, const mb_type *type, const mb_value *value)
{
    if (value)
        mb_bind_push_value(L, type, value);
    else
        mb_bind_push_null(L);
}

static void push_text_of_row(lua_State *L, const mb_type *type, const mb_value *value)
{
    char text[MB_TEXT_SIZE] = "null";
    if (value) mb_bind_show(type, *value, text, sizeof text);
    lua_pushstring(L, text);
}

// Adds a piece to the table on top of the stack; returns how many rows are left.
static int64_t push_piece(lua_State *L, const mb_call *call,
                          void (*push)(lua_State *L, const mb_type *type, const mb_value *value))
{
    const mb_column *column = call->in[0].column;
    piece *rows = call->out->data;
    const mb_type *type = type_of_piece(call, rows);
    for (int64_t i = 0; i < rows->n; i++) {
        push(L, type, rows->valid[i] ? &rows->values[i] : NULL);
        lua_rawseti(L, -2, ++rows->first);
    }
    int64_t left = column->layout->n_global - rows->first;
    if (rows->n > left) rows->n = left;
    return left;
}

static int push_table(lua_State *L, const mb_call *call)
{
    return push_piece(L, call, push_row) > 0 ? MB_AGAIN : 1;
}

static int push_texts(lua_State *L, const mb_call *call)
{
    if (push_piece(L, call, push_text_of_row) > 0) return MB_AGAIN;
    lua_pushboolean(L, call->in[0].column->type->script == MB_SCRIPT_STRING);
    return 2;
}

// All rows of a column that prints as a whole, else those of one of its ends.
static void prepare_text(lua_State *L, mb_call *call)
{
    enum { WHOLE = 100, ENDS = 3 };
    new_piece(L, call, call->in[0].column->layout->n_global <= WHOLE ? WHOLE : ENDS);
    lua_pushliteral(L, "array([");
}

// Adds a piece to the text on top of the stack.
static int push_text(lua_State *L, const mb_call *call)
{
    char text[MB_TEXT_SIZE];
    luaL_Buffer buffer;
    const mb_column *column = call->in[0].column;
    piece *rows = call->out->data;
    const mb_type *type = type_of_piece(call, rows);
    int64_t end = column->layout->n_global - rows->n;
    bool last = rows->first == end;
    luaL_buffinit(L, &buffer);
    for (int64_t i = 0; i < rows->n; i++) {
        if (i) luaL_addstring(&buffer, ", ");
        if (rows->valid[i]) mb_bind_show(type, rows->values[i], text, sizeof text);
        luaL_addstring(&buffer, rows->valid[i] ? text : "null");
    }
    luaL_addstring(&buffer, last ? "])" : ", ..., ");
    luaL_pushresult(&buffer);
    lua_concat(L, 2);
    rows->first = end;
    return last ? 1 : MB_AGAIN;
}

static int to_string(lua_State *L)
{
    if (mb_bind_column_box(L, 1)->column) return mb_bind_run(L, &mb_read_operations[TO_STRING]);
    lua_pushliteral(L, "closed column");
    return 1;
}

// core.element(c, i): c[i]. core.tostring(c): tostring(c), as array([1, 2, 3, ..., 8, 9, 10]),
// whole up to 100 rows. core.texts(c): a table of its rows as they print, and whether these are
// strings.
const mb_operation mb_read_operations[] = {
    [ELEMENT] = MB_OPERATION("element", "element", run_element,
                             MB_TAKES(MB_COLUMN("column"), MB_INTEGER("row")), .moves = true,
                             .prepare = prepare_element, .push = push_element),
    [TO_STRING] = MB_OPERATION("tostring", "tostring", run_piece, MB_TAKES(MB_COLUMN("column")),
                               .moves = true, .prepare = prepare_text, .push = push_text),
    MB_OPERATION("to_table", NULL, run_piece,
                 MB_TAKES(MB_COLUMN("column"),
                          MB_INTEGER("limit", .optional = true, .unless_given = {.i = 1000000})),
                 .moves = true, .prepare = prepare_table, .push = push_table),
    MB_OPERATION("show", "texts", run_piece, MB_TAKES(MB_COLUMN("column")), .moves = true,
                 .prepare = prepare_rows, .push = push_texts),
    {0}};

// core.quoted(string[, cells]): as Lua would write it, and as a terminal can show it; cut to so
// many cells, 4 or more.
static int quoted(lua_State *L)
{
    luaL_Buffer buffer;
    mb_string string;
    string.bytes = luaL_checklstring(L, 1, &string.length);
    lua_Integer cells = luaL_optinteger(L, 2, INT64_MAX);
    luaL_argcheck(L, cells >= 4, 2, "cells are 4 or more");
    size_t size = 4 * string.length + 64;
    char *text = luaL_buffinitsize(L, &buffer, size);
    luaL_pushresultsize(&buffer, mb_string_quote(string, cells, text, size));
    return 1;
}

// core.cells(string): how many cells of a terminal it takes.
static int cells(lua_State *L)
{
    mb_string string;
    string.bytes = luaL_checklstring(L, 1, &string.length);
    lua_pushinteger(L, mb_string_cells(string));
    return 1;
}

const luaL_Reg mb_bind_read_functions[] = {{"quoted", quoted}, {"cells", cells}, {NULL, NULL}};

const luaL_Reg mb_bind_read_metamethods[] = {{"__index", index_column},
                                             {"__newindex", no_assignment},
                                             {"__tostring", to_string},
                                             {NULL, NULL}};
