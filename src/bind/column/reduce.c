// Reductions of columns to Lua values.

#include <stdio.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/column/box.h"
#include "ops/reduce/bivariate.h"
#include "ops/reduce/reduce.h"

// Options of an argument: skipna, and ddof where it means something, `ddof` unless given.
static void read_options(lua_State *L, int table, const char *name, bool takes_ddof, double ddof,
                         mb_reduce_options *options)
{
    static const char *const known[] = {"skipna", "ddof", NULL}, *const plain[] = {"skipna", NULL};
    *options = (mb_reduce_options){false, ddof};
    if (!mb_bind_check_options(L, table, name, takes_ddof ? known : plain)) return;
    options->skipna = mb_bind_flag_option(L, table, name, "skipna");
    if (takes_ddof) options->ddof = mb_bind_number_option(L, table, name, "ddof", ddof);
}

// Options that are as by default are left out, as most calls give none.
static void sign_options(mb_signature *signature, mb_reduce_options options)
{
    mb_value ddof = {.f = options.ddof};
    if (options.skipna) mb_signature_add(signature, 1, "skipna");
    if (options.ddof != 0) mb_signature_add(signature, ddof.bits, "ddof: %g", options.ddof);
}

typedef struct reduction {
    mb_column *column;
    unsigned wanted;
    mb_reduce_options options;
    mb_scalar results[MB_STATISTICS];
} reduction;

static mb_status reduction_body(mb_context *cx, void *argument)
{
    reduction *call = argument;
    return mb_reduce(cx, call->column, call->wanted, call->options, call->results);
}

// c:sum(options) and the other statistics of ops/reduce/reduce.h, by upvalue 1: a value. Options
// are skipna, which leaves NaN out as missing values are, and ddof for var and std. Raises for
// other options, when an integer sum does not fit, and for the min, max, argmin or argmax of
// nothing. Collective.
static int reduce(lua_State *L)
{
    mb_signature signature;
    mb_statistic statistic = (mb_statistic)lua_tointeger(L, lua_upvalueindex(1));
    const char *name = mb_statistic_name(statistic);
    reduction call = {.column = mb_bind_check_column(L, 1), .wanted = 1u << statistic};
    read_options(L, 2, name, statistic == MB_VAR || statistic == MB_STD, 0, &call.options);
    mb_bind_signature(L, &signature, name);
    mb_bind_sign_column(&signature, "column", call.column);
    sign_options(&signature, call.options);
    mb_bind_operate(L, &signature, reduction_body, &call);
    mb_bind_push_value(L, call.results[statistic].type->kind, &call.results[statistic].value);
    return 1;
}

static mb_statistic check_statistic(lua_State *L, int index)
{
    const char *name = lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : NULL;
    for (int s = 0; s < MB_STATISTICS && name; s++)
        if (strcmp(name, mb_statistic_name((mb_statistic)s)) == 0) return (mb_statistic)s;
    const char *known[MB_STATISTICS + 3] = {"median", "nunique"}; // of moonbear.distribute
    for (int s = 0; s < MB_STATISTICS; s++)
        known[s + 2] = mb_statistic_name((mb_statistic)s);
    name = luaL_tolstring(L, index, NULL);
    mb_bind_error(L, "'stats' has no statistic '%s'%s", name,
                  mb_bind_push_mend(L, "statistic", name, known));
    return MB_STATISTICS;
}

// The statistics that a table names at 1, 2, ...
static unsigned read_names(lua_State *L, int table)
{
    unsigned wanted = 0;
    for (lua_Integer i = 1; lua_geti(L, table, i) != LUA_TNIL; i++) {
        wanted |= 1u << check_statistic(L, -1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    if (!wanted)
        mb_bind_error(L, "'stats' takes names of statistics, as in c:stats{\"sum\", \"max\"}");
    return wanted;
}

static void sign_names(mb_signature *signature, unsigned wanted)
{
    char text[128] = "";
    for (int s = 0; s < MB_STATISTICS; s++) {
        size_t length = strlen(text);
        if (wanted >> s & 1)
            snprintf(text + length, sizeof text - length, "%s%s", length ? ", " : "",
                     mb_statistic_name((mb_statistic)s));
    }
    mb_signature_add(signature, wanted, "statistics: %s", text);
}

// c:stats{"sum", "max", ..., skipna =, ddof =}: a table of the statistics by name, from one pass
// over the column. Raises as each of them does. Collective.
static int stats(lua_State *L)
{
    mb_signature signature;
    reduction call = {.column = mb_bind_check_column(L, 1)};
    luaL_checktype(L, 2, LUA_TTABLE);
    read_options(L, 2, "stats", true, 0, &call.options);
    call.wanted = read_names(L, 2);
    mb_bind_signature(L, &signature, "stats");
    mb_bind_sign_column(&signature, "column", call.column);
    sign_options(&signature, call.options);
    sign_names(&signature, call.wanted);
    mb_bind_operate(L, &signature, reduction_body, &call);
    lua_newtable(L);
    for (int s = 0; s < MB_STATISTICS; s++) {
        if (!(call.wanted >> s & 1)) continue;
        mb_bind_push_value(L, call.results[s].type->kind, &call.results[s].value);
        lua_setfield(L, -2, mb_statistic_name((mb_statistic)s));
    }
    return 1;
}

typedef struct bivariate {
    mb_column *a, *b;
    mb_bivariate_statistic statistic;
    mb_reduce_options options;
    mb_scalar result;
} bivariate;

static mb_status bivariate_body(mb_context *cx, void *argument)
{
    bivariate *call = argument;
    return mb_bivariate(cx, call->a, call->b, call->statistic, call->options, &call->result);
}

// a:dot(b, options), :cov, :corr, by upvalue 1: a value. Options as for c:sum; ddof for cov. Raises
// when the lengths differ; dot also when it does not fit, and for an int with a uint. Collective.
static int reduce_two(lua_State *L)
{
    mb_signature signature;
    mb_bivariate_statistic statistic =
        (mb_bivariate_statistic)lua_tointeger(L, lua_upvalueindex(1));
    const char *name = mb_bivariate_name(statistic);
    bivariate call = {.statistic = statistic};
    call.a = mb_bind_check_column(L, 1);
    call.b = mb_bind_check_column(L, 2);
    read_options(L, 3, name, statistic == MB_COV, 1, &call.options);
    mb_bind_signature(L, &signature, name);
    mb_bind_sign_column(&signature, "column", call.a);
    mb_bind_sign_column(&signature, "column", call.b);
    sign_options(&signature, call.options);
    mb_bind_operate(L, &signature, bivariate_body, &call);
    mb_bind_push_value(L, call.result.type->kind, &call.result.value);
    return 1;
}

void mb_bind_set_reductions(lua_State *L)
{
    mb_public method = {.call = reduce, .most = 2};
    for (int s = 0; s < MB_STATISTICS; s++) {
        method.name = mb_statistic_name((mb_statistic)s);
        lua_pushinteger(L, s);
        mb_bind_push_public(L, &method, "column");
        lua_setfield(L, -2, method.name);
    }
    method = (mb_public){.call = reduce_two, .most = 3};
    for (int s = MB_DOT; s <= MB_CORR; s++) {
        method.name = mb_bivariate_name((mb_bivariate_statistic)s);
        lua_pushinteger(L, s);
        mb_bind_push_public(L, &method, "column");
        lua_setfield(L, -2, method.name);
    }
    mb_bind_set_methods(L, (const mb_public[]){{"stats", stats, 2}, {NULL, NULL, 0}});
}
