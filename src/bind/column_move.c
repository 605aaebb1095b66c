// Columns of rows of others: gathering.

#include "bind/bind.h"
#include "bind/column.h"
#include "ops/gather.h"

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
    if (positions->type != MB_INT)
        luaL_error(L, "gather: positions are an int column, got one of type %s",
                   mb_type_name(positions->type));
    return positions;
}

static void run_gather(lua_State *L, gathering *call)
{
    mb_signature signature;
    mb_bind_signature(L, &signature, "gather");
    mb_bind_sign_column(&signature, "positions", call->positions);
    for (int i = 0; i < call->ncolumns; i++)
        mb_bind_sign_column(&signature, "column", call->columns[i]);
    mb_bind_operate(L, &signature, gather_body, call);
    mb_bind_account(L);
}

int mb_bind_gather(lua_State *L)
{
    mb_column *column = mb_bind_check_column(L, 1), *made;
    gathering call = {.columns = &column, .ncolumns = 1, .made = &made};
    call.positions = check_positions(L, 2);
    mb_column **box = mb_bind_new_column(L);
    call.boxes = &box;
    run_gather(L, &call);
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
    run_gather(L, &call);
    return 1;
}

const luaL_Reg mb_bind_move_functions[] = {{"gather", gather}, {NULL, NULL}};
