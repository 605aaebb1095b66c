#include "bind/session/chunk.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/runtime.h"
#include "comm/comm.h"
#include "comm/exchange.h"

// A file that rank 0 reads for all.
typedef struct source_file {
    const char *path;
    mb_buffer *text;
    mb_buffer **owner; // where the text goes
    size_t size;
} source_file;

static mb_status read_stream(mb_context *cx, FILE *file, source_file *source)
{
    size_t room = (size_t)64 << 10;
    for (;;) {
        mb_buffer *larger;
        mb_status status = mb_buffer_new(cx, room, &larger);
        if (status) return status;
        if (source->text) memcpy(larger->data, source->text->data, source->size);
        mb_buffer_release(source->text);
        source->text = larger;
        source->size += fread((char *)larger->data + source->size, 1, room - source->size, file);
        if (source->size < room) return MB_OK;
        room *= 2;
    }
}

static mb_status read_all(mb_context *cx, source_file *source)
{
    FILE *file = fopen(source->path, "rb");
    if (!file) return mb_fail(cx, MB_EIO, "cannot open %s: %s", source->path, strerror(errno));
    mb_status status = read_stream(cx, file, source);
    if (!status && ferror(file))
        status = mb_fail(cx, MB_EIO, "cannot read %s: %s", source->path, strerror(errno));
    fclose(file);
    return status;
}

static mb_status read_for_all(mb_context *cx, void *argument)
{
    source_file *source = argument;
    mb_status status = MB_OK;
    source->text = NULL;
    source->size = 0;
    if (mb_rank(cx) == 0) status = read_all(cx, source);
    mb_payload payload = {.count = source->size};
    MB_TRY(mb_step(cx, status, &payload));
    source->size = payload.count;
    if (mb_rank(cx) > 0) status = mb_buffer_new(cx, source->size, &source->text);
    MB_TRY(mb_conclude(cx, status, NULL));
    mb_broadcast(cx, 0, source->text->data, source->size);
    *source->owner = source->text;
    source->text = NULL;
done:
    mb_buffer_release(source->text);
    return status;
}

// Pushes the text of a file, and a scratch that may be dropped with it.
static const char *push_source(lua_State *L, const char *path, size_t *size)
{
    mb_signature signature;
    mb_bind_signature(L, &signature, "load");
    mb_bind_sign_string(&signature, "file", path);
    source_file source = {.path = path, .owner = mb_bind_new_buffer(L)};
    mb_bind_operate(L, &signature, read_for_all, &source);
    *size = source.size;
    return (*source.owner)->data;
}

// core.load(name): moonbear's own file; its chunk name tells the search for script lines to pass.
static int load_own(lua_State *L)
{
    const char *folder = lua_tostring(L, lua_upvalueindex(1)), *name = luaL_checkstring(L, 1);
    size_t size;
    const char *path = lua_pushfstring(L, "%s/moonbear/%s.lua", folder, name);
    const char *text = push_source(L, path, &size);
    const char *chunk_name = lua_pushfstring(L, "=[moonbear/%s.lua]", name);
    return luaL_loadbufferx(L, text, size, chunk_name, "t") == LUA_OK ? 1 : lua_error(L);
}

void mb_bind_open_chunk(lua_State *L, const char *folder)
{
    lua_pushstring(L, folder);
    lua_pushcclosure(L, load_own, 1);
    lua_setfield(L, -2, "load");
}

// Whether Lua code is running, so that a traceback has something to tell.
static bool in_lua_code(lua_State *L)
{
    lua_Debug record;
    for (int level = 1; lua_getstack(L, level, &record); level++) {
        lua_getinfo(L, "S", &record);
        if (*record.what != 'C') return true;
    }
    return false;
}

int mb_bind_add_traceback(lua_State *L)
{
    const char *message = lua_tostring(L, 1);
    if (!message) {
        if (luaL_callmeta(L, 1, "__tostring") && lua_type(L, -1) == LUA_TSTRING) return 1;
        message = lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
    } else {
        mb_bind_mend_message(L, 1);
        message = lua_tostring(L, 1);
    }
    if (in_lua_code(L))
        luaL_traceback(L, L, message, 1);
    else
        lua_pushstring(L, message);
    return 1;
}

int mb_bind_end_chunk(mb_runtime *runtime, const char *message, const char *what)
{
    char how[MB_MESSAGE_SIZE / 4];
    int code = 0;
    if (message) {
        bool interrupted = runtime->interrupted || mb_interrupted(&runtime->cx);
        int ended = runtime->ending ? MB_SIGNALLED + runtime->ending : MB_INTERRUPTED;
        code = interrupted ? ended : 1;
        snprintf(how, sizeof how, "ended with an error (%.*s)", (int)strcspn(message, "\n"),
                 message);
    } else {
        snprintf(how, sizeof how, "ended the %s", what);
    }
    return mb_runtime_leave(runtime, code, how, message);
}

int mb_bind_run_chunk(mb_runtime *runtime, lua_CFunction function, void *argument)
{
    lua_State *L = runtime->L;
    int base = lua_gettop(L) + 1;
    lua_pushcfunction(L, mb_bind_add_traceback);
    lua_pushcfunction(L, function);
    lua_pushlightuserdata(L, argument);
    int failed = lua_pcall(L, 1, 0, base);
    int code = mb_bind_end_chunk(runtime, failed ? lua_tostring(L, -1) : NULL, "script");
    lua_settop(L, base - 1);
    code = mb_runtime_verdict(runtime, code);
    mb_lockstep_reset(&runtime->cx); // the ranks are in step: the next chunk begins anew
    return code;
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
    return mb_bind_run_chunk(runtime, load_file_and_run, &path);
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
    lua_settop(L, 0);
    mb_bind_provide_module(L);
    if (luaL_loadbuffer(L, chunk->text, strlen(chunk->text), chunk->name) != LUA_OK)
        return lua_error(L);
    lua_call(L, 0, 0);
    return 0;
}

int mb_runtime_string(mb_runtime *runtime, const char *chunk, const char *name)
{
    named_chunk named = {.text = chunk, .name = name};
    return mb_bind_run_chunk(runtime, load_string_and_run, &named);
}
