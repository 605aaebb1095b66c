// Sorting, for Lua.

#include <string.h>

#include "bind/bind.h"
#include "bind/column.h"
#include "ops/sort.h"

typedef struct sorting {
    int n;
    mb_column *columns[MB_MOST_SORT_KEYS];
    bool descending[MB_MOST_SORT_KEYS];
    mb_column **result;
} sorting;

static mb_status sort_body(mb_context *cx, void *argument)
{
    sorting *call = argument;
    return mb_sort(cx, call->columns[0], call->descending[0], call->result);
}

static mb_status argsort_body(mb_context *cx, void *argument)
{
    sorting *call = argument;
    return mb_argsort(cx, call->columns, call->n, call->descending, call->result);
}

static void run(lua_State *L, const char *name, mb_body body, sorting *call)
{
    mb_signature signature;
    call->result = mb_bind_new_column(L);
    mb_bind_signature(L, &signature, name);
    for (int i = 0; i < call->n; i++) {
        mb_bind_sign_column(&signature, "key", call->columns[i]);
        mb_signature_add(&signature, call->descending[i], "%s",
                         call->descending[i] ? "descending" : "ascending");
    }
    mb_bind_operate(L, &signature, body, call);
    mb_bind_account(L);
}

// The option table at an index, if any, with no other field than `descending`: that field is left
// on the stack, or nil.
static void push_descending(lua_State *L, int index)
{
    if (lua_isnoneornil(L, index)) {
        lua_pushnil(L);
        return;
    }
    luaL_checktype(L, index, LUA_TTABLE);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        const char *name = lua_tostring(L, -1);
        if (!name || strcmp(name, "descending") != 0)
            luaL_error(L, "unknown option '%s' (there is: descending)",
                       luaL_tolstring(L, -1, NULL));
        lua_pop(L, 1);
    }
    lua_getfield(L, index, "descending");
}

static void one_key(lua_State *L, sorting *call)
{
    call->n = 1;
    call->columns[0] = mb_bind_check_column(L, 1);
    push_descending(L, 2);
    call->descending[0] = lua_toboolean(L, -1);
    lua_pop(L, 1);
}

// c:sort{descending = false}: the rows in order, NaN and then missing rows last. Collective.
static int sort(lua_State *L)
{
    sorting call = {0};
    one_key(L, &call);
    run(L, "sort", sort_body, &call);
    return 1;
}

// c:argsort{descending = false}: the positions of the rows in that order, an int column.
// Collective.
static int argsort(lua_State *L)
{
    sorting call = {0};
    one_key(L, &call);
    run(L, "argsort", argsort_body, &call);
    return 1;
}

// core.argsort(columns, directions): positions of rows in order of several columns, a list, with a
// boolean for each in another. Raises when lengths differ. Collective.
static int argsort_all(lua_State *L)
{
    lua_Integer n = luaL_len(L, 1);
    if (n < 1 || n > MB_MOST_SORT_KEYS)
        return luaL_error(L, "argsort takes 1 to %d keys, not %I", MB_MOST_SORT_KEYS, n);
    sorting call = {.n = (int)n};
    for (int i = 0; i < call.n; i++) {
        lua_geti(L, 1, i + 1);
        call.columns[i] = mb_bind_check_column(L, -1);
        int64_t rows = call.columns[i]->layout->n_global,
                others = call.columns[0]->layout->n_global;
        if (rows != others)
            return luaL_error(L, "argsort: the lengths differ: %I rows and %I in key %d",
                              (lua_Integer)others, (lua_Integer)rows, i + 1);
        lua_geti(L, 2, i + 1);
        call.descending[i] = lua_toboolean(L, -1);
        lua_pop(L, 2);
    }
    run(L, "argsort", argsort_body, &call);
    return 1;
}

typedef struct ranking {
    mb_column *column, **result;
} ranking;

static mb_status rank_body(mb_context *cx, void *argument)
{
    ranking *call = argument;
    return mb_rank_rows(cx, call->column, call->result);
}

// c:rank(): the place of each row among the rows in ascending order, an int column; equal rows by
// row order, missing ones missing. Collective.
static int rank(lua_State *L)
{
    mb_signature signature;
    ranking call = {.column = mb_bind_check_column(L, 1)};
    call.result = mb_bind_new_column(L);
    mb_bind_signature(L, &signature, "rank");
    mb_bind_sign_column(&signature, "column", call.column);
    mb_bind_operate(L, &signature, rank_body, &call);
    mb_bind_account(L);
    return 1;
}

const luaL_Reg mb_bind_sort_methods[] = {
    {"sort", sort}, {"argsort", argsort}, {"rank", rank}, {NULL, NULL}};

const luaL_Reg mb_bind_sort_functions[] = {{"argsort", argsort_all}, {NULL, NULL}};
