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

static void push_names(lua_State *L, const char *const *known)
{
    lua_pushstring(L, *known);
    while (*++known)
        lua_pushfstring(L, "%s, %s", lua_tostring(L, -1), *known);
}

bool mb_bind_check_options(lua_State *L, int table, const char *function, const char *const *known)
{
    if (lua_isnoneornil(L, table)) return false;
    if (!lua_istable(L, table))
        luaL_error(L, "bad options to '%s' (table expected, got %s)", function,
                   luaL_typename(L, table));
    const char *wrong = wrong_name(L, table, known);
    if (!wrong) return true;
    push_names(L, known);
    luaL_error(L, "'%s' has no option '%s'; it has %s", function, wrong, lua_tostring(L, -1));
    return false;
}

bool mb_bind_flag_option(lua_State *L, int table, const char *function, const char *name)
{
    int type = lua_getfield(L, table, name);
    if (type != LUA_TBOOLEAN && type != LUA_TNIL)
        luaL_error(L, "'%s': %s is true or false, got %s", function, name, luaL_typename(L, -1));
    bool flag = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return flag;
}

double mb_bind_number_option(lua_State *L, int table, const char *function, const char *name,
                             double unless_given)
{
    int type = lua_getfield(L, table, name);
    if (type != LUA_TNUMBER && type != LUA_TNIL)
        luaL_error(L, "'%s': %s is a number, got %s", function, name, luaL_typename(L, -1));
    double number = type == LUA_TNIL ? unless_given : lua_tonumber(L, -1);
    lua_pop(L, 1);
    return number;
}
