// Global variables of scripts, set and read by a host.

#include <lauxlib.h>
#include <string.h>

#include "bind/session/chunk.h"
#include "host/reference.h"
#include "host/variant.h"

typedef struct variable {
    const char *caller, *name;
    mb_variant value;
    int kind;        // that is asked for
    const void *out; // where the host wants it
} variable;

static int set(lua_State *L)
{
    const variable *given = lua_touserdata(L, 1);
    mb_signature signature;
    if (!given->name) return mb_bind_error(L, "%s: a variable without a name", given->caller);
    mb_variant_push(L, &given->value);
    mb_bind_signature(L, &signature, given->caller);
    mb_bind_sign_string(&signature, "name", given->name);
    mb_variant_sign(L, &signature, -1, "value");
    mb_variant_agree(L, &signature);
    mb_variable_set(L, given->name);
    return 0;
}

static int set_variable(mb_runtime *runtime, const char *caller, const char *name, mb_variant value)
{
    variable given = {.caller = caller, .name = name, .value = value};
    return mb_bind_run_call(runtime, caller, set, &given);
}

int mb_set_integer(mb_runtime *runtime, const char *name, int64_t value)
{
    const mb_variant given = {.kind = MB_IS_INTEGER, .as.integer = value};
    return set_variable(runtime, "mb_set_integer", name, given);
}

int mb_set_number(mb_runtime *runtime, const char *name, double value)
{
    const mb_variant given = {.kind = MB_IS_NUMBER, .as.number = value};
    return set_variable(runtime, "mb_set_number", name, given);
}

int mb_set_boolean(mb_runtime *runtime, const char *name, int value)
{
    const mb_variant given = {.kind = MB_IS_BOOLEAN, .as.integer = value};
    return set_variable(runtime, "mb_set_boolean", name, given);
}

int mb_set_string(mb_runtime *runtime, const char *name, const char *text, size_t size)
{
    const mb_variant given = {.kind = MB_IS_STRING, .size = size, .as.text = text};
    return set_variable(runtime, "mb_set_string", name, given);
}

int mb_set_reference(mb_runtime *runtime, const char *name, mb_reference reference)
{
    const mb_variant given = {.kind = MB_IS_OTHER, .as.reference = reference};
    return set_variable(runtime, "mb_set_reference", name, given);
}

static const char *const kinds[] = {
    [MB_IS_BOOLEAN] = "boolean", [MB_IS_INTEGER] = "integer", [MB_IS_NUMBER] = "number",
    [MB_IS_STRING] = "string",   [MB_IS_OTHER] = "value",
};

// Whether the value on top of the stack is of the kind that is asked for, which it becomes then.
static bool has_kind(lua_State *L, int kind)
{
    int whole = 0;
    lua_Integer integer;
    switch (kind) {
    case MB_IS_BOOLEAN: return lua_isboolean(L, -1);
    case MB_IS_STRING: return lua_type(L, -1) == LUA_TSTRING;
    case MB_IS_OTHER: return !lua_isnil(L, -1);
    case MB_IS_NUMBER: return lua_type(L, -1) == LUA_TNUMBER;
    default:
        if (lua_type(L, -1) != LUA_TNUMBER) return false;
        integer = lua_tointegerx(L, -1, &whole);
        lua_pop(L, 1);
        lua_pushinteger(L, integer);
        return whole;
    }
}

static int get(lua_State *L)
{
    variable *asked = lua_touserdata(L, 1);
    if (!asked->name) return mb_bind_error(L, "%s: a variable without a name", asked->caller);
    if (!asked->out) return mb_bind_error(L, "%s: the place for the value is NULL", asked->caller);
    mb_variable_push(L, asked->name);
    if (!has_kind(L, asked->kind))
        return mb_bind_error(L, "%s: '%s' is not a%s %s%s%s", asked->caller, asked->name,
                             asked->kind == MB_IS_INTEGER ? "n" : "", kinds[asked->kind],
                             asked->kind == MB_IS_INTEGER ? "" : ", but ",
                             asked->kind == MB_IS_INTEGER ? "" : luaL_typename(L, -1));
    if (asked->kind == MB_IS_OTHER) {
        asked->value.as.reference = mb_reference_new(L);
        return 0;
    }
    if (asked->kind == MB_IS_NUMBER) {
        asked->value.as.number = lua_tonumber(L, -1);
        return 0;
    }
    lua_pushvalue(L, -1);
    mb_reference_hold(L);
    asked->value = mb_variant_take(L);
    return 0;
}

static int get_variable(mb_runtime *runtime, variable *asked)
{
    int status = mb_bind_run_call(runtime, asked->caller, get, asked);
    if (status && asked->kind == MB_IS_OTHER) (void)mb_release(runtime, asked->value.as.reference);
    return status;
}

int mb_get_integer(mb_runtime *runtime, const char *name, int64_t *value)
{
    variable asked = {
        .caller = "mb_get_integer", .name = name, .kind = MB_IS_INTEGER, .out = value};
    int status = get_variable(runtime, &asked);
    if (!status) *value = asked.value.as.integer;
    return status;
}

int mb_get_number(mb_runtime *runtime, const char *name, double *value)
{
    variable asked = {.caller = "mb_get_number", .name = name, .kind = MB_IS_NUMBER, .out = value};
    int status = get_variable(runtime, &asked);
    if (!status) *value = asked.value.as.number;
    return status;
}

int mb_get_boolean(mb_runtime *runtime, const char *name, int *value)
{
    variable asked = {
        .caller = "mb_get_boolean", .name = name, .kind = MB_IS_BOOLEAN, .out = value};
    int status = get_variable(runtime, &asked);
    if (!status) *value = (int)asked.value.as.integer;
    return status;
}

int mb_get_string(mb_runtime *runtime, const char *name, const char **text, size_t *size)
{
    variable asked = {.caller = "mb_get_string", .name = name, .kind = MB_IS_STRING, .out = text};
    int status = get_variable(runtime, &asked);
    if (status) return status;
    *text = asked.value.as.text;
    if (size) *size = asked.value.size;
    return 0;
}

int mb_get_reference(mb_runtime *runtime, const char *name, mb_reference *reference)
{
    variable asked = {
        .caller = "mb_get_reference", .name = name, .kind = MB_IS_OTHER, .out = reference};
    int status = get_variable(runtime, &asked);
    if (!status) *reference = asked.value.as.reference;
    return status;
}
