// math.random alike on all ranks: one seed, drawn by rank 0.

#include <lualib.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/world/world.h"

// Seeds as Lua does by itself, and returns two integers that seed alike: Lua's own randomseed
// returns what it drew, but not in its first releases.
static int draw_seeds(lua_State *L)
{
    lua_pushvalue(L, 1);
    lua_call(L, 0, 0);
    lua_getglobal(L, LUA_MATHLIBNAME);
    for (int i = 0; i < 2; i++) {
        lua_getfield(L, 2, "random");
        lua_pushinteger(L, 0);
        lua_call(L, 1, 1);
    }
    return 2;
}

static void seed(lua_State *L, int seeds)
{
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_pushvalue(L, seeds);
    lua_pushvalue(L, seeds + 1);
    lua_call(L, 2, 0);
}

// math.randomseed: without arguments rank 0 draws the seeds for all. Upvalue 2 is Lua's own.
static int randomseed(lua_State *L)
{
    mb_world *world = mb_world_here(L);
    if (lua_gettop(L) > 0 || world->alone) return mb_world_relay(L, world);
    mb_question question = {.name = "math.randomseed", .own = true};
    lua_pushcfunction(L, draw_seeds);
    lua_pushvalue(L, lua_upvalueindex(2));
    mb_world_ask(L, world, &question, 1);
    seed(L, 1);
    return 2;
}

// Finds the generator of Lua's math library: what its random has as upvalue.
static void find_generator(lua_State *L, mb_world *world)
{
    lua_getfield(L, -1, "random");
    if (lua_getupvalue(L, -1, 1)) {
        world->generator = lua_touserdata(L, -1);
        world->generator_size = lua_rawlen(L, -1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    if (world->generator_size > MB_GENERATOR_SIZE) world->generator = NULL;
}

void mb_world_open_random(lua_State *L)
{
    mb_world *world = mb_world_of(L);
    lua_getglobal(L, LUA_MATHLIBNAME);
    find_generator(L, world);
    if (world->generator) // each rank's own, as Lua seeded it at the start
        memcpy(world->other_generator, world->generator, world->generator_size);
    mb_world_push(L);
    lua_getfield(L, -2, "randomseed");
    lua_pushcclosure(L, randomseed, 2);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "randomseed");
    lua_call(L, 0, 0);
    lua_pop(L, 1);
}
