// How values are distributed: quantiles, histograms, bins.

#include <math.h>

#include "bind/column/box.h"
#include "bind/column/operation.h"
#include "core/hash.h"
#include "expr/scalar.h"
#include "ops/distribute/digitize.h"
#include "ops/distribute/histogram.h"
#include "ops/distribute/quantile.h"

static double check_quantile(lua_State *L, const mb_call *call, int argument, int index)
{
    if (lua_type(L, index) != LUA_TNUMBER)
        mb_bind_refuse(L, call, argument,
                       index < 0 ? "number" : "number from 0 to 1, or a list of these", index);
    double q = lua_tonumber(L, index);
    if (!(q >= 0 && q <= 1))
        mb_bind_error(L, "%s: a quantile is from 0 to 1, got %f", call->name, q);
    return q;
}

// A number, or a list of them.
static void read_quantiles(lua_State *L, const mb_call *call, int argument, int index,
                           mb_given *given)
{
    enum { MOST = 1 << 16 };
    given->single = !lua_istable(L, index);
    given->n = given->single ? 1 : luaL_len(L, index);
    if (given->n > MOST) mb_bind_error(L, "%s: too many quantiles", call->name);
    double *q = given->data = mb_bind_scratch(L, (size_t)given->n * sizeof *q);
    if (given->single) q[0] = check_quantile(L, call, argument, index);
    for (int64_t i = 0; i < given->n && !given->single; i++) {
        lua_geti(L, index, i + 1);
        q[i] = check_quantile(L, call, argument, -1);
        lua_pop(L, 1);
    }
    given->value.u = mb_hash_bytes(0, q, (size_t)given->n * sizeof *q);
}

static void prepare_quantiles(lua_State *L, mb_call *call)
{
    call->out->data = mb_bind_scratch(L, (size_t)call->in[1].n * sizeof(mb_value));
}

MB_BODY(run_quantiles, mb_quantiles(cx, in[0].column, in[1].data, (int)in[1].n, in[2].value.b,
                                    out->data, &out->value.type))

static int push_quantiles(lua_State *L, const mb_call *call)
{
    const mb_value *results = call->out->data;
    if (!call->in[1].single) lua_createtable(L, (int)call->in[1].n, 0);
    for (int64_t i = 0; i < call->in[1].n; i++) {
        mb_bind_push_value(L, call->out->value.type, &results[i]);
        if (!call->in[1].single) lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

MB_BODY(run_median, mb_quantiles(cx, in[0].column, (const double[]){0.5}, 1, in[1].value.b,
                                 &out->value.value, &out->value.type))

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
    if (*is_whole) *whole = kind == MB_FLOAT ? (mb_int128)number.f : mb_integer(kind, number.bits);
    (void)mb_scalar_convert(MB_FLOAT, kind, &number);
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

static uint64_t hash_axis(const mb_axis *axis)
{
    const mb_value low = {.f = axis->low}, high = {.f = axis->high};
    const uint64_t words[] = {(uint64_t)axis->bins,  axis->ranged,         low.bits,   high.bits,
                              (uint64_t)axis->least, (uint64_t)axis->most, axis->whole};
    return mb_hash_bytes(axis->column->identity, words, sizeof words);
}

// An axis from a table: {column, bins [, low, high]}, with room for its edges.
static void read_axis(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    mb_axis *axis = given->data = mb_bind_scratch(L, sizeof *axis);
    if (!lua_istable(L, index)) mb_bind_refuse(L, call, argument, "table", index);
    *axis = (mb_axis){0};
    lua_geti(L, index, 1);
    axis->column = mb_bind_check_column(L, -1);
    if (axis->column->type->nominal || axis->column->type->units)
        mb_bind_raise(L, mb_type_refuse(mb_bind_context(L), call->name, axis->column->type));
    lua_geti(L, index, 2);
    axis->bins = luaL_checkinteger(L, -1);
    if (axis->bins < 1 || axis->bins > MB_MOST_BINS)
        mb_bind_error(L, "%s: %I bins; there may be 1 to %d", call->name, (lua_Integer)axis->bins,
                      MB_MOST_BINS);
    lua_geti(L, index, 3);
    lua_geti(L, index, 4);
    axis->ranged = !lua_isnil(L, -2);
    if (axis->ranged) check_range(L, call->name, axis);
    lua_pop(L, 4);
    axis->edges = mb_bind_scratch(L, (size_t)(axis->bins + 1) * sizeof *axis->edges);
    char text[64];
    mb_column_describe(axis->column, text, sizeof text);
    given->text = lua_pushfstring(L, "%I bins of an %s", (lua_Integer)axis->bins, text);
    given->value.u = hash_axis(axis);
}

// The axes with what is found of them, and the counts.
typedef struct counting {
    mb_axis axes[MB_MOST_AXES];
    uint64_t counts[];
} counting;

static int axes_of(const mb_given *in)
{
    return in[1].given ? 2 : 1;
}

static void prepare_histogram(lua_State *L, mb_call *call)
{
    const mb_axis *a = call->in[0].data, *b = call->in[1].data;
    int64_t bins = a->bins * (b ? b->bins : 1);
    if (bins > MB_MOST_BINS)
        mb_bind_error(L, "%s: %I bins; there may be 1 to %d", call->name, (lua_Integer)bins,
                      MB_MOST_BINS);
    if (b && a->column->layout->n_global != b->column->layout->n_global)
        mb_bind_error(L, "%s: the lengths differ: %I row%s, and %I", call->name,
                      (lua_Integer)a->column->layout->n_global,
                      mb_plural(a->column->layout->n_global),
                      (lua_Integer)b->column->layout->n_global);
    call->out->data = mb_bind_scratch(L, sizeof(counting) + (size_t)bins * sizeof(uint64_t));
}

static mb_status run_histogram(mb_context *cx, const mb_given *in, mb_made *out)
{
    counting *found = out->data;
    int naxes = axes_of(in);
    for (int a = 0; a < naxes; a++)
        found->axes[a] = *(const mb_axis *)in[a].data;
    return mb_histogram(cx, found->axes, naxes, found->counts);
}

// An axis's edges as a table: integers, of the column's type, where they are whole.
static void push_edges(lua_State *L, const mb_axis *axis)
{
    const mb_type *type = axis->whole_edges ? axis->column->type : &mb_type_float;
    lua_createtable(L, (int)axis->bins + 1, 0);
    for (int64_t i = 0; i <= axis->bins; i++) {
        mb_bind_push_value(L, type, &axis->edges[i]);
        lua_rawseti(L, -2, i + 1);
    }
}

static int push_histogram(lua_State *L, const mb_call *call)
{
    const counting *found = call->out->data;
    int naxes = axes_of(call->in);
    int64_t bins = found->axes[0].bins * (naxes > 1 ? found->axes[1].bins : 1);
    lua_createtable(L, (int)bins, 0);
    for (int64_t i = 0; i < bins; i++) {
        lua_pushinteger(L, (lua_Integer)found->counts[i]);
        lua_rawseti(L, -2, i + 1);
    }
    for (int a = 0; a < naxes; a++)
        push_edges(L, &found->axes[a]);
    return 1 + naxes;
}

static void check_ascends(lua_State *L, lua_Integer i, bool ascends)
{
    if (!ascends) mb_bind_error(L, "digitize: the edges must ascend; number %I does not", i);
}

// The order words of the edges in a table; those that no value reaches are left off.
static void read_edges(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    double before = -HUGE_VAL;
    if (!lua_istable(L, index)) mb_bind_refuse(L, call, argument, "table", index);
    lua_Integer n = luaL_len(L, index);
    uint64_t *words = given->data = mb_bind_scratch(L, (size_t)n * sizeof *words);
    for (lua_Integer i = 1; i <= n; i++) {
        mb_kind kind;
        mb_value edge;
        lua_geti(L, index, i);
        if (!mb_bind_read_number(L, -1, &kind, &edge))
            mb_bind_error(L, "digitize: edge %I is a %s, not a number", i, luaL_typename(L, -1));
        lua_pop(L, 1);
        mb_value number = edge;
        (void)mb_scalar_convert(MB_FLOAT, kind, &number);
        check_ascends(L, i, number.f >= before);
        before = number.f;
        given->value.u = mb_hash_word(given->value.u + (uint64_t)i, edge.bits);
        bool reached = mb_edge_word(call->in[0].column->type->kind, kind, edge, &words[i - 1]);
        check_ascends(L, i,
                      !reached || (given->n == i - 1 && (i == 1 || words[i - 1] >= words[i - 2])));
        if (reached) given->n++;
    }
}

MB_BODY(run_digitize, mb_digitize(cx, in[0].column, in[1].data, in[1].n, &out->column))

#define AXIS MB_OTHER("axis", read_axis)

// core.histogram({column, bins [, low, high]}), core.histogram2d(axis, axis): a table of the
// counts, those of the last axis side by side, and one of the edges of each axis.
const mb_operation mb_distribute_operations[] = {
    MB_OPERATION(
        "quantile", NULL, run_quantiles,
        MB_TAKES(MB_QUANTITIES("column"), MB_OTHER("q", read_quantiles), MB_OPTION(FLAG, "skipna")),
        .prepare = prepare_quantiles, .push = push_quantiles),
    MB_OPERATION("median", NULL, run_median,
                 MB_TAKES(MB_QUANTITIES("column"), MB_OPTION(FLAG, "skipna")),
                 MB_GIVES(MB_A_VALUE)),
    MB_OPERATION("histogram", "histogram", run_histogram, MB_TAKES(AXIS),
                 .prepare = prepare_histogram, .push = push_histogram),
    MB_OPERATION("histogram2d", "histogram2d", run_histogram, MB_TAKES(AXIS, AXIS),
                 .prepare = prepare_histogram, .push = push_histogram),
    MB_OPERATION("digitize", NULL, run_digitize,
                 MB_TAKES(MB_NUMBERS("column"), MB_OTHER("edges", read_edges)),
                 MB_GIVES(MB_A_COLUMN)),
    {0}};
