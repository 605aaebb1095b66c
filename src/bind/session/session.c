// A session: rank 0 takes requests from a host program on a descriptor, every rank runs each chunk.
// What a request and its answer are is told in lua/moonbear/session.

#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bind/bind.h"
#include "bind/interrupt.h"
#include "bind/runtime.h"
#include "bind/session/chunk.h"
#include "bind/world/world.h"
#include "comm/comm.h"

// The stream of requests on rank 0, at upvalue 1: lines, buffered here.
typedef struct session_input {
    const mb_runtime *runtime;
    int descriptor;
    char *text;
    size_t size, room; // bytes that have come and were not taken; allocated
} session_input;

enum { READ_SIZE = 64 << 10, MOST_LINE = 64 << 20 };

static int close_input(lua_State *L)
{
    session_input *input = lua_touserdata(L, 1);
    free(input->text);
    input->text = NULL;
    return 0;
}

// Reads more; false at the end of input.
static bool read_more(mb_context *cx, session_input *input)
{
    if (input->room - input->size < READ_SIZE) {
        size_t room = 2 * input->room + READ_SIZE;
        char *larger = room <= MOST_LINE ? mb_reallocate(cx, input->text, room, 1) : NULL;
        if (!larger) return false;
        input->text = larger;
        input->room = room;
    }
    ssize_t n;
    do
        n = read(input->descriptor, input->text + input->size, READ_SIZE);
    while (n < 0 && errno == EINTR && !input->runtime->ending);
    if (n <= 0) return false;
    input->size += (size_t)n;
    return true;
}

// Pushes the next line without its end; false at the end of input.
static bool push_request(lua_State *L, session_input *input)
{
    size_t seen = 0;
    for (;;) {
        char *end =
            input->size > seen ? memchr(input->text + seen, '\n', input->size - seen) : NULL;
        if (end) {
            size_t length = (size_t)(end - input->text);
            lua_pushlstring(L, input->text, length);
            input->size -= length + 1;
            memmove(input->text, end + 1, input->size);
            return true;
        }
        seen = input->size;
        if (!read_more(mb_bind_context(L), input)) return false;
    }
}

// wait(): what handle(line), in Lua, gives for the next request for which it gives something;
// nothing at the end. Rank 0 alone.
static int wait_for_request(lua_State *L)
{
    session_input *input = lua_touserdata(L, lua_upvalueindex(1));
    lua_settop(L, 0);
    while (lua_gettop(L) == 0) {
        lua_pushvalue(L, lua_upvalueindex(2));
        if (!push_request(L, input)) return 0;
        lua_call(L, 1, LUA_MULTRET);
    }
    return lua_gettop(L);
}

// write(line): sends a line, to which it adds the end. Rank 0 alone. What the host does not read
// any more is lost: the session is about to end.
static int write_answer(lua_State *L)
{
    session_input *input = lua_touserdata(L, lua_upvalueindex(1));
    size_t size;
    luaL_checkstring(L, 1);
    lua_settop(L, 1);
    lua_pushliteral(L, "\n");
    lua_concat(L, 2);
    const char *text = lua_tolstring(L, 1, &size);
    while (size > 0) {
        ssize_t n = write(input->descriptor, text, size);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        text += n;
        size -= (size_t)n;
    }
    return 0;
}

// Pushes the table of functions that lua/moonbear/session/init.lua makes of write, with `ask`,
// which is core.ask, and `wait`.
static int open_session(lua_State *L)
{
    int descriptor = (int)lua_tointeger(L, 1);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getfield(L, -1, "moonbear.core");
    lua_getfield(L, -1, "load");
    lua_pushliteral(L, "session/init");
    lua_call(L, 1, 1);
    session_input *input = lua_newuserdatauv(L, sizeof *input, 0);
    *input = (session_input){.runtime = mb_bind_runtime(L), .descriptor = descriptor};
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, close_input);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_insert(L, -2);
    lua_pushvalue(L, -2);
    lua_pushcclosure(L, write_answer, 1);
    lua_call(L, 1, 1);
    lua_insert(L, -2);
    lua_getfield(L, -2, "handle");
    lua_pushcclosure(L, wait_for_request, 2);
    lua_setfield(L, -2, "wait");
    lua_getfield(L, 3, "ask");
    lua_setfield(L, -2, "ask");
    return 1;
}

// One chunk: takes it, runs it, keeps what it gives for the answer. Returns false at the end.
static int turn(lua_State *L)
{
    lua_getfield(L, 1, "next");
    lua_getfield(L, 1, "ask");
    lua_pushliteral(L, "the prompt");
    lua_getfield(L, 1, "wait");
    lua_call(L, 2, LUA_MULTRET);
    if (lua_gettop(L) == 2) {
        lua_pushboolean(L, false);
        return 1;
    }
    mb_runtime *runtime = mb_bind_runtime(L);
    mb_interrupt_await(runtime, lua_tointeger(L, 3));
    runtime->deaf = false;
    lua_call(L, lua_gettop(L) - 2, 1);
    lua_getfield(L, 1, "show");
    lua_insert(L, 2);
    runtime->boundless = false;
    lua_call(L, 0, LUA_MULTRET);
    runtime->boundless = true;
    lua_call(L, lua_gettop(L) - 2, 0);
    lua_pushboolean(L, true);
    return 1;
}

// After the ranks have diverged: what they do next is alike again, their variables may not be.
static void reseed(lua_State *L)
{
    mb_lockstep_reset(mb_bind_context(L)); // it is an operation
    (void)(luaL_loadstring(L, "math.randomseed()") || lua_pcall(L, 0, 0, 0));
    lua_settop(L, 1);
}

// Rank 0 answers the request: its exit status, whether ranks have diverged, what failed.
static void answer(mb_runtime *runtime, int code, bool parted)
{
    lua_State *L = runtime->L;
    if (mb_rank(&runtime->cx) != 0) return;
    lua_getfield(L, 1, "answer");
    lua_pushinteger(L, code);
    lua_pushboolean(L, parted);
    lua_pushstring(L, runtime->failure);
    if (lua_pcall(L, 3, 0, 0) != LUA_OK) fprintf(stderr, "moonbear: %s\n", lua_tostring(L, -1));
    lua_settop(L, 1);
    free(runtime->failure);
    runtime->failure = NULL;
}

int mb_runtime_session(mb_runtime *runtime, int descriptor)
{
    lua_State *L = runtime->L;
    mb_context *cx = &runtime->cx;
    lua_settop(L, 0);
    lua_pushcfunction(L, open_session);
    lua_pushinteger(L, descriptor);
    int failed = lua_pcall(L, 1, 1, 0);
    int code = mb_bind_end_chunk(runtime, failed ? lua_tostring(L, -1) : NULL, "start");
    if (code) return code;
    runtime->keeps = runtime->boundless = true;
    runtime->deaf = true;
    for (bool more = true; more;) {
        mb_lockstep_reset(cx);
        lua_pushcfunction(L, mb_bind_add_traceback);
        lua_pushcfunction(L, turn);
        lua_pushvalue(L, 1);
        failed = lua_pcall(L, 1, 1, 2);
        runtime->boundless = true;
        more = failed || lua_toboolean(L, -1);
        code = mb_bind_end_chunk(runtime, failed ? lua_tostring(L, -1) : NULL, "chunk");
        runtime->deaf = true;
        mb_interrupt_forget(runtime); // what came since then
        lua_settop(L, 1);
        bool parted = mb_diverged(cx);
        if (parted) reseed(L);
        if (more) answer(runtime, code, parted);
        more = more && !mb_bind_terminated(code);
    }
    runtime->keeps = runtime->boundless = false;
    runtime->deaf = false;
    lua_settop(L, 0);
    return mb_bind_terminated(code) ? code : 0;
}
