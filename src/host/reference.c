#include "host/reference.h"

#include <lauxlib.h>

#include "bind/bind.h"
#include "bind/guard.h"

static const char table_key, held_key; // their addresses name the table and what is held

static void push_table(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &table_key) == LUA_TTABLE) return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &table_key);
}

const char *mb_host_caller(lua_State *L)
{
    const char *calling = mb_bind_runtime(L)->calling;
    return calling ? calling : "moonbear";
}

mb_reference mb_reference_new(lua_State *L)
{
    mb_runtime *runtime = mb_bind_runtime(L);
    push_table(L);
    lua_rotate(L, -2, 1);
    lua_rawseti(L, -2, runtime->references + 1);
    lua_pop(L, 1);
    return ++runtime->references;
}

void mb_reference_push(lua_State *L, mb_reference reference)
{
    push_table(L);
    if (lua_rawgeti(L, -1, reference) == LUA_TNIL)
        mb_bind_error(L, "%s: reference %I is none, or was released", mb_host_caller(L),
                      (lua_Integer)reference);
    lua_remove(L, -2);
}

void mb_reference_drop(lua_State *L, mb_reference reference)
{
    push_table(L);
    lua_pushnil(L);
    lua_rawseti(L, -2, reference);
    lua_pop(L, 1);
}

void mb_reference_hold(lua_State *L)
{
    lua_rawsetp(L, LUA_REGISTRYINDEX, &held_key);
}

static int drop(lua_State *L)
{
    mb_reference_drop(L, *(mb_reference *)lua_touserdata(L, 1));
    return 0;
}

int mb_release(mb_runtime *runtime, mb_reference reference)
{
    if (reference == 0) return 0;
    if (!mb_guard_enter(runtime, "mb_release")) return MB_REFUSED;
    lua_State *L = runtime->L;
    lua_pushcfunction(L, drop);
    lua_pushlightuserdata(L, &reference);
    if (lua_pcall(L, 1, 0, 0)) lua_pop(L, 1); // no memory for a table: there are no references
    mb_guard_leave(runtime);
    return 0;
}
