// The script environment of one rank: made alike on all, so that a script need not know of ranks.

#include "bind/world/world.h"

#include <string.h>

#include "bind/bind.h"

static const char world_key; // its address names the world in the registry

mb_world *mb_world_of(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &world_key);
    mb_world *world = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return world;
}

// print: every rank makes the text, since `tostring` of a column is an operation; rank 0 writes it.
static int print(lua_State *L)
{
    mb_world *world = mb_world_here(L);
    bool acts = mb_world_acts(world);
    int n = lua_gettop(L);
    for (int i = 1; i <= n; i++) {
        size_t size;
        const char *text = luaL_tolstring(L, i, &size);
        if (acts && i > 1) fputc('\t', stdout);
        if (acts) fwrite(text, 1, size, stdout);
        lua_pop(L, 1);
    }
    if (!acts) return 0;
    fputc('\n', stdout);
    fflush(stdout);
    return 0;
}

static void warn(void *data, const char *message, int continued)
{
    mb_world *world = data;
    bool begins = !world->warning;
    world->warning = continued;
    if (begins && !continued && *message == '@') {
        if (strcmp(message, "@on") == 0) world->warns = true;
        if (strcmp(message, "@off") == 0) world->warns = false;
        return;
    }
    if (!world->warns || !mb_world_acts(world)) return;
    fprintf(stderr, "%s%s%s", begins ? "Lua warning: " : "", message, continued ? "" : "\n");
    fflush(stderr);
}

// When the state closes: what the C library will still use at exit must not be ours.
static int close_world(lua_State *L)
{
    mb_world *world = lua_touserdata(L, 1);
    for (int i = 0; i < MB_STANDARD_FILES; i++)
        if (world->standard[i].handle) world->standard[i].handle->f = world->standard[i].own;
    if (world->standard[MB_STDIN].shared) fclose(world->standard[MB_STDIN].shared);
    if (world->sink) fclose(world->sink);
    world->standard[MB_STDIN].shared = world->sink = NULL;
    return 0;
}

static mb_world *push_world(lua_State *L)
{
    mb_world *world = lua_newuserdatauv(L, sizeof *world, 0);
    memset(world, 0, sizeof *world);
    world->cx = mb_bind_context(L);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, close_world);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &world_key);
    lua_pushlightuserdata(L, world);
    return world;
}

void mb_bind_open_world(lua_State *L)
{
    static void (*const parts[])(lua_State * L) = {mb_world_open_ask, mb_world_open_random,
                                                   mb_world_open_handles, mb_world_open_pairs};
    int core = lua_gettop(L);
    mb_world *world = push_world(L);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        lua_pushvalue(L, core);
        lua_pushvalue(L, core + 1);
        parts[i](L);
        lua_settop(L, core + 1);
    }
    lua_pushcclosure(L, print, 1);
    lua_setfield(L, core, "print");
    lua_setwarnf(L, warn, world);
}
