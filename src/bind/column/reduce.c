// Reductions of columns to Lua values.

#include <string.h>

#include "bind/column/box.h"
#include "bind/column/operation.h"
#include "ops/reduce/bivariate.h"
#include "ops/reduce/zones.h"

static mb_status run_reduce(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_statistic statistic = (mb_statistic)in[3].value.i;
    mb_reduce_options options = {in[1].value.b, in[2].value.f};
    mb_scalar results[MB_STATISTICS];
    mb_status status = mb_reduce(cx, in[0].column, 1u << statistic, options, results);
    if (!status) out->value = results[statistic];
    return status;
}

MB_BODY(run_bivariate,
        mb_bivariate(cx, in[0].column, in[1].column, (mb_bivariate_statistic)in[4].value.i,
                     (mb_reduce_options){in[2].value.b, in[3].value.f}, &out->value))

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

// The statistics that a table names at 1, 2, ...: bits of value.u.
static void read_names(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    uint64_t wanted = 0;
    if (!lua_istable(L, index)) mb_bind_refuse(L, call, argument, "table", index);
    for (lua_Integer i = 1; lua_geti(L, index, i) != LUA_TNIL; i++) {
        wanted |= 1u << check_statistic(L, -1);
        lua_pop(L, 1);
    }
    if (!wanted)
        mb_bind_error(L, "'stats' takes names of statistics, as in c:stats{\"sum\", \"max\"}");
    given->value.u = wanted;
    given->text = "";
    for (int s = 0; s < MB_STATISTICS; s++)
        if (wanted >> s & 1)
            given->text = lua_pushfstring(L, "%s%s%s", given->text, *given->text ? ", " : "",
                                          mb_statistic_name((mb_statistic)s));
}

static void prepare_stats(lua_State *L, mb_call *call)
{
    call->out->data = mb_bind_scratch(L, MB_STATISTICS * sizeof(mb_scalar));
}

MB_BODY(run_zones, mb_zones(cx, in[0].column, in[1].value.i, &out->column))

MB_BODY(run_stats, mb_reduce(cx, in[0].column, (unsigned)in[1].value.u,
                             (mb_reduce_options){in[2].value.b, in[3].value.f}, out->data))

static int push_stats(lua_State *L, const mb_call *call)
{
    const mb_scalar *results = call->out->data;
    lua_newtable(L);
    for (int s = 0; s < MB_STATISTICS; s++) {
        if (!(call->in[1].value.u >> s & 1)) continue;
        mb_bind_push_result(L, results[s].type, results[s].value);
        lua_setfield(L, -2, mb_statistic_name((mb_statistic)s));
    }
    return 1;
}

#define SKIPNA       MB_OPTION(FLAG, "skipna")
#define DDOF(unless) MB_OPTION(NUMBER, "ddof", .unless_given = {.f = (unless)})
#define STATISTIC(name, ddof, statistic)                                                           \
    MB_OPERATION(name, NULL, run_reduce,                                                           \
                 MB_TAKES(MB_COLUMN("column"), SKIPNA, ddof, MB_FIXED(statistic)),                 \
                 MB_GIVES(MB_A_VALUE))
#define BIVARIATE(name, ddof, statistic)                                                           \
    MB_OPERATION(                                                                                  \
        name, NULL, run_bivariate,                                                                 \
        MB_TAKES(MB_NUMBERS("column"), MB_NUMBERS("column"), SKIPNA, ddof, MB_FIXED(statistic)),   \
        MB_GIVES(MB_A_VALUE))

// The statistics of ops/reduce/reduce.h, and of ops/reduce/bivariate.h.
const mb_operation mb_reduce_operations[] = {
    STATISTIC("sum", MB_FIXED(0), MB_SUM),
    STATISTIC("prod", MB_FIXED(0), MB_PROD),
    STATISTIC("mean", MB_FIXED(0), MB_MEAN),
    STATISTIC("var", DDOF(0), MB_VAR),
    STATISTIC("std", DDOF(0), MB_STD),
    STATISTIC("skew", MB_FIXED(0), MB_SKEW),
    STATISTIC("min", MB_FIXED(0), MB_MIN),
    STATISTIC("max", MB_FIXED(0), MB_MAX),
    STATISTIC("argmin", MB_FIXED(0), MB_ARGMIN),
    STATISTIC("argmax", MB_FIXED(0), MB_ARGMAX),
    STATISTIC("any", MB_FIXED(0), MB_ANY),
    STATISTIC("all", MB_FIXED(0), MB_ALL),
    STATISTIC("count_nonzero", MB_FIXED(0), MB_COUNT_NONZERO),
    BIVARIATE("dot", MB_FIXED(0), MB_DOT),
    BIVARIATE("cov", DDOF(1), MB_COV),
    BIVARIATE("corr", MB_FIXED(0), MB_CORR),
    MB_OPERATION("stats", NULL, run_stats,
                 MB_TAKES(MB_COLUMN("column"), MB_OTHER("statistics", read_names), SKIPNA, DDOF(0)),
                 .prepare = prepare_stats, .push = push_stats, .options_within = true),
    // core.zones(column, rows): see ops/reduce/zones.h.
    MB_OPERATION("zones", "zones", run_zones,
                 MB_TAKES(MB_COLUMN("column"), MB_COUNT("rows", .least = 1)),
                 MB_GIVES(MB_A_COLUMN)),
    {0}};
