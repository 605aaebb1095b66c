// Sets and matching of columns, for Lua.

#include "bind/bind.h"
#include "bind/column.h"
#include "ops/sets.h"

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

const luaL_Reg mb_bind_match_methods[] = {{NULL, NULL}};

const luaL_Reg mb_bind_match_functions[] = {{"intersect", intersect},
                                            {"union", unite},
                                            {"difference", subtract},
                                            {"symmetric_difference", symmetric_difference},
                                            {NULL, NULL}};
