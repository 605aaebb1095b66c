// Sorting, for Lua.

#include <math.h>

#include "bind/bind.h"
#include "bind/column/box.h"
#include "expr/scalar.h"
#include "ops/distribute/digitize.h"
#include "ops/sort/sort.h"
#include "ops/sort/sorted.h"
#include "ops/sort/top.h"
#include "order/order.h"

typedef struct sorting {
    int n;
    mb_column *columns[MB_MOST_SORT_KEYS];
    bool descending[MB_MOST_SORT_KEYS];
    mb_column **result;
} sorting;

static mb_status sort_body(mb_context *cx, void *argument)
{
    sorting *call = argument;
    return mb_sort(cx, call->columns[0], call->descending[0], call->result);
}

static mb_status argsort_body(mb_context *cx, void *argument)
{
    sorting *call = argument;
    return mb_argsort(cx, call->columns, call->n, call->descending, call->result);
}

static void run(lua_State *L, const char *name, mb_body body, sorting *call)
{
    mb_signature signature;
    call->result = mb_bind_new_column(L);
    mb_bind_signature(L, &signature, name);
    for (int i = 0; i < call->n; i++) {
        mb_bind_sign_column(&signature, "key", call->columns[i]);
        mb_signature_add(&signature, call->descending[i], "%s",
                         call->descending[i] ? "descending" : "ascending");
    }
    mb_bind_operate(L, &signature, body, call);
    mb_bind_account(L);
}

// The column at 1 and the options at 2: {descending = boolean}.
static void one_key(lua_State *L, const char *name, sorting *call)
{
    static const char *const known[] = {"descending", NULL};
    call->n = 1;
    call->columns[0] = mb_bind_check_column(L, 1);
    if (mb_bind_check_options(L, 2, name, known))
        call->descending[0] = mb_bind_flag_option(L, 2, name, "descending");
}

// c:sort{descending = false}: the rows in order, NaN and then missing rows last. Collective.
static int sort(lua_State *L)
{
    sorting call = {0};
    one_key(L, "sort", &call);
    run(L, "sort", sort_body, &call);
    return 1;
}

// c:argsort{descending = false}: the positions of the rows in that order, an int column.
// Collective.
static int argsort(lua_State *L)
{
    sorting call = {0};
    one_key(L, "argsort", &call);
    run(L, "argsort", argsort_body, &call);
    return 1;
}

// core.argsort(columns, directions): positions of rows in order of several columns, a list, with a
// boolean for each in another. Raises when lengths differ. Collective.
static int argsort_all(lua_State *L)
{
    lua_Integer n = luaL_len(L, 1);
    if (n < 1 || n > MB_MOST_SORT_KEYS)
        return mb_bind_error(L, "argsort takes 1 to %d keys, not %I", MB_MOST_SORT_KEYS, n);
    sorting call = {.n = (int)n};
    for (int i = 0; i < call.n; i++) {
        lua_geti(L, 1, i + 1);
        call.columns[i] = mb_bind_check_column(L, -1);
        int64_t rows = call.columns[i]->layout->n_global,
                others = call.columns[0]->layout->n_global;
        if (rows != others)
            return mb_bind_error(L, "argsort: the lengths differ: %I rows and %I in key %d",
                                 (lua_Integer)others, (lua_Integer)rows, i + 1);
        lua_geti(L, 2, i + 1);
        call.descending[i] = lua_toboolean(L, -1);
        lua_pop(L, 2);
    }
    run(L, "argsort", argsort_body, &call);
    return 1;
}

static mb_status make_rank(mb_context *cx, mb_column *column, mb_column *none, mb_column **result)
{
    (void)none;
    return mb_rank_rows(cx, column, result);
}

// c:rank(): the place of each row among the rows in ascending order, an int column; equal rows by
// row order, missing ones missing. Collective.
static int rank(lua_State *L)
{
    return mb_bind_make(L, "rank", 1, make_rank);
}

typedef struct checking {
    mb_column *column;
    bool descending, sorted;
} checking;

static mb_status check_body(mb_context *cx, void *argument)
{
    checking *call = argument;
    return mb_is_sorted(cx, call->column, call->descending, &call->sorted);
}

// c:is_sorted{descending = false}: whether the rows are in the order of sort. Collective.
static int is_sorted(lua_State *L)
{
    mb_signature signature;
    sorting key = {0};
    one_key(L, "is_sorted", &key);
    checking call = {.column = key.columns[0], .descending = key.descending[0]};
    mb_bind_signature(L, &signature, "is_sorted");
    mb_bind_sign_column(&signature, "column", call.column);
    mb_signature_add(&signature, call.descending, "%s",
                     call.descending ? "descending" : "ascending");
    mb_bind_operate(L, &signature, check_body, &call);
    lua_pushboolean(L, call.sorted);
    return 1;
}

typedef struct placing {
    mb_column *column, *values, **result;
    bool after;
} placing;

static mb_status place_body(mb_context *cx, void *argument)
{
    placing *call = argument;
    return mb_search_sorted(cx, call->column, call->values, call->after, call->result);
}

// core.searchsorted(c, values, after): the position where each row of `values`, of c's type,
// belongs in c, before or after equal rows. Raises when c is not in ascending order. Collective.
static int search_sorted(lua_State *L)
{
    mb_signature signature;
    placing call = {.column = mb_bind_check_column(L, 1), .values = mb_bind_check_column(L, 2)};
    call.after = lua_toboolean(L, 3);
    if (call.values->type != call.column->type)
        return mb_bind_error(
            L, "searchsorted: %s values in a column of type %s; cast one of them, by :as",
            call.values->type->name, call.column->type->name);
    call.result = mb_bind_new_column(L);
    mb_bind_signature(L, &signature, "searchsorted");
    mb_bind_sign_column(&signature, "column", call.column);
    mb_bind_sign_column(&signature, "values", call.values);
    mb_signature_add(&signature, call.after, "%s", call.after ? "right" : "left");
    mb_bind_operate(L, &signature, place_body, &call);
    mb_bind_account(L);
    return 1;
}

// The word of order of the least value of a type that is not below a number, or is above it.
static bool bound_word(mb_kind kind, mb_kind given, mb_value number, bool after, uint64_t *word)
{
    *word = MB_ORDER_NAN;
    if (given == MB_FLOAT && isnan(number.f)) return kind == MB_FLOAT && !after; // NaN is last
    if (!mb_edge_word(kind, given, number, word)) return false;
    if (!after || !mb_scalar_convert(kind, given, &number)) return true;
    return ++*word != 0;
}

// core.sorted_bound(x, type, after): the least value of a type of numbers that is not below the
// number x, or with `after` is above it; nil when there is none. NaN is above all others. Not
// collective.
static int sorted_bound(lua_State *L)
{
    mb_kind kind, given;
    mb_value number, bound;
    uint64_t word;
    luaL_argcheck(L, mb_bind_read_number(L, 1, &given, &number), 1, "not a number");
    kind = mb_bind_check_type(L, 2)->kind;
    luaL_argcheck(L, kind != MB_BOOL, 2, "not a type of numbers");
    bool any = bound_word(kind, given, number, lua_toboolean(L, 3), &word);
    if (kind == MB_FLOAT)
        bound.f = mb_unorder_float(word);
    else
        bound.u = mb_order_bits(kind, word);
    mb_bind_push_value(L, kind, any ? &bound : NULL);
    return 1;
}

typedef struct choosing {
    mb_column *column, **values, **positions;
    int64_t k;
    bool largest;
} choosing;

static mb_status top_body(mb_context *cx, void *argument)
{
    choosing *call = argument;
    return mb_top(cx, call->column, call->k, call->largest, call->values, call->positions);
}

static int choose(lua_State *L, const char *name, bool largest)
{
    mb_signature signature;
    choosing call = {.column = mb_bind_check_column(L, 1), .largest = largest};
    call.k = luaL_checkinteger(L, 2);
    luaL_argcheck(L, call.k >= 0, 2, "k is below 0");
    call.values = mb_bind_new_column(L);
    call.positions = mb_bind_new_column(L);
    mb_bind_signature(L, &signature, name);
    mb_bind_sign_column(&signature, "column", call.column);
    mb_signature_add(&signature, (uint64_t)call.k, "k: %lld", (long long)call.k);
    mb_bind_operate(L, &signature, top_body, &call);
    mb_bind_account(L);
    return 2;
}

// c:topk(k), c:bottomk(k): the k largest values, largest first, or smallest, smallest first, and
// their positions; equal ones by position, NaN and missing rows left out. Collective.
static int topk(lua_State *L)
{
    return choose(L, "topk", true);
}

static int bottomk(lua_State *L)
{
    return choose(L, "bottomk", false);
}

const mb_public mb_bind_sort_methods[] = {
    {"sort", sort, 2}, {"argsort", argsort, 2}, {"rank", rank, 1}, {"is_sorted", is_sorted, 2},
    {"topk", topk, 2}, {"bottomk", bottomk, 2}, {NULL, NULL, 0}};

const luaL_Reg mb_bind_sort_functions[] = {{"argsort", argsort_all},
                                           {"searchsorted", search_sorted},
                                           {"sorted_bound", sorted_bound},
                                           {NULL, NULL}};
