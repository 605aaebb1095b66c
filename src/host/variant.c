#include "host/variant.h"

#include <lauxlib.h>
#include <string.h>

#include "bind/column/box.h"
#include "core/hash.h"
#include "host/reference.h"

void mb_variant_push(lua_State *L, const mb_variant *value)
{
    luaL_checkstack(L, 4, "values of a host");
    switch (value->kind) {
    case MB_IS_NIL: lua_pushnil(L); break;
    case MB_IS_BOOLEAN: lua_pushboolean(L, value->as.integer != 0); break;
    case MB_IS_INTEGER: lua_pushinteger(L, value->as.integer); break;
    case MB_IS_NUMBER: lua_pushnumber(L, value->as.number); break;
    case MB_IS_STRING:
        if (!value->as.text && value->size)
            mb_bind_error(L, "%s: a string that is NULL", mb_host_caller(L));
        lua_pushlstring(L, value->as.text ? value->as.text : "", value->size);
        break;
    case MB_IS_COLUMN:
    case MB_IS_FRAME:
    case MB_IS_OTHER: mb_reference_push(L, value->as.reference); break;
    default:
        mb_bind_error(L, "%s: a value of kind %d, which there is not", mb_host_caller(L),
                      (int)value->kind);
    }
}

mb_variant mb_variant_take(lua_State *L)
{
    mb_variant value = {.kind = MB_IS_NIL};
    switch (lua_type(L, -1)) {
    case LUA_TNIL: lua_pop(L, 1); return value;
    case LUA_TBOOLEAN:
        value.kind = MB_IS_BOOLEAN;
        value.as.integer = lua_toboolean(L, -1);
        lua_pop(L, 1);
        return value;
    case LUA_TNUMBER:
        value.kind = lua_isinteger(L, -1) ? MB_IS_INTEGER : MB_IS_NUMBER;
        if (value.kind == MB_IS_INTEGER)
            value.as.integer = lua_tointeger(L, -1);
        else
            value.as.number = lua_tonumber(L, -1);
        lua_pop(L, 1);
        return value;
    case LUA_TSTRING: {
        size_t size;
        value.kind = MB_IS_STRING;
        value.as.text = lua_tolstring(L, -1, &size);
        value.size = size;
        lua_pop(L, 1);
        return value;
    }
    default:
        value.kind = mb_bind_is_column(L, -1)  ? MB_IS_COLUMN
                     : mb_bind_is_frame(L, -1) ? MB_IS_FRAME
                                               : MB_IS_OTHER;
        value.as.reference = mb_reference_new(L);
        return value;
    }
}

void mb_variant_sign(lua_State *L, mb_signature *signature, int index, const char *name)
{
    const mb_column *column = mb_bind_to_column(L, index);
    lua_Number number = lua_tonumber(L, index);
    uint64_t word = 0;
    size_t size = 0;
    switch (lua_type(L, index)) {
    case LUA_TSTRING: {
        const char *text = lua_tolstring(L, index, &size);
        word = mb_hash_bytes(size, text, size);
        mb_signature_add(signature, word, "%s: '%.80s'", name, text);
        return;
    }
    case LUA_TNUMBER:
        memcpy(&word, &number, sizeof word);
        if (lua_isinteger(L, index)) word = mb_hash_word(1, (uint64_t)lua_tointeger(L, index));
        mb_signature_add(signature, word, "%s: %.17g", name, number);
        return;
    default:
        if (column)
            mb_bind_sign_column(signature, name, column);
        else
            mb_signature_add(signature, (uint64_t)lua_toboolean(L, index), "%s: %s%s", name,
                             luaL_typename(L, index),
                             !lua_isboolean(L, index)  ? ""
                             : lua_toboolean(L, index) ? " true"
                                                       : " false");
    }
}

// Pushes the table that has the variable; returns its name there.
static const char *push_owner(lua_State *L, const char *name)
{
    if (!name || !*name) mb_bind_error(L, "%s: a variable without a name", mb_host_caller(L));
    lua_pushglobaltable(L);
    for (const char *dot; (dot = strchr(name, '.')); name = dot + 1) {
        lua_pushlstring(L, name, (size_t)(dot - name));
        lua_gettable(L, -2);
        lua_remove(L, -2);
        if (!lua_istable(L, -1)) {
            const char *type = luaL_typename(L, -1);
            lua_pushlstring(L, name, (size_t)(dot - name));
            mb_bind_error(L, "%s: '%s' is %s, not a table", mb_host_caller(L), lua_tostring(L, -1),
                          type);
        }
    }
    return name;
}

void mb_variable_push(lua_State *L, const char *name)
{
    const char *last = push_owner(L, name);
    lua_getfield(L, -1, last);
    lua_remove(L, -2);
}

void mb_variable_set(lua_State *L, const char *name)
{
    const char *last = push_owner(L, name);
    lua_rotate(L, -2, 1);
    lua_setfield(L, -2, last);
    lua_pop(L, 1);
}

static mb_status do_nothing(mb_context *cx, void *unused)
{
    (void)unused;
    return mb_conclude(cx, MB_OK, NULL);
}

void mb_variant_agree(lua_State *L, const mb_signature *signature)
{
    mb_bind_operate(L, signature, do_nothing, NULL);
}
