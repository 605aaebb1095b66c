// What a host program runs: files and strings, as scripts.

#include <lauxlib.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/guard.h"
#include "bind/session/chunk.h"

int mb_bind_run_call(mb_runtime *runtime, const char *caller, lua_CFunction function,
                     void *argument)
{
    if (!mb_guard_enter(runtime, caller)) return MB_REFUSED;
    lua_pushlightuserdata(runtime->L, argument);
    int code = mb_bind_run_chunk(runtime, function, 1, "script");
    lua_pop(runtime->L, 1);
    code = mb_bind_verdict(runtime, code);
    mb_lockstep_reset(&runtime->cx); // the ranks are in step
    mb_guard_leave(runtime);
    return code;
}

typedef struct arguments {
    int argc, script;
    char **argv;
} arguments;

static int set_arguments(lua_State *L)
{
    const arguments *given = lua_touserdata(L, 1);
    if (given->argc < 0)
        return mb_bind_error(L, "mb_runtime_arguments: a number of arguments below 0");
    if (given->argc > 0 && !given->argv)
        return mb_bind_error(L, "mb_runtime_arguments: the arguments are NULL");
    lua_createtable(L, given->argc, 0);
    for (int i = 0; i < given->argc; i++) {
        lua_pushstring(L, given->argv[i]);
        lua_rawseti(L, -2, i - given->script);
    }
    lua_setglobal(L, "arg");
    return 0;
}

int mb_runtime_arguments(mb_runtime *runtime, int argc, char **argv, int script)
{
    arguments given = {.argc = argc, .script = script, .argv = argv};
    return mb_bind_run_call(runtime, "mb_runtime_arguments", set_arguments, &given);
}

static void push_arguments(lua_State *L)
{
    if (lua_getglobal(L, "arg") != LUA_TTABLE) {
        lua_pop(L, 1);
        return;
    }
    int n = (int)luaL_len(L, -1);
    luaL_checkstack(L, n + 3, "too many arguments to script");
    for (int i = 1; i <= n; i++)
        lua_rawgeti(L, -i, i);
    lua_remove(L, -n - 1);
}

// Loads the file of this path, none for standard input, and runs it with the script's arguments.
static int load_file_and_run(lua_State *L)
{
    const char *const *path = lua_touserdata(L, 1);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getfield(L, -1, "moonbear.core");
    lua_getfield(L, -1, "load_script");
    lua_pushstring(L, *path);
    lua_call(L, 1, 2);
    if (lua_isnil(L, -2)) return lua_error(L);
    lua_pop(L, 1);
    lua_replace(L, 1);
    lua_settop(L, 1);
    push_arguments(L);
    lua_call(L, lua_gettop(L) - 1, 0);
    return 0;
}

int mb_runtime_file(mb_runtime *runtime, const char *path)
{
    return mb_bind_run_call(runtime, "mb_runtime_file", load_file_and_run, &path);
}

void mb_bind_provide_module(lua_State *L)
{
    int top = lua_gettop(L);
    lua_pushglobaltable(L);
    lua_pushliteral(L, "mb");
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_getglobal(L, "require");
        lua_pushliteral(L, "moonbear");
        lua_call(L, 1, 1);
        lua_rawset(L, -3);
    }
    lua_settop(L, top);
}

typedef struct named_chunk {
    const char *text, *name;
} named_chunk;

static int load_string_and_run(lua_State *L)
{
    const named_chunk *chunk = lua_touserdata(L, 1);
    if (!chunk->text) return mb_bind_error(L, "mb_runtime_string: the chunk is NULL");
    lua_settop(L, 0);
    mb_bind_provide_module(L);
    if (luaL_loadbuffer(L, chunk->text, strlen(chunk->text), chunk->name) != LUA_OK)
        return lua_error(L);
    lua_call(L, 0, 0);
    return 0;
}

int mb_runtime_string(mb_runtime *runtime, const char *chunk, const char *name)
{
    named_chunk named = {.text = chunk, .name = name ? name : "=chunk"};
    return mb_bind_run_call(runtime, "mb_runtime_string", load_string_and_run, &named);
}
