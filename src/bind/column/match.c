// Sets and matching of columns.

#include "ops/match/match.h"
#include "bind/column/box.h"
#include "bind/column/operation.h"
#include "ops/match/interval.h"
#include "ops/match/sets.h"

MB_BODY(run_set, mb_set_operate(cx, (mb_set_operation)in[2].value.i, in[0].column, in[1].column,
                                &out->column))

MB_BODY(run_isin, mb_isin(cx, in[0].column, in[1].column, &out->column))

MB_BODY(run_find_last, mb_find_last(cx, in[0].column, in[1].column, &out->column))

static mb_status run_lookup(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_lookup what = {.keys = in[0].column,
                      .values = in[1].column,
                      .column = in[2].column,
                      .absent = in[3].given ? &in[3].value : NULL};
    return mb_lookup_rows(cx, &what, &out->column);
}

static mb_status run_find(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_lookup what = {.keys = in[0].column, .column = in[1].column};
    return mb_lookup_rows(cx, &what, &out->column);
}

static void check_intervals(lua_State *L, mb_call *call)
{
    if (call->in[0].column->type->kind == MB_BOOL)
        mb_bind_error(L, "find_interval takes int, uint or float columns, not bools");
}

static mb_status run_find_interval(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_intervals what = {.starts = in[0].column, .ends = in[1].column, .column = in[2].column};
    return mb_find_intervals(cx, &what, &out->column);
}

#define OF_TWO(name, core, first, second, place, run, ...)                                         \
    MB_OPERATION(name, core, run,                                                                  \
                 MB_TAKES(MB_COLUMN(first), MB_COLUMN(second, .like = 1), __VA_ARGS__),            \
                 MB_GIVES(MB_A_COLUMN), .among = (place))
#define SET(name, operation) OF_TWO(name, name, "column", "column", 0, run_set, MB_FIXED(operation))

// core.intersect(a, b) and its like: the distinct values in ascending order. core.isin(column,
// set): which rows are among those of the set. core.find_last(keys, column): for each row the
// position of the last of the largest keys that are not above it. core.find(keys, column): for each
// row the position of the first key that it equals.
const mb_operation mb_match_operations[] = {
    SET("intersect", MB_INTERSECT),
    SET("union", MB_UNION),
    SET("difference", MB_DIFFERENCE),
    SET("symmetric_difference", MB_SYMMETRIC_DIFFERENCE),
    OF_TWO("isin", "isin", "column", "set", 2, run_isin, MB_FIXED(0)),
    OF_TWO("join_asof", "find_last", "keys", "column", 0, run_find_last, MB_FIXED(0)),
    OF_TWO("find", "find", "keys", "column", 1, run_find, MB_FIXED(0)),
    MB_OPERATION("lookup", NULL, run_lookup,
                 MB_TAKES(MB_COLUMN("keys"), MB_COLUMN("values", .as_long = 1),
                          MB_COLUMN("column", .like = 1), MB_OPTION(VALUE, "default", .of = 2)),
                 MB_GIVES(MB_A_COLUMN), .among = 1, .every = true),
    MB_OPERATION("find_interval", NULL, run_find_interval,
                 MB_TAKES(MB_COLUMN("starts"), MB_COLUMN("ends", .like = 1, .as_long = 1),
                          MB_COLUMN("column", .like = 1)),
                 MB_GIVES(MB_A_COLUMN), .prepare = check_intervals),
    {0}};
