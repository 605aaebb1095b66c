// Counting values, for Lua.

#include "ops/count/count.h"
#include "bind/bind.h"
#include "bind/column/box.h"

typedef struct counting {
    mb_column *column, **keys, **counts;
} counting;

static mb_status count_body(mb_context *cx, void *argument)
{
    counting *call = argument;
    return mb_value_counts(cx, call->column, call->keys, call->counts);
}

// c:value_counts(): the distinct values in ascending order, and how often each occurs: a column of
// c's type and an int column. Missing values are passed over; NaN is one value, the last, and -0.0
// is 0.0. Collective.
static int value_counts(lua_State *L)
{
    mb_signature signature;
    counting call = {.column = mb_bind_check_column(L, 1)};
    call.keys = mb_bind_new_column(L);
    call.counts = mb_bind_new_column(L);
    mb_bind_signature(L, &signature, "value_counts");
    mb_bind_sign_column(&signature, "column", call.column);
    mb_bind_operate(L, &signature, count_body, &call);
    mb_bind_account(L);
    return 2;
}

// c:unique(): the distinct values in ascending order. Collective.
static int unique(lua_State *L)
{
    lua_settop(L, 1);
    value_counts(L);
    mb_column_box *counts = mb_bind_column_box(L, -1);
    mb_column_release(counts->column);
    counts->column = NULL;
    lua_pop(L, 1);
    return 1;
}

typedef struct distinct {
    mb_column *column;
    int64_t n;
} distinct;

static mb_status distinct_body(mb_context *cx, void *argument)
{
    distinct *call = argument;
    return mb_count_distinct(cx, call->column, &call->n);
}

// c:nunique(): how many distinct values there are, missing rows not counted. Collective.
static int nunique(lua_State *L)
{
    mb_signature signature;
    distinct call = {.column = mb_bind_check_column(L, 1)};
    mb_bind_signature(L, &signature, "nunique");
    mb_bind_sign_column(&signature, "column", call.column);
    mb_bind_operate(L, &signature, distinct_body, &call);
    lua_pushinteger(L, call.n);
    return 1;
}

typedef struct ranking {
    mb_column *keys, *counts;
    int64_t k, n;
    mb_ranked *rows;
} ranking;

static mb_status rank_body(mb_context *cx, void *argument)
{
    ranking *call = argument;
    return mb_most_common(cx, call->keys, call->counts, call->k, call->rows, &call->n);
}

// core.most_common(keys, counts, k): two tables, of the k keys with the largest counts and of
// these, largest first, equal ones by key. Collective.
static int most_common(lua_State *L)
{
    mb_signature signature;
    ranking call = {.keys = mb_bind_check_column(L, 1), .counts = mb_bind_check_column(L, 2)};
    int64_t rows = call.keys->layout->n_global;
    call.k = luaL_checkinteger(L, 3);
    luaL_argcheck(L, call.k >= 0, 3, "k is below 0");
    luaL_argcheck(L, call.counts->type->kind == MB_INT, 2, "counts are an int column");
    if (call.counts->layout->n_global != rows)
        return mb_bind_error(L, "most_common: the lengths differ: %I keys and %I counts",
                             (lua_Integer)rows, (lua_Integer)call.counts->layout->n_global);
    if (call.k > rows) call.k = rows;
    call.rows = mb_bind_scratch(L, (size_t)call.k * sizeof *call.rows);
    mb_bind_signature(L, &signature, "most_common");
    mb_bind_sign_column(&signature, "keys", call.keys);
    mb_bind_sign_column(&signature, "counts", call.counts);
    mb_signature_add(&signature, (uint64_t)call.k, "k: %lld", (long long)call.k);
    mb_bind_operate(L, &signature, rank_body, &call);
    lua_createtable(L, (int)call.n, 0);
    lua_createtable(L, (int)call.n, 0);
    for (int64_t i = 0; i < call.n; i++) {
        mb_bind_push_value(L, call.keys->type->kind, &call.rows[i].key);
        lua_rawseti(L, -3, i + 1);
        lua_pushinteger(L, call.rows[i].count);
        lua_rawseti(L, -2, i + 1);
    }
    return 2;
}

const mb_public mb_bind_count_methods[] = {{"value_counts", value_counts, 1},
                                           {"unique", unique, 1},
                                           {"nunique", nunique, 1},
                                           {NULL, NULL, 0}};

const luaL_Reg mb_bind_count_functions[] = {{"most_common", most_common}, {NULL, NULL}};
