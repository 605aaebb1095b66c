// Columns of ranges, constants and random numbers: pending.

#include "bind/column/box.h"
#include "bind/column/operation.h"
#include "expr/expression.h"

// Raises for a number of rows that no column has.
static void check_rows(lua_State *L, mb_call *call)
{
    luaL_argcheck(L, call->in[0].value.u < INT64_MAX / 16, 1, "not a number of rows");
}

// The rows of a range; -1 when there are too many.
static int64_t rows_of(int64_t first, int64_t last, int64_t step)
{
    uint64_t span = step > 0 ? (uint64_t)last - (uint64_t)first : (uint64_t)first - (uint64_t)last;
    uint64_t stride = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
    bool none = step > 0 ? last < first : last > first;
    // NOLINTNEXTLINE(clang-analyzer-core.DivideZero): a step of 0 was refused
    uint64_t n = none ? 0 : span / stride + 1;
    return n > INT64_MAX / 16 || (!none && n == 0) ? -1 : (int64_t)n;
}

static void prepare_range(lua_State *L, mb_call *call)
{
    luaL_argcheck(L, call->in[2].value.i != 0, 3, "the step is 0");
    int64_t n = rows_of(call->in[0].value.i, call->in[1].value.i, call->in[2].value.i);
    if (n < 0) mb_bind_error(L, "range: too many rows");
    call->in[0].n = n;
}

static mb_status run_range(mb_context *cx, const mb_given *in, mb_made *out)
{
    const mb_value values[2] = {in[0].value, in[2].value};
    return mb_expression_leaf(cx, MB_SEQUENCE, &mb_type_int, in[0].n, values, 0, &out->column);
}

static mb_status run_full(mb_context *cx, const mb_given *in, mb_made *out)
{
    const mb_value values[2] = {in[1].value, {0}};
    return mb_expression_leaf(cx, MB_CONSTANT, in[1].type, in[0].value.i, values, 0, &out->column);
}

// A bound of random numbers: an integer, or a uint.
static void read_bound(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    bool number = mb_bind_read_number(L, index, &given->kind, &given->value);
    if (number && given->kind == MB_UINT) return;
    int whole;
    given->kind = MB_INT;
    given->value.i = lua_tointegerx(L, index, &whole);
    if (!whole) mb_bind_refuse(L, call, argument, "integer", index);
}

static bool has_bound(mb_kind kind, const mb_given *bound)
{
    return mb_integer_fits(kind, mb_integer(bound->kind, bound->value.u));
}

static void prepare_random(lua_State *L, mb_call *call)
{
    const mb_given *low = &call->in[1], *high = &call->in[2];
    check_rows(L, call);
    const mb_kind kind = mb_kind_join(low->kind, high->kind);
    if (!has_bound(kind, low) || !has_bound(kind, high))
        mb_bind_error(L, "random: a bound below 0 beside a uint");
    luaL_argcheck(L, mb_order_bits(kind, low->value.u) <= mb_order_bits(kind, high->value.u), 3,
                  "high is below low");
}

static mb_status run_random(mb_context *cx, const mb_given *in, mb_made *out)
{
    const mb_value values[2] = {in[1].value, {.u = in[2].value.u - in[1].value.u + 1}};
    const mb_type *type = mb_type_of(mb_kind_join(in[1].kind, in[2].kind));
    return mb_expression_leaf(cx, MB_RANDOM, type, in[0].value.i, values, in[3].value.u,
                              &out->column);
}

#define BOUND(name) MB_OTHER(name, read_bound)

// core.range(first, last [, step]): first, first + step, ... up to last, which it includes when it
// is hit. core.full(n, value): n times a boolean, a number or a string. core.random(n, low, high,
// seed): integers from low to high, both included, uints where a bound is one; each a function of
// seed and row. All are pending.
const mb_operation mb_new_operations[] = {
    MB_OPERATION("range", "range", run_range,
                 MB_TAKES(MB_INTEGER("first"), MB_INTEGER("last"),
                          MB_INTEGER("step", .optional = true, .unless_given = {.i = 1})),
                 MB_GIVES(MB_A_COLUMN), .prepare = prepare_range, .local = true),
    MB_OPERATION("full", "full", run_full, MB_TAKES(MB_INTEGER("n"), MB_ARGUMENT(SCALAR, "value")),
                 MB_GIVES(MB_A_COLUMN), .prepare = check_rows, .local = true),
    MB_OPERATION("random", "random", run_random,
                 MB_TAKES(MB_INTEGER("n"), BOUND("low"), BOUND("high"), MB_INTEGER("seed")),
                 MB_GIVES(MB_A_COLUMN), .prepare = prepare_random, .local = true),
    {0}};
