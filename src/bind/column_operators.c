// Comparisons, logic and row selection by operators: what builds expressions.

#include "bind/bind.h"
#include "bind/column.h"
#include "expr/expression.h"

static int compare(lua_State *L, mb_operator op)
{
    mb_context *cx = mb_bind_context(L);
    mb_column *a = mb_bind_check_column(L, 1), *b = NULL;
    mb_value scalar;
    mb_type type = MB_INT;
    mb_status status;
    if (mb_bind_is_column(L, 2))
        b = mb_bind_check_column(L, 2);
    else
        type = mb_bind_check_scalar(L, 2, a, &scalar);
    mb_bind_keep_shallow(L, a);
    if (b) mb_bind_keep_shallow(L, b);
    mb_column **box = mb_bind_new_column(L);
    if (b)
        status = mb_expression_compare(cx, op, a, b, box);
    else
        status = mb_expression_compare_scalar(cx, op, a, type, scalar, box);
    return status ? mb_bind_raise(L, status) : 1;
}

// c:eq(x), :ne, :lt, :le, :gt, :ge with a column or a scalar: a pending bool column, exact between
// int, uint and float; missing where a value is. Not collective.
static int eq(lua_State *L)
{
    return compare(L, MB_EQ);
}

static int ne(lua_State *L)
{
    return compare(L, MB_NE);
}

static int lt(lua_State *L)
{
    return compare(L, MB_LT);
}

static int le(lua_State *L)
{
    return compare(L, MB_LE);
}

static int gt(lua_State *L)
{
    return compare(L, MB_GT);
}

static int ge(lua_State *L)
{
    return compare(L, MB_GE);
}

static int logic(lua_State *L, mb_operator op)
{
    mb_column *a = mb_bind_check_column(L, 1);
    mb_column *b = op == MB_NOT ? NULL : mb_bind_check_column(L, 2);
    mb_bind_keep_shallow(L, a);
    if (b) mb_bind_keep_shallow(L, b);
    mb_column **box = mb_bind_new_column(L);
    mb_status status = mb_expression_logic(mb_bind_context(L), op, a, b, box);
    return status ? mb_bind_raise(L, status) : 1;
}

static int logic_and(lua_State *L)
{
    return logic(L, MB_AND);
}

static int logic_or(lua_State *L)
{
    return logic(L, MB_OR);
}

static int logic_xor(lua_State *L)
{
    return logic(L, MB_XOR);
}

static int logic_not(lua_State *L)
{
    return logic(L, MB_NOT);
}

static int no_comparison(lua_State *L)
{
    return luaL_error(L,
                      "==, ~=, <, <=, > and >= give one boolean in Lua and cannot compare columns "
                      "element by element; use a:eq(b), :ne, :lt, :le, :gt, :ge");
}

const luaL_Reg mb_bind_operator_methods[] = {{"eq", eq}, {"ne", ne}, {"lt", lt},  {"le", le},
                                             {"gt", gt}, {"ge", ge}, {NULL, NULL}};

const luaL_Reg mb_bind_operator_metamethods[] = {{"__band", logic_and},   {"__bor", logic_or},
                                                 {"__bxor", logic_xor},   {"__bnot", logic_not},
                                                 {"__eq", no_comparison}, {"__lt", no_comparison},
                                                 {"__le", no_comparison}, {NULL, NULL}};
