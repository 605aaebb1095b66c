// How values are distributed: quantiles, histograms, bins.

#include <math.h>

#include "bind/bind.h"
#include "bind/column/box.h"
#include "expr/scalar.h"
#include "ops/distribute/digitize.h"
#include "ops/distribute/histogram.h"
#include "ops/distribute/quantile.h"

typedef struct ranking {
    mb_column *column;
    const double *q;
    int n;
    bool skipna;
    double *results;
} ranking;

static mb_status quantiles_body(mb_context *cx, void *argument)
{
    ranking *call = argument;
    return mb_quantiles(cx, call->column, call->q, call->n, call->skipna, call->results);
}

// core.quantiles(column, name, list, skipna): a table of the quantiles of a list. Collective.
static int quantiles(lua_State *L)
{
    enum { MOST = 1 << 16 };
    mb_signature signature;
    ranking call = {.column = mb_bind_check_column(L, 1)};
    const char *name = luaL_checkstring(L, 2);
    luaL_checktype(L, 3, LUA_TTABLE);
    lua_Integer n = luaL_len(L, 3);
    luaL_argcheck(L, n <= MOST, 3, "too many quantiles");
    double *q = mb_bind_scratch(L, (size_t)n * sizeof *q);
    call.results = mb_bind_scratch(L, (size_t)n * sizeof *q);
    call.q = q;
    call.n = (int)n;
    call.skipna = lua_toboolean(L, 4);
    mb_bind_signature(L, &signature, name);
    mb_bind_sign_column(&signature, "column", call.column);
    if (call.skipna) mb_signature_add(&signature, 1, "skipna");
    for (int i = 0; i < n; i++) {
        lua_geti(L, 3, i + 1);
        q[i] = luaL_checknumber(L, -1);
        lua_pop(L, 1);
        if (!(q[i] >= 0 && q[i] <= 1))
            return mb_bind_error(L, "%s: a quantile is from 0 to 1, got %f", name, q[i]);
        mb_signature_add(&signature, ((mb_value){.f = q[i]}).bits, "%g", q[i]);
    }
    mb_bind_operate(L, &signature, quantiles_body, &call);
    lua_createtable(L, (int)n, 0);
    for (int i = 0; i < n; i++) {
        lua_pushnumber(L, call.results[i]);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

typedef struct counting {
    mb_axis axes[MB_MOST_AXES];
    int naxes;
    uint64_t *counts;
} counting;

static mb_status histogram_body(mb_context *cx, void *argument)
{
    counting *call = argument;
    return mb_histogram(cx, call->axes, call->naxes, call->counts);
}

// A finite end of a range, at an index, as a float; says whether it is an integer, too.
static double check_end(lua_State *L, int index, const char *name, mb_int128 *whole, bool *is_whole)
{
    mb_kind kind;
    mb_value number = {0};
    if (!mb_bind_read_number(L, index, &kind, &number) || (kind == MB_FLOAT && !isfinite(number.f)))
        mb_bind_error(L, "%s: the range must be {low, high}, finite numbers with low below high",
                      name);
    const double limit = ldexp(1, 64);
    *is_whole = kind != MB_FLOAT || (number.f == floor(number.f) && fabs(number.f) <= limit);
    if (*is_whole)
        *whole = kind == MB_FLOAT ? (mb_int128)number.f
                 : kind == MB_INT ? (mb_int128)number.i
                                  : (mb_int128)number.u;
    if (kind != MB_FLOAT) mb_scalar_convert(MB_FLOAT, kind, &number);
    return number.f;
}

// The range of an axis, whose ends are the two values on top of the stack.
static void check_range(lua_State *L, const char *name, mb_axis *axis)
{
    bool low_whole, high_whole;
    axis->low = check_end(L, -2, name, &axis->least, &low_whole);
    axis->high = check_end(L, -1, name, &axis->most, &high_whole);
    axis->whole = low_whole && high_whole;
    if (axis->whole ? axis->least >= axis->most : !(axis->low < axis->high))
        mb_bind_error(L, "%s: the range must be {low, high} with low below high, got {%f, %f}",
                      name, axis->low, axis->high);
}

// An axis from the table on top of the stack: {column, bins [, low, high]}. Leaves room for its
// edges there, above the table.
static mb_axis check_axis(lua_State *L, const char *name)
{
    mb_axis axis = {0};
    int table = lua_gettop(L);
    lua_geti(L, table, 1);
    axis.column = mb_bind_check_column(L, -1);
    lua_geti(L, table, 2);
    axis.bins = luaL_checkinteger(L, -1);
    if (axis.bins < 1 || axis.bins > MB_MOST_BINS)
        mb_bind_error(L, "%s: %I bins; there may be 1 to %d", name, (lua_Integer)axis.bins,
                      MB_MOST_BINS);
    lua_geti(L, table, 3);
    lua_geti(L, table, 4);
    axis.ranged = !lua_isnil(L, -2);
    if (axis.ranged) check_range(L, name, &axis);
    lua_settop(L, table);
    axis.edges = mb_bind_scratch(L, (size_t)(axis.bins + 1) * sizeof *axis.edges);
    return axis;
}

static void sign_axis(mb_signature *signature, const mb_axis *axis)
{
    mb_bind_sign_column(signature, "column", axis->column);
    mb_signature_add(signature, (uint64_t)axis->bins, "%lld bins", (long long)axis->bins);
    if (!axis->ranged) return;
    mb_signature_add(signature, ((mb_value){.f = axis->low}).bits, "from %g", axis->low);
    mb_signature_add(signature, ((mb_value){.f = axis->high}).bits, "to %g", axis->high);
    mb_signature_add(signature, (uint64_t)axis->least ^ (uint64_t)axis->most, "%s",
                     axis->whole ? "integers" : "floats");
}

// An axis's edges as a table: integers, of the column's type, where they are whole.
static void push_edges(lua_State *L, const mb_axis *axis)
{
    mb_kind kind = axis->whole_edges ? axis->column->type->kind : MB_FLOAT;
    lua_createtable(L, (int)axis->bins + 1, 0);
    for (int64_t i = 0; i <= axis->bins; i++) {
        mb_bind_push_value(L, kind, &axis->edges[i]);
        lua_rawseti(L, -2, i + 1);
    }
}

// core.histogram(name, {column, bins [, low, high]} [, another]): a table of the counts, those of
// the last axis side by side, and one of the edges of each axis. Collective.
static int histogram(lua_State *L)
{
    mb_signature signature;
    counting call = {.naxes = lua_isnoneornil(L, 3) ? 1 : 2};
    const char *name = luaL_checkstring(L, 1);
    int64_t bins = 1;
    for (int a = 0; a < call.naxes; a++) {
        luaL_checktype(L, 2 + a, LUA_TTABLE);
        lua_pushvalue(L, 2 + a);
        call.axes[a] = check_axis(L, name);
        bins *= call.axes[a].bins;
    }
    if (bins > MB_MOST_BINS)
        return mb_bind_error(L, "%s: %I bins; there may be 1 to %d", name, (lua_Integer)bins,
                             MB_MOST_BINS);
    if (call.axes[0].column->layout->n_global != call.axes[call.naxes - 1].column->layout->n_global)
        return mb_bind_error(L, "%s: the lengths differ: %I rows, and %I", name,
                             (lua_Integer)call.axes[0].column->layout->n_global,
                             (lua_Integer)call.axes[1].column->layout->n_global);
    call.counts = mb_bind_scratch(L, (size_t)bins * sizeof(uint64_t));
    mb_bind_signature(L, &signature, name);
    for (int a = 0; a < call.naxes; a++)
        sign_axis(&signature, &call.axes[a]);
    mb_bind_operate(L, &signature, histogram_body, &call);
    lua_createtable(L, (int)bins, 0);
    for (int64_t i = 0; i < bins; i++) {
        lua_pushinteger(L, (lua_Integer)call.counts[i]);
        lua_rawseti(L, -2, i + 1);
    }
    for (int a = 0; a < call.naxes; a++)
        push_edges(L, &call.axes[a]);
    return 1 + call.naxes;
}

typedef struct digitizing {
    mb_column *column, **box;
    uint64_t *edges;
    int64_t n;
} digitizing;

static mb_status digitize_body(mb_context *cx, void *argument)
{
    digitizing *call = argument;
    return mb_digitize(cx, call->column, call->edges, call->n, call->box);
}

static void check_ascends(lua_State *L, lua_Integer i, bool ascends)
{
    if (!ascends) mb_bind_error(L, "digitize: the edges must ascend; number %I does not", i);
}

// The words of the edges in the table at 2; those that no value reaches are left off.
static void read_edges(lua_State *L, lua_Integer n, digitizing *call, mb_signature *signature)
{
    double before = -HUGE_VAL;
    for (lua_Integer i = 1; i <= n; i++) {
        mb_kind kind;
        mb_value edge;
        lua_geti(L, 2, i);
        if (!mb_bind_read_number(L, -1, &kind, &edge))
            mb_bind_error(L, "digitize: edge %I is a %s, not a number", i, luaL_typename(L, -1));
        lua_pop(L, 1);
        mb_value number = edge;
        if (kind != MB_FLOAT) mb_scalar_convert(MB_FLOAT, kind, &number);
        check_ascends(L, i, number.f >= before);
        before = number.f;
        mb_signature_add(signature, edge.bits, "%g", number.f);
        uint64_t *words = call->edges;
        bool reached = mb_edge_word(call->column->type->kind, kind, edge, &words[i - 1]);
        check_ascends(L, i,
                      !reached || (call->n == i - 1 && (i == 1 || words[i - 1] >= words[i - 2])));
        if (reached) call->n++;
    }
}

// c:digitize(edges): an int column: how many of the edges, a table of ascending numbers, are not
// above each value: its bin, from 1 on; 0 below the first. Missing where the value is. Collective.
static int digitize(lua_State *L)
{
    mb_signature signature;
    digitizing call = {.column = mb_bind_check_column(L, 1)};
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_Integer n = luaL_len(L, 2);
    call.edges = mb_bind_scratch(L, (size_t)n * sizeof *call.edges);
    mb_bind_signature(L, &signature, "digitize");
    mb_bind_sign_column(&signature, "column", call.column);
    read_edges(L, n, &call, &signature);
    call.box = mb_bind_new_column(L);
    mb_bind_operate(L, &signature, digitize_body, &call);
    mb_bind_account(L);
    return 1;
}

const mb_public mb_bind_distribute_methods[] = {{"digitize", digitize, 2}, {NULL, NULL, 0}};

const luaL_Reg mb_bind_distribute_functions[] = {
    {"quantiles", quantiles}, {"histogram", histogram}, {NULL, NULL}};
