// Option tables, as in c:sum{skipna = true}.

#include <string.h>

#include "bind/bind.h"

static bool is_known(const char *name, const char *const *known)
{
    while (*known && strcmp(name, *known) != 0)
        known++;
    return *known != NULL;
}

// Lua's order of keys differs between ranks, so that of several wrong names the least is told.
static const char *wrong_name(lua_State *L, int table, const char *const *known)
{
    const char *wrong = NULL;
    lua_pushnil(L);
    while (lua_next(L, table)) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING) continue;
        const char *name = lua_tostring(L, -1);
        if (!is_known(name, known) && (!wrong || strcmp(name, wrong) < 0)) wrong = name;
    }
    return wrong;
}

bool mb_bind_check_options(lua_State *L, int table, const char *function, const char *const *known)
{
    if (lua_isnoneornil(L, table)) return false;
    if (!lua_istable(L, table))
        mb_bind_error(L, "bad options to '%s' (a table expected, as {%s = ...}, got %s)", function,
                      *known, luaL_typename(L, table));
    const char *wrong = wrong_name(L, table, known);
    if (!wrong) return true;
    const char *mend = mb_bind_push_mend(L, "option", wrong, known);
    mb_bind_error(L, "'%s' has no option '%s'%s", function, wrong, mend);
    return false;
}

// Raises for the value on top of the stack.
static void raise_value(lua_State *L, const char *function, const char *name, const char *expected)
{
    const char *got = luaL_typename(L, -1);
    if (lua_type(L, -1) == LUA_TSTRING)
        got = lua_pushfstring(L, "the string '%s'", lua_tostring(L, -1));
    else if (lua_isnumber(L, -1))
        got = luaL_tolstring(L, -1, NULL);
    mb_bind_error(L, "bad option '%s' of '%s' (%s expected, got %s)", name, function, expected,
                  got);
}

bool mb_bind_flag_option(lua_State *L, int table, const char *function, const char *name)
{
    int type = lua_getfield(L, table, name);
    if (type != LUA_TBOOLEAN && type != LUA_TNIL) raise_value(L, function, name, "true or false");
    bool flag = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return flag;
}

double mb_bind_number_option(lua_State *L, int table, const char *function, const char *name,
                             double unless_given)
{
    int type = lua_getfield(L, table, name);
    if (type != LUA_TNUMBER && type != LUA_TNIL) raise_value(L, function, name, "a number");
    double number = type == LUA_TNIL ? unless_given : lua_tonumber(L, -1);
    lua_pop(L, 1);
    return number;
}
