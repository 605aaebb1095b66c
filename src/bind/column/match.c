// Sets and matching of columns, for Lua.

#include <string.h>

#include "bind/bind.h"
#include "bind/column/box.h"
#include "ops/match/interval.h"
#include "ops/match/match.h"
#include "ops/match/sets.h"

void mb_bind_check_same_type(lua_State *L, const char *operation, const mb_column *a,
                             const mb_column *b)
{
    if (a->type == b->type) return;
    const char *first = a->type->name, *second = b->type->name;
    mb_bind_error(L,
                  "%s: %s %s column and %s %s column do not go together; cast one of them, by "
                  ":as(\"%s\") or :as(\"%s\")",
                  operation, a->type->kind == MB_INT ? "an" : "a", first,
                  b->type->kind == MB_INT ? "an" : "a", second, first, second);
}

static int make_of_two(lua_State *L, const char *name, mb_make_column *make)
{
    mb_bind_check_same_type(L, name, mb_bind_check_column(L, 1), mb_bind_check_column(L, 2));
    return mb_bind_make(L, name, 2, make);
}

static mb_status make_intersect(mb_context *cx, mb_column *a, mb_column *b, mb_column **result)
{
    return mb_set_operate(cx, MB_INTERSECT, a, b, result);
}

static mb_status make_union(mb_context *cx, mb_column *a, mb_column *b, mb_column **result)
{
    return mb_set_operate(cx, MB_UNION, a, b, result);
}

static mb_status make_difference(mb_context *cx, mb_column *a, mb_column *b, mb_column **result)
{
    return mb_set_operate(cx, MB_DIFFERENCE, a, b, result);
}

static mb_status make_symmetric(mb_context *cx, mb_column *a, mb_column *b, mb_column **result)
{
    return mb_set_operate(cx, MB_SYMMETRIC_DIFFERENCE, a, b, result);
}

// core.intersect(a, b) and its kin: the distinct values in ascending order. Raise when the types
// differ. Collective.
static int intersect(lua_State *L)
{
    return make_of_two(L, "intersect", make_intersect);
}

static int unite(lua_State *L)
{
    return make_of_two(L, "union", make_union);
}

static int subtract(lua_State *L)
{
    return make_of_two(L, "difference", make_difference);
}

static int symmetric_difference(lua_State *L)
{
    return make_of_two(L, "symmetric_difference", make_symmetric);
}

// core.isin(column, set): a bool column: which rows are among the rows of the set, a column of the
// same type. Collective.
static int isin(lua_State *L)
{
    return make_of_two(L, "isin", mb_isin);
}

// core.find_last(keys, column): for each row of the column the position of the last of the largest
// keys that are not above it, missing where there is none. Collective.
static int find_last(lua_State *L)
{
    return make_of_two(L, "join_asof", mb_find_last);
}

typedef struct lookup {
    mb_lookup what;
    mb_value absent;
    mb_column **box;
} lookup;

static mb_status lookup_body(mb_context *cx, void *argument)
{
    lookup *call = argument;
    return mb_lookup_rows(cx, &call->what, call->box);
}

static int run_lookup(lua_State *L, const char *name, lookup *call)
{
    mb_signature signature;
    const mb_lookup *what = &call->what;
    mb_bind_check_same_type(L, name, what->keys, what->column);
    call->box = mb_bind_new_column(L);
    mb_bind_signature(L, &signature, name);
    mb_bind_sign_column(&signature, "keys", what->keys);
    if (what->values) mb_bind_sign_column(&signature, "values", what->values);
    mb_bind_sign_column(&signature, "column", what->column);
    if (what->absent)
        mb_signature_add(&signature, what->absent->bits, "default: %016llx",
                         (unsigned long long)what->absent->bits);
    mb_bind_operate(L, &signature, lookup_body, call);
    mb_bind_account(L);
    return 1;
}

// Reads {default = v} at an index; false when there is none, or mb.null.
static bool check_default(lua_State *L, int index, const mb_column *values, mb_value *value)
{
    static const char *const known[] = {"default", NULL};
    if (!mb_bind_check_options(L, index, "lookup", known)) return false;
    if (lua_getfield(L, index, "default") == LUA_TNIL) return false;
    return mb_bind_check_value(L, lua_gettop(L), "lookup: default", values, value);
}

// keys:lookup(values, column [, {default = v}]): for each row of the column the value at the key
// that it equals. Raises for keys that are there more than once, naming one. Collective.
static int look_up(lua_State *L)
{
    lookup call = {.what = {.keys = mb_bind_check_column(L, 1),
                            .values = mb_bind_check_column(L, 2),
                            .column = mb_bind_check_column(L, 3)}};
    mb_lookup *what = &call.what;
    if (what->keys->layout->n_global != what->values->layout->n_global)
        return mb_bind_error(L, "lookup: the lengths differ: %I keys and %I values",
                             (lua_Integer)what->keys->layout->n_global,
                             (lua_Integer)what->values->layout->n_global);
    if (check_default(L, 4, what->values, &call.absent)) what->absent = &call.absent;
    return run_lookup(L, "lookup", &call);
}

// keys:find(column): for each row the position of the first key that it equals, missing where none
// does. Collective.
static int find(lua_State *L)
{
    lookup call = {
        .what = {.keys = mb_bind_check_column(L, 1), .column = mb_bind_check_column(L, 2)}};
    return run_lookup(L, "find", &call);
}

typedef struct intervals {
    mb_intervals what;
    mb_column **box;
} intervals;

static mb_status interval_body(mb_context *cx, void *argument)
{
    intervals *call = argument;
    return mb_find_intervals(cx, &call->what, call->box);
}

// starts:find_interval(ends, column): for each row of the column the position of the interval that
// holds it, missing where none does. Raises for intervals that overlap. Collective.
static int find_interval(lua_State *L)
{
    mb_signature signature;
    intervals call = {.what = {.starts = mb_bind_check_column(L, 1),
                               .ends = mb_bind_check_column(L, 2),
                               .column = mb_bind_check_column(L, 3)}};
    const mb_intervals *what = &call.what;
    mb_bind_check_same_type(L, "find_interval", what->starts, what->ends);
    mb_bind_check_same_type(L, "find_interval", what->starts, what->column);
    if (what->starts->type->kind == MB_BOOL)
        return mb_bind_error(L, "find_interval takes int, uint or float columns, not bools");
    if (what->starts->layout->n_global != what->ends->layout->n_global)
        return mb_bind_error(L, "find_interval: the lengths differ: %I starts and %I ends",
                             (lua_Integer)what->starts->layout->n_global,
                             (lua_Integer)what->ends->layout->n_global);
    call.box = mb_bind_new_column(L);
    mb_bind_signature(L, &signature, "find_interval");
    mb_bind_sign_column(&signature, "starts", what->starts);
    mb_bind_sign_column(&signature, "ends", what->ends);
    mb_bind_sign_column(&signature, "column", what->column);
    mb_bind_operate(L, &signature, interval_body, &call);
    mb_bind_account(L);
    return 1;
}

const mb_public mb_bind_match_methods[] = {{"lookup", look_up, 4},
                                           {"find", find, 2},
                                           {"find_interval", find_interval, 3},
                                           {NULL, NULL, 0}};

const luaL_Reg mb_bind_match_functions[] = {{"isin", isin},

                                            {"find_last", find_last},
                                            {"intersect", intersect},
                                            {"union", unite},
                                            {"difference", subtract},
                                            {"symmetric_difference", symmetric_difference},
                                            {NULL, NULL}};
