// The script environment of one rank: made alike on all, so that a script need not know of ranks.

#include "bind/world/world.h"

#include <string.h>

#include "bind/bind.h"

static const char world_key; // its address names the world in the registry

mb_world *mb_world_push(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &world_key);
    return lua_touserdata(L, -1);
}

mb_world *mb_world_of(lua_State *L)
{
    mb_world *world = mb_world_push(L);
    lua_pop(L, 1);
    return world;
}

static void exchange_generators(mb_world *world)
{
    char running[MB_GENERATOR_SIZE];
    if (!world->generator) return;
    memcpy(running, world->generator, world->generator_size);
    memcpy(world->generator, world->other_generator, world->generator_size);
    memcpy(world->other_generator, running, world->generator_size);
}

void mb_world_enter_alone(mb_world *world)
{
    world->alone = true;
    exchange_generators(world);
    for (int i = MB_STDOUT; i <= MB_STDERR; i++)
        world->standard[i].handle->f = world->standard[i].own;
}

void mb_world_leave_alone(mb_world *world)
{
    world->alone = false;
    exchange_generators(world);
    for (int i = MB_STDOUT; i <= MB_STDERR; i++) {
        fflush(world->standard[i].own);
        world->standard[i].handle->f = world->standard[i].shared;
    }
}

// print: every rank makes the text, since `tostring` of a column is an operation; rank 0 writes it.
static int print(lua_State *L)
{
    mb_world *world = mb_world_here(L);
    bool acts = mb_world_acts(world);
    FILE *output = world->output[0];
    int n = lua_gettop(L);
    for (int i = 1; i <= n; i++) {
        size_t size;
        const char *text = luaL_tolstring(L, i, &size);
        if (acts && i > 1) fputc('\t', output);
        if (acts) fwrite(text, 1, size, output);
        lua_pop(L, 1);
    }
    if (!acts) return 0;
    fputc('\n', output);
    fflush(output);
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
    fprintf(world->output[1], "%s%s%s", begins ? "Lua warning: " : "", message,
            continued ? "" : "\n");
    fflush(world->output[1]);
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

void mb_world_open(lua_State *L)
{
    mb_world *world = lua_newuserdatauv(L, sizeof *world, 0);
    memset(world, 0, sizeof *world);
    world->cx = mb_bind_context(L);
    world->output[0] = stdout;
    world->output[1] = stderr;
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, close_world);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &world_key);
    lua_pushcclosure(L, print, 1);
    lua_setfield(L, -2, "print");
    lua_setwarnf(L, warn, world);
}
