// Sorting.

#include <math.h>

#include "bind/column/box.h"
#include "bind/column/operation.h"
#include "expr/scalar.h"
#include "ops/distribute/digitize.h"
#include "ops/sort/sort.h"
#include "ops/sort/sorted.h"
#include "ops/sort/top.h"
#include "order/order.h"

MB_BODY(run_sort, mb_sort(cx, in[0].column, in[1].value.b, &out->column))

MB_BODY(run_argsort, mb_argsort(cx, in[0].columns, (int)in[0].n, in[1].flags, &out->column))

MB_BODY(run_is_sorted, mb_is_sorted(cx, in[0].column, in[1].value.b, &out->value.value.b))

MB_BODY(run_searchsorted,
        mb_search_sorted(cx, in[0].column, in[1].column, in[2].value.b, &out->column))

MB_BODY(run_top,
        mb_top(cx, in[0].column, in[1].value.i, in[2].value.b, &out[0].column, &out[1].column))

// The word of order of the least value of a type that is not below a number, or is above it.
static bool bound_word(mb_kind kind, mb_kind given, mb_value number, bool after, uint64_t *word)
{
    *word = MB_ORDER_NAN;
    if (given == MB_FLOAT && isnan(number.f)) return mb_kind_has_nan(kind) && !after; // NaN is last
    if (!mb_edge_word(kind, given, number, word)) return false;
    if (!after || !mb_scalar_convert(kind, given, &number)) return true;
    return ++*word != 0;
}

// core.sorted_bound(x, type, after): the least value of a type of numbers that is not below the
// number x, or with `after` is above it; nil when there is none. NaN is above all others. Not
// collective.
static int sorted_bound(lua_State *L)
{
    mb_kind given;
    mb_value number;
    uint64_t word;
    luaL_argcheck(L, mb_bind_read_number(L, 1, &given, &number), 1, "not a number");
    const mb_type *type = mb_bind_check_type(L, 2);
    const mb_kind kind = type->kind;
    luaL_argcheck(L, kind != MB_BOOL, 2, "not a type of numbers");
    bool any = bound_word(kind, given, number, lua_toboolean(L, 3), &word);
    mb_value bound = mb_unorder_value(kind, word);
    mb_bind_push_value(L, type, any ? &bound : NULL);
    return 1;
}

const luaL_Reg mb_bind_sort_functions[] = {{"sorted_bound", sorted_bound}, {NULL, NULL}};

#define DESCENDING MB_OPTION(FLAG, "descending")
#define ARGSORT(core)                                                                              \
    MB_OPERATION("argsort", core, run_argsort,                                                     \
                 MB_TAKES(MB_COLUMNS("columns", .single = true, .item = "key", .as_long = 1,       \
                                     .most = MB_MOST_SORT_KEYS),                                   \
                          MB_OPTION(FLAGS, "descending", .of = 1, .item = "direction")),           \
                 MB_GIVES(MB_A_COLUMN))
#define TOP(name, largest)                                                                         \
    MB_OPERATION(name, NULL, run_top,                                                              \
                 MB_TAKES(MB_COLUMN("column"), MB_COUNT("k"), MB_FIXED(largest)),                  \
                 MB_GIVES(MB_A_COLUMN, MB_A_COLUMN))

// core.argsort(columns, {descending = one for all, or a list}): positions in the order of several
// columns. core.searchsorted(c, values, after): the position where each row of `values` belongs in
// c, before or after equal rows; raises when c is not in ascending order.
const mb_operation mb_sort_operations[] = {
    MB_OPERATION("sort", NULL, run_sort, MB_TAKES(MB_COLUMN("column"), DESCENDING),
                 MB_GIVES(MB_A_COLUMN)),
    ARGSORT(NULL),
    ARGSORT("argsort"),
    MB_OPERATION("is_sorted", NULL, run_is_sorted, MB_TAKES(MB_COLUMN("column"), DESCENDING),
                 MB_GIVES(MB_A_SCALAR(bool))),
    TOP("topk", true),
    TOP("bottomk", false),
    MB_OPERATION("searchsorted", "searchsorted", run_searchsorted,
                 MB_TAKES(MB_COLUMN("column"), MB_COLUMN("values", .like = 1), MB_FLAG("after")),
                 MB_GIVES(MB_A_COLUMN)),
    {0}};
