// Reductions of columns to Lua values.

#include "bind/bind.h"
#include "bind/column.h"
#include "ops/reduce.h"

typedef struct call {
    mb_column *column;
    mb_reduction reduction;
    mb_scalar result;
} call;

static mb_status body(mb_context *cx, void *argument)
{
    call *call = argument;
    return mb_reduce(cx, call->column, call->reduction, &call->result);
}

static int reduce(lua_State *L, const char *name, mb_reduction reduction)
{
    mb_signature signature;
    call call = {.column = mb_bind_check_column(L, 1), .reduction = reduction};
    mb_bind_signature(L, &signature, name);
    mb_bind_sign_column(&signature, "column", call.column);
    mb_bind_operate(L, &signature, body, &call);
    mb_bind_push_value(L, call.result.type, &call.result.value);
    return 1;
}

// c:sum(): of a bool or int column an int, of a uint column a uint, of a float column a float, with
// the same bits on any number of ranks. Missing values are skipped; 0 of nothing; raises when an
// integer sum does not fit 64 bits. Collective.
static int sum(lua_State *L)
{
    return reduce(L, "sum", MB_SUM);
}

// c:min(), c:max(): the smallest and largest value that is not missing; NaN when there is one.
// Raises when there is no value. Collective.
static int least(lua_State *L)
{
    return reduce(L, "min", MB_MIN);
}

static int most(lua_State *L)
{
    return reduce(L, "max", MB_MAX);
}

// c:mean(): a float; NaN of nothing. Collective.
static int mean(lua_State *L)
{
    return reduce(L, "mean", MB_MEAN);
}

// c:any(), c:all(): whether any, or every, value that is not missing is true, or not zero.
// Collective.
static int any(lua_State *L)
{
    return reduce(L, "any", MB_ANY);
}

static int all(lua_State *L)
{
    return reduce(L, "all", MB_ALL);
}

const luaL_Reg mb_bind_reduce_methods[] = {{"sum", sum},   {"min", least}, {"max", most},
                                           {"mean", mean}, {"any", any},   {"all", all},
                                           {NULL, NULL}};
