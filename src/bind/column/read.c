// Reading columns from Lua: elements, filters, slices, tables, and how a column prints.

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/column/box.h"
#include "bind/column/operation.h"
#include "ops/move/rows.h"

typedef struct fetch {
    mb_column *column;
    int64_t first, n; // counted from 0
    mb_value *values;
    uint8_t *valid;
} fetch;

static mb_status fetch_body(mb_context *cx, void *argument)
{
    fetch *call = argument;
    return mb_fetch_rows(cx, call->column, call->first, call->n, call->values, call->valid);
}

static void run_fetch(lua_State *L, const char *name, fetch *call)
{
    mb_signature signature;
    mb_bind_signature(L, &signature, name);
    mb_bind_sign_column(&signature, "column", call->column);
    mb_signature_add(&signature, (uint64_t)call->first, "rows from %lld",
                     (long long)call->first + 1);
    mb_bind_operate(L, &signature, fetch_body, call);
}

// Rows to every rank, in scratch that stays on the stack.
static fetch fetch_rows(lua_State *L, const char *name, mb_column *column, int64_t first, int64_t n)
{
    fetch call = {.column = column, .first = first, .n = n};
    call.values = mb_bind_scratch(L, (size_t)n * sizeof(mb_value));
    call.valid = mb_bind_scratch(L, (size_t)n);
    run_fetch(L, name, &call);
    return call;
}

// The cache of the column at index 1.
static mb_element_cache *open_cache(lua_State *L, mb_column_box *box)
{
    if (box->cache) return box->cache;
    mb_element_cache *cache = mb_bind_scratch(L, sizeof *cache);
    cache->next = 0;
    for (int i = 0; i < MB_CACHE_BLOCKS; i++)
        cache->block[i] = -1;
    lua_setiuservalue(L, 1, 1);
    box->cache = cache;
    return cache;
}

// The slot of the cache that holds a block, read if need be.
static int cache_slot(lua_State *L, mb_column_box *box, int64_t block)
{
    mb_element_cache *cache = open_cache(L, box);
    for (int i = 0; i < MB_CACHE_BLOCKS; i++)
        if (cache->block[i] == block) return i;
    int slot = cache->next;
    int64_t first = block * MB_CACHE_ROWS, left = box->column->layout->n_global - first;
    fetch call = {.column = box->column,
                  .first = first,
                  .n = left < MB_CACHE_ROWS ? left : MB_CACHE_ROWS,
                  .values = cache->values[slot],
                  .valid = cache->valid[slot]};
    cache->block[slot] = -1;
    run_fetch(L, "element", &call);
    cache->block[slot] = block;
    cache->next = (slot + 1) % MB_CACHE_BLOCKS;
    return slot;
}

// c[i]: rows count from 1, or from -1 at the end.
static int element(lua_State *L, mb_column_box *box, lua_Integer position)
{
    int64_t n = box->column->layout->n_global;
    int64_t row = position > 0 ? position - 1 : n + position;
    if (position == 0 || row < 0 || row >= n)
        return mb_bind_error(
            L, "row %I of a column of %I rows (rows count from 1, or from -1 at the end)", position,
            (lua_Integer)n);
    int slot = cache_slot(L, box, row / MB_CACHE_ROWS);
    const mb_element_cache *cache = box->cache;
    int64_t i = row % MB_CACHE_ROWS;
    mb_bind_push_value(L, box->column->type,
                       cache->valid[slot][i] ? &cache->values[slot][i] : NULL);
    return 1;
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

// c:to_table([limit]): all rows as a Lua table on every rank; mb.null where one is missing. Raises
// when the column has more than `limit` rows (a million unless told). Collective.
static int to_table(lua_State *L)
{
    enum { PIECE = 1 << 16 };
    mb_column *column = mb_bind_check_column(L, 1);
    int64_t rows = column->layout->n_global;
    lua_Integer limit = luaL_optinteger(L, 2, 1000000);
    if (rows > limit)
        return mb_bind_error(
            L,
            "to_table: %I rows are more than the limit of %I; slice the column, or "
            "pass a higher limit",
            (lua_Integer)rows, limit);
    lua_settop(L, 1);
    lua_createtable(L, (int)rows, 0);
    for (int64_t first = 0; first < rows; first += PIECE) {
        int64_t n = rows - first < PIECE ? rows - first : PIECE;
        fetch piece = fetch_rows(L, "to_table", column, first, n);
        for (int64_t i = 0; i < n; i++) {
            if (piece.valid[i])
                mb_bind_push_value(L, column->type, &piece.values[i]);
            else
                mb_bind_push_null(L);
            lua_rawseti(L, 2, first + i + 1);
        }
        lua_settop(L, 2);
    }
    return 1;
}

static void add_rows(lua_State *L, luaL_Buffer *buffer, const mb_type *type, const mb_value *values,
                     const uint8_t *valid, int64_t n)
{
    char text[MB_TEXT_SIZE];
    (void)L;
    for (int64_t i = 0; i < n; i++) {
        if (i) luaL_addstring(buffer, ", ");
        if (valid[i])
            type->format(values[i], text, sizeof text);
        else
            snprintf(text, sizeof text, "null");
        luaL_addstring(buffer, text);
    }
}

// tostring(c): array([1, 2, 3, ..., 8, 9, 10]), whole up to 100 rows. Collective.
static int to_string(lua_State *L)
{
    enum { WHOLE = 100, ENDS = 3 };
    luaL_Buffer buffer;
    mb_column_box *box = mb_bind_column_box(L, 1);
    if (!box->column) {
        lua_pushliteral(L, "closed column");
        return 1;
    }
    int64_t rows = box->column->layout->n_global;
    bool whole = rows <= WHOLE;
    fetch head = fetch_rows(L, "tostring", box->column, 0, whole ? rows : ENDS), tail = {0};
    if (!whole) tail = fetch_rows(L, "tostring", box->column, rows - ENDS, ENDS);
    luaL_buffinit(L, &buffer);
    luaL_addstring(&buffer, "array([");
    add_rows(L, &buffer, box->column->type, head.values, head.valid, head.n);
    if (!whole) {
        luaL_addstring(&buffer, ", ..., ");
        add_rows(L, &buffer, box->column->type, tail.values, tail.valid, tail.n);
    }
    luaL_addstring(&buffer, "])");
    luaL_pushresult(&buffer);
    return 1;
}

// core.format(type, value): how a value of a column prints.
static int format_of(lua_State *L)
{
    char text[MB_TEXT_SIZE] = "null";
    if (!mb_bind_is_null(L, 2) && !lua_isnil(L, 2)) {
        const mb_type *type = mb_bind_check_type(L, 1);
        type->format(mb_bind_check_element(L, 2, type), text, sizeof text);
    }
    lua_pushstring(L, text);
    return 1;
}

const mb_public mb_bind_read_methods[] = {{"to_table", to_table, 2}, {NULL, NULL, 0}};

const luaL_Reg mb_bind_read_functions[] = {{"format", format_of}, {NULL, NULL}};

const luaL_Reg mb_bind_read_metamethods[] = {{"__index", index_column},
                                             {"__newindex", no_assignment},
                                             {"__tostring", to_string},
                                             {NULL, NULL}};
