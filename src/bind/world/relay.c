// Standing in for the functions of Lua's own libraries: they are called, not written anew, and
// their errors read as if the script had called them.

#include <string.h>

#include "bind/world/world.h"

static const char failure_key; // its address names the kept error in the registry

bool mb_world_protect(mb_world *world, lua_CFunction f, void *argument)
{
    lua_State *L = world->L;
    if (!L || world->failed || !lua_checkstack(L, 4)) return false;
    lua_pushcfunction(L, f);
    lua_pushlightuserdata(L, argument);
    if (lua_pcall(L, 1, 0, 0) == LUA_OK) return true;
    lua_rawsetp(L, LUA_REGISTRYINDEX, &failure_key);
    world->failed = true;
    return false;
}

static int raise_kept(lua_State *L, mb_world *world)
{
    world->failed = false;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &failure_key);
    return lua_error(L);
}

// A function called from C has no name and no script line, and counts its self as an argument; the
// running function knows all three.
int mb_world_raise_as_own(lua_State *L)
{
    int argument, used = 0;
    if (lua_type(L, -1) != LUA_TSTRING) return lua_error(L);
    const char *message = lua_tostring(L, -1);
    if (sscanf(message, "bad argument #%d to '?' (%n", &argument, &used) == 1 && used > 0) {
        lua_pushlstring(L, message + used, strlen(message + used) - 1);
        return luaL_argerror(L, argument, lua_tostring(L, -1));
    }
    return luaL_error(L, "%s", message);
}

int mb_world_relay(lua_State *L, mb_world *world)
{
    int arguments = lua_gettop(L);
    lua_State *outer = world->L;
    luaL_checkstack(L, 2, NULL);
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_insert(L, 1);
    world->L = L;
    int status = lua_pcall(L, arguments, LUA_MULTRET, 0);
    world->L = outer;
    if (world->failed) return raise_kept(L, world);
    if (status == LUA_ERRRUN) return mb_world_raise_as_own(L);
    if (status) return lua_error(L);
    return lua_gettop(L);
}
