// Sets and matching of columns, for Lua.

#include <string.h>

#include "bind/bind.h"
#include "bind/column.h"
#include "ops/match/interval.h"
#include "ops/match/join.h"
#include "ops/match/match.h"
#include "ops/match/sets.h"

// Raises unless two columns have one type: values of different types are not matched.
static void check_same_type(lua_State *L, const char *operation, const mb_column *a,
                            const mb_column *b)
{
    if (a->type == b->type) return;
    const char *first = mb_type_name(a->type), *second = mb_type_name(b->type);
    luaL_error(L,
               "%s: %s %s column and %s %s column do not go together; cast one of them, by "
               ":as(\"%s\") or :as(\"%s\")",
               operation, a->type == MB_INT ? "an" : "a", first, b->type == MB_INT ? "an" : "a",
               second, first, second);
}

typedef struct set_call {
    mb_set_operation operation;
    mb_column *a, *b, **box;
} set_call;

static mb_status set_body(mb_context *cx, void *argument)
{
    set_call *call = argument;
    return mb_set_operate(cx, call->operation, call->a, call->b, call->box);
}

static int set_operation(lua_State *L, mb_set_operation operation, const char *name)
{
    mb_signature signature;
    set_call call = {.operation = operation};
    call.a = mb_bind_check_column(L, 1);
    call.b = mb_bind_check_column(L, 2);
    check_same_type(L, name, call.a, call.b);
    call.box = mb_bind_new_column(L);
    mb_bind_signature(L, &signature, name);
    mb_bind_sign_column(&signature, "a", call.a);
    mb_bind_sign_column(&signature, "b", call.b);
    mb_bind_operate(L, &signature, set_body, &call);
    mb_bind_account(L);
    return 1;
}

// core.intersect(a, b) and its kin: the distinct values in ascending order. Raise when the types
// differ. Collective.
static int intersect(lua_State *L)
{
    return set_operation(L, MB_INTERSECT, "intersect");
}

static int unite(lua_State *L)
{
    return set_operation(L, MB_UNION, "union");
}

static int subtract(lua_State *L)
{
    return set_operation(L, MB_DIFFERENCE, "difference");
}

static int symmetric_difference(lua_State *L)
{
    return set_operation(L, MB_SYMMETRIC_DIFFERENCE, "symmetric_difference");
}

typedef struct membership {
    mb_column *column, *set, **box;
} membership;

static mb_status isin_body(mb_context *cx, void *argument)
{
    membership *call = argument;
    return mb_isin(cx, call->column, call->set, call->box);
}

// core.isin(column, set): a bool column: which rows are among the rows of the set, a column of the
// same type. Collective.
static int isin(lua_State *L)
{
    mb_signature signature;
    membership call = {.column = mb_bind_check_column(L, 1), .set = mb_bind_check_column(L, 2)};
    check_same_type(L, "isin", call.column, call.set);
    call.box = mb_bind_new_column(L);
    mb_bind_signature(L, &signature, "isin");
    mb_bind_sign_column(&signature, "column", call.column);
    mb_bind_sign_column(&signature, "set", call.set);
    mb_bind_operate(L, &signature, isin_body, &call);
    mb_bind_account(L);
    return 1;
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
    check_same_type(L, name, what->keys, what->column);
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
    bool given = false;
    if (lua_isnoneornil(L, index)) return false;
    luaL_checktype(L, index, LUA_TTABLE);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING || strcmp(lua_tostring(L, -2), "default") != 0)
            luaL_argerror(L, index, "the options are {default = value}");
        if (mb_bind_is_null(L, -1)) continue;
        mb_type type = mb_bind_check_scalar(L, lua_gettop(L), values, value);
        if (type == MB_INT && values->type == MB_FLOAT) {
            double number = (double)value->i;
            value->f = number;
            type = MB_FLOAT;
        }
        if (type != values->type)
            luaL_error(L, "lookup: the default is %s %s, and the values are %s",
                       type == MB_INT ? "an" : "a", mb_type_name(type), mb_type_name(values->type));
        given = true;
    }
    return given;
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
        return luaL_error(L, "lookup: the lengths differ: %I keys and %I values",
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

typedef struct joining {
    mb_join what;
    mb_column **boxes[2];
} joining;

static mb_status join_body(mb_context *cx, void *argument)
{
    joining *call = argument;
    mb_column *positions[2];
    mb_status status = mb_join_positions(cx, &call->what, positions);
    if (status) return status;
    for (int i = 0; i < 2; i++)
        *call->boxes[i] = positions[i];
    return MB_OK;
}

// core.join(left, right, keep, bytes [, values]): positions of the left and the right rows with
// equal keys, in the order of the left rows; with keep left rows without partner too, beside a
// missing position. Where no key of the right is there twice the first is nil, and the second has a
// row for each row of the left, missing where there is no partner: its position, or its row of
// `values`, a column of the right that has no missing rows. `bytes` are those of a row of the table
// that will be made. Collective.
static int join(lua_State *L)
{
    mb_signature signature;
    joining call = {.what = {.left = mb_bind_check_column(L, 1),
                             .right = mb_bind_check_column(L, 2),
                             .keep = lua_toboolean(L, 3),
                             .row_bytes = luaL_checkinteger(L, 4)}};
    if (!lua_isnoneornil(L, 5)) call.what.values = mb_bind_check_column(L, 5);
    check_same_type(L, "join", call.what.left, call.what.right);
    call.boxes[0] = mb_bind_new_column(L);
    call.boxes[1] = mb_bind_new_column(L);
    mb_bind_signature(L, &signature, "join");
    mb_bind_sign_column(&signature, "left", call.what.left);
    mb_bind_sign_column(&signature, "right", call.what.right);
    if (call.what.values) mb_bind_sign_column(&signature, "values", call.what.values);
    mb_signature_add(&signature, call.what.keep, "keep: %d", call.what.keep);
    mb_signature_add(&signature, (uint64_t)call.what.row_bytes, "bytes: %lld",
                     (long long)call.what.row_bytes);
    mb_bind_operate(L, &signature, join_body, &call);
    mb_bind_account(L);
    if (*call.boxes[0]) return 2;
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
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
    check_same_type(L, "find_interval", what->starts, what->ends);
    check_same_type(L, "find_interval", what->starts, what->column);
    if (what->starts->type == MB_BOOL)
        return luaL_error(L, "find_interval takes int, uint or float columns, not bools");
    if (what->starts->layout->n_global != what->ends->layout->n_global)
        return luaL_error(L, "find_interval: the lengths differ: %I starts and %I ends",
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

static mb_status last_body(mb_context *cx, void *argument)
{
    membership *call = argument;
    return mb_find_last(cx, call->set, call->column, call->box);
}

// core.find_last(keys, column): for each row of the column the position of the last of the largest
// keys that are not above it, missing where there is none. Collective.
static int find_last(lua_State *L)
{
    mb_signature signature;
    membership call = {.set = mb_bind_check_column(L, 1), .column = mb_bind_check_column(L, 2)};
    check_same_type(L, "join_asof", call.set, call.column);
    call.box = mb_bind_new_column(L);
    mb_bind_signature(L, &signature, "join_asof");
    mb_bind_sign_column(&signature, "keys", call.set);
    mb_bind_sign_column(&signature, "column", call.column);
    mb_bind_operate(L, &signature, last_body, &call);
    mb_bind_account(L);
    return 1;
}

const luaL_Reg mb_bind_match_methods[] = {
    {"lookup", look_up}, {"find", find}, {"find_interval", find_interval}, {NULL, NULL}};

const luaL_Reg mb_bind_match_functions[] = {{"isin", isin},
                                            {"join", join},
                                            {"find_last", find_last},
                                            {"intersect", intersect},
                                            {"union", unite},
                                            {"difference", subtract},
                                            {"symmetric_difference", symmetric_difference},
                                            {NULL, NULL}};
