// Columns of rows of others: gathered, filtered, sliced, repeated, one after another.

#include "bind/column/box.h"
#include "bind/column/operation.h"
#include "expr/expression.h"
#include "ops/move/concat.h"
#include "ops/move/gather.h"
#include "ops/move/permutation.h"
#include "ops/move/repeat.h"
#include "ops/move/rows.h"
#include "ops/move/shift.h"

MB_BODY(run_gather, mb_gather(cx, in[0].columns, (int)in[0].n, in[1].column, out->columns))

static void prepare_filter(lua_State *L, mb_call *call)
{
    const mb_column *column = call->in[0].column, *mask = call->in[1].column;
    if (mask->layout->n_global != column->layout->n_global)
        mb_bind_error(L, "filter: the lengths differ: %I row%s, and a mask of %I",
                      (lua_Integer)column->layout->n_global, mb_plural(column->layout->n_global),
                      (lua_Integer)mask->layout->n_global);
    mb_bind_keep_shallow(L, column, 1);
}

static mb_status run_filter(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_layout *layout = NULL;
    mb_column *made = NULL, *mask = NULL;
    mb_status status = mb_mask_layout(cx, in[1].column, &layout);
    if (!status) status = mb_column_freeze(cx, in[1].column, &mask);
    if (!status) status = mb_expression_filter(cx, in[0].column, mask, layout, &made);
    MB_TRY(mb_conclude(cx, status, NULL));
    out->column = mb_column_retain(made);
done:
    mb_column_release(mask);
    mb_column_release(made);
    mb_layout_release(layout);
    return status;
}

static void prepare_slice(lua_State *L, mb_call *call)
{
    luaL_argcheck(L, call->in[3].value.i != 0, 4, "the step is 0");
    if (!call->in[2].given) call->in[2].value.i = call->in[3].value.i < 0 ? 1 : -1;
}

// Rows counted from 1 of a row that may count from the end; 0 or less is before the first.
static int64_t from_start(int64_t row, int64_t rows)
{
    if (row >= 0) return row;
    return row < -rows ? 0 : rows + row + 1;
}

// Rows first, first + step, ... down to last: by their positions.
static mb_status slice_backwards(mb_context *cx, mb_column *column, int64_t first, int64_t last,
                                 int64_t step, mb_column **result)
{
    int64_t rows = column->layout->n_global;
    if (first > rows) first = rows;
    if (last < 1) last = 1;
    if (step < -rows) step = -rows - 1; // one row at the most; no overflow below
    mb_value values[2] = {{.i = first}, {.i = step}};
    int64_t n = first >= last ? (first - last) / -step + 1 : 0;
    mb_column *positions = NULL;
    mb_status status = mb_expression_leaf(cx, MB_SEQUENCE, &mb_type_int, n, values, 0, &positions);
    MB_TRY(mb_step(cx, status, NULL));
    status = mb_gather(cx, &column, 1, positions, result);
done:
    mb_column_release(positions);
    return status;
}

static mb_status run_slice(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_column *column = in[0].column;
    int64_t rows = column->layout->n_global, step = in[3].value.i;
    int64_t first = from_start(in[1].value.i, rows), last = from_start(in[2].value.i, rows);
    if (step < 0) return slice_backwards(cx, column, first, last, step, &out->column);
    if (first < 1) first = 1;
    if (last > rows) last = rows;
    int64_t n = last >= first ? (last - first) / step + 1 : 0;
    if (step > rows) step = rows + 1; // one row at the most; no overflow below
    return mb_slice(cx, column, n > 0 ? first - 1 : 0, step, n, &out->column);
}

MB_BODY(run_concat, mb_concat(cx, in[0].columns, (int)in[0].n, &out->column))

MB_BODY(run_repeat, mb_repeat(cx, in[0].column, &out->column))

static void check_permutation(lua_State *L, mb_call *call)
{
    uint64_t n = call->in[0].value.u;
    luaL_argcheck(L, n < INT64_MAX / 16, 1, "not a number of rows");
    luaL_argcheck(L, call->in[1].value.u <= n, 2, "more rows than there are");
}

MB_BODY(run_permutation,
        mb_permutation(cx, in[0].value.i, in[1].value.i, in[2].value.u, &out->column))

MB_BODY(run_shift,
        mb_shift(cx, in[0].column, in[1].value.i, in[2].given ? &in[2].value : NULL, &out->column))

// c[positions], core.gather(columns, positions): columns of one length at positions, which count
// from 1, or from -1 at the end; a missing one gives a missing row. Raises for the first one that
// is out of range. c[mask]: the rows where a bool column is true, in order. core.concat(columns):
// the rows of columns of one type, one after another. core.repeat_positions(times): the position of
// each row, as often as an int column says; raises for numbers below 0. core.permutation(n, count,
// seed): the first `count` entries of a permutation of 1 .. n that the seed draws.
const mb_operation mb_move_operations[] = {
    [MB_GATHER_OPERATION] =
        MB_OPERATION("gather", "gather", run_gather,
                     MB_TAKES(MB_COLUMNS("columns", .single = true, .item = "column", .as_long = 1,
                                         .most = 1 << 16),
                              MB_ARGUMENT(POSITIONS, "positions", .read = mb_bind_read_positions,
                                          .type = &mb_type_int)),
                     .moves = true, MB_GIVES(MB_SOME_COLUMNS(1))),
    [MB_FILTER_OPERATION] =
        MB_OPERATION("filter", "filter", run_filter,
                     MB_TAKES(MB_COLUMN("column"), MB_COLUMN("mask", .type = &mb_type_bool)),
                     .moves = true, MB_GIVES(MB_A_COLUMN), .prepare = prepare_filter),
    MB_OPERATION("slice", NULL, run_slice,
                 MB_TAKES(MB_COLUMN("column"), MB_INTEGER("first"),
                          MB_INTEGER("last", .optional = true),
                          MB_INTEGER("step", .optional = true, .unless_given = {.i = 1})),
                 .moves = true, MB_GIVES(MB_A_COLUMN), .prepare = prepare_slice),
    MB_OPERATION("concat", "concat", run_concat,
                 MB_TAKES(MB_COLUMNS("columns", .item = "number", .like = 1, .most = 1 << 20)),
                 .moves = true, MB_GIVES(MB_A_COLUMN)),
    MB_OPERATION("repeat_by", "repeat_positions", run_repeat,
                 MB_TAKES(MB_COLUMN("times", .type = &mb_type_int)), MB_GIVES(MB_A_COLUMN)),
    MB_OPERATION("permutation", "permutation", run_permutation,
                 MB_TAKES(MB_INTEGER("n"), MB_INTEGER("count"), MB_INTEGER("seed")),
                 MB_GIVES(MB_A_COLUMN), .prepare = check_permutation),
    MB_OPERATION("shift", NULL, run_shift,
                 MB_TAKES(MB_COLUMN("column"), MB_INTEGER("n"),
                          MB_ARGUMENT(VALUE, "fill", .optional = true, .of = 1)),
                 .moves = true, MB_GIVES(MB_A_COLUMN)),
    {0}};
