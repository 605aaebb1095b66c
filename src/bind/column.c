// Column userdata: a box with one reference, and what scripts can do with it.

#include <string.h>

#include "bind/bind.h"

static const char type_name[] = "moonbear.column";

mb_column **mb_bind_new_column(lua_State *L)
{
    mb_column **box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = NULL;
    luaL_setmetatable(L, type_name);
    return box;
}

bool mb_bind_is_column(lua_State *L, int index)
{
    return luaL_testudata(L, index, type_name) != NULL;
}

mb_column *mb_bind_check_column(lua_State *L, int index)
{
    mb_column **box = luaL_testudata(L, index, type_name);
    if (box && *box) return *box;
    const char *what = box ? "a closed column" : luaL_typename(L, index);
    if (lua_isboolean(L, index))
        what = "a boolean: Lua's own ==, ~=, < and <= cannot compare element by element; "
               "use a:eq(b), :ne, :lt, :le, :gt, :ge";
    luaL_argerror(L, index, lua_pushfstring(L, "column expected, got %s", what));
    return NULL;
}

static int release(lua_State *L)
{
    mb_column **box = luaL_checkudata(L, 1, type_name);
    mb_column_release(*box);
    *box = NULL;
    return 0;
}

void mb_bind_push_value(lua_State *L, mb_type type, const mb_value *value)
{
    if (!value)
        lua_pushnil(L);
    else if (type == MB_BOOL)
        lua_pushboolean(L, value->b);
    else if (type == MB_FLOAT)
        lua_pushnumber(L, value->f);
    else
        lua_pushinteger(L, value->i);
}

static const luaL_Reg metamethods[] = {
    {"__gc", release},
    {"__close", release},
    {NULL, NULL},
};

void mb_bind_open_column(lua_State *L)
{
    luaL_newmetatable(L, type_name);
    luaL_setfuncs(L, metamethods, 0);
    lua_pop(L, 1);
}
