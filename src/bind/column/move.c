// Columns of rows of others: gathered, repeated, one after another.

#include "bind/bind.h"
#include "bind/column/box.h"
#include "ops/move/concat.h"
#include "ops/move/gather.h"
#include "ops/move/permutation.h"
#include "ops/move/repeat.h"

typedef struct gathering {
    mb_column **columns, *positions;
    int ncolumns;
    mb_column **made, ***boxes;
} gathering;

static mb_status gather_body(mb_context *cx, void *argument)
{
    gathering *call = argument;
    mb_status status = mb_gather(cx, call->columns, call->ncolumns, call->positions, call->made);
    for (int i = 0; i < call->ncolumns && !status; i++)
        *call->boxes[i] = call->made[i];
    return status;
}

// The positions at an index: an int column, or a table, which becomes one there.
static mb_column *check_positions(lua_State *L, int index)
{
    if (lua_istable(L, index)) {
        lua_pushcfunction(L, mb_bind_column_of_table);
        lua_pushvalue(L, index);
        lua_pushliteral(L, "int");
        lua_call(L, 2, 1);
        lua_replace(L, index);
    }
    mb_column *positions = mb_bind_check_column(L, index);
    if (positions->type->kind != MB_INT)
        mb_bind_error(L, "gather: positions are an int column, got one of type %s",
                      positions->type->name);
    return positions;
}

static void run_gather(lua_State *L, const char *name, gathering *call)
{
    mb_signature signature;
    mb_bind_signature(L, &signature, name);
    mb_bind_sign_column(&signature, "positions", call->positions);
    for (int i = 0; i < call->ncolumns; i++)
        mb_bind_sign_column(&signature, "column", call->columns[i]);
    mb_bind_operate(L, &signature, gather_body, call);
    mb_bind_account(L);
}

int mb_bind_gather(lua_State *L, const char *name)
{
    mb_column *column = mb_bind_check_column(L, 1), *made;
    gathering call = {.columns = &column, .ncolumns = 1, .made = &made};
    call.positions = check_positions(L, 2);
    mb_column **box = mb_bind_new_column(L);
    call.boxes = &box;
    run_gather(L, name, &call);
    return 1;
}

// core.gather(columns, positions): a list of columns of one length, each as c[positions], with the
// positions looked up once. Collective.
static int gather(lua_State *L)
{
    enum { MOST = 1 << 16 };
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer n = luaL_len(L, 1);
    luaL_argcheck(L, n > 0 && n < MOST, 1, "not a list of columns");
    gathering call = {.positions = check_positions(L, 2), .ncolumns = (int)n};
    lua_settop(L, 2);
    size_t size = (size_t)n * sizeof(void *);
    call.columns = mb_bind_scratch(L, size);
    call.made = mb_bind_scratch(L, size);
    call.boxes = mb_bind_scratch(L, size);
    lua_createtable(L, (int)n, 0);
    for (int i = 0; i < n; i++) {
        lua_geti(L, 1, i + 1);
        call.columns[i] = mb_bind_check_column(L, -1);
        lua_pop(L, 1);
        call.boxes[i] = mb_bind_new_column(L);
        lua_rawseti(L, -2, i + 1);
    }
    run_gather(L, "gather", &call);
    return 1;
}

typedef struct joining {
    mb_column **columns, **box;
    int n;
} joining;

static mb_status concat_body(mb_context *cx, void *argument)
{
    joining *call = argument;
    return mb_concat(cx, call->columns, call->n, call->box);
}

// core.concat(columns): the rows of columns of one type, one after another. Raises when the types
// differ. Collective.
static int concat(lua_State *L)
{
    enum { MOST = 1 << 20 };
    mb_signature signature;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer n = luaL_len(L, 1);
    luaL_argcheck(L, n > 0 && n < MOST, 1, "not a list of columns");
    joining call = {.columns = mb_bind_scratch(L, (size_t)n * sizeof(mb_column *)), .n = (int)n};
    for (int i = 0; i < n; i++) {
        lua_geti(L, 1, i + 1);
        call.columns[i] = mb_bind_check_column(L, -1);
        lua_pop(L, 1);
        if (call.columns[i]->type != call.columns[0]->type)
            return mb_bind_error(L,
                                 "concat: the types differ: %s, and %s in number %d (cast by :as)",
                                 call.columns[0]->type->name, call.columns[i]->type->name, i + 1);
    }
    call.box = mb_bind_new_column(L);
    mb_bind_signature(L, &signature, "concat");
    for (int i = 0; i < n; i++)
        mb_bind_sign_column(&signature, "column", call.columns[i]);
    mb_bind_operate(L, &signature, concat_body, &call);
    mb_bind_account(L);
    return 1;
}

static mb_status make_repeat(mb_context *cx, mb_column *times, mb_column *none, mb_column **result)
{
    (void)none;
    return mb_repeat(cx, times, result);
}

// core.repeat_positions(times): the position of each row, as often as an int column says. Raises
// for numbers below 0. Collective.
static int repeat_positions(lua_State *L)
{
    luaL_argcheck(L, mb_bind_check_column(L, 1)->type->kind == MB_INT, 1, "not an int column");
    return mb_bind_make(L, "repeat_by", 1, make_repeat);
}

typedef struct drawing {
    int64_t n, count;
    uint64_t seed;
    mb_column **box;
} drawing;

static mb_status permutation_body(mb_context *cx, void *argument)
{
    drawing *call = argument;
    return mb_permutation(cx, call->n, call->count, call->seed, call->box);
}

// core.permutation(n, count, seed): the first `count` entries of a permutation of 1 .. n that the
// seed draws. Collective.
static int permutation(lua_State *L)
{
    mb_signature signature;
    drawing call = {.n = luaL_checkinteger(L, 1),
                    .count = luaL_checkinteger(L, 2),
                    .seed = (uint64_t)luaL_checkinteger(L, 3)};
    luaL_argcheck(L, call.n >= 0 && call.n < INT64_MAX / 16, 1, "not a number of rows");
    luaL_argcheck(L, call.count >= 0 && call.count <= call.n, 2, "more rows than there are");
    call.box = mb_bind_new_column(L);
    mb_bind_signature(L, &signature, "permutation");
    mb_signature_add(&signature, (uint64_t)call.n, "of %lld", (long long)call.n);
    mb_signature_add(&signature, (uint64_t)call.count, "%lld entries", (long long)call.count);
    mb_signature_add(&signature, call.seed, "seed: %lld", (long long)call.seed);
    mb_bind_operate(L, &signature, permutation_body, &call);
    mb_bind_account(L);
    return 1;
}

const luaL_Reg mb_bind_move_functions[] = {{"gather", gather},
                                           {"concat", concat},
                                           {"repeat_positions", repeat_positions},
                                           {"permutation", permutation},
                                           {NULL, NULL}};
