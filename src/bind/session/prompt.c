// The plain prompt: rank 0 reads lines from its standard input, every rank runs each chunk.

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

// A prompt is for a person: nothing that a program reads.
static bool is_shown(lua_State *L)
{
    return mb_rank(mb_bind_context(L)) == 0 && isatty(STDIN_FILENO);
}

// The global of this name, which a script may set, or what it is by itself.
static void show_prompt(lua_State *L, const char *global, const char *otherwise)
{
    bool set = lua_getglobal(L, global) != LUA_TNIL;
    const char *prompt = set ? luaL_tolstring(L, -1, NULL) : otherwise;
    if (is_shown(L)) {
        fputs(prompt, stdout);
        fflush(stdout);
    }
    lua_pop(L, set ? 2 : 1);
}

// Pushes the next line; false at the end of input.
static bool push_line(lua_State *L, bool first)
{
    if (first)
        show_prompt(L, "_PROMPT", "> ");
    else
        show_prompt(L, "_PROMPT2", ">> ");
    if (!mb_world_push_input_line(L)) return false;
    const char *line = lua_tostring(L, -1);
    if (first && *line == '=') {
        lua_pushfstring(L, "return %s", line + 1);
        lua_remove(L, -2);
    }
    return true;
}

static bool incomplete(lua_State *L, int status)
{
    static const char mark[] = "<eof>";
    size_t length;
    const char *message = lua_tolstring(L, -1, &length);
    return status == LUA_ERRSYNTAX && length >= sizeof mark - 1 &&
           strcmp(message + length - (sizeof mark - 1), mark) == 0;
}

static int compile(lua_State *L, const char *text, size_t size)
{
    return luaL_loadbufferx(L, text, size, "=stdin", "t");
}

// Replaces the line on top of the stack by the function of the chunk that it begins, reading on
// while the chunk is not complete; raises a syntax error.
static void compile_chunk(lua_State *L)
{
    size_t size;
    const char *text = lua_tolstring(L, -1, &size);
    const char *expression = lua_pushfstring(L, "return %s", text);
    if (compile(L, expression, strlen(expression)) == LUA_OK) return;
    lua_pop(L, 2);
    for (;;) {
        text = lua_tolstring(L, -1, &size);
        int status = compile(L, text, size);
        if (status == LUA_OK) return;
        if (!incomplete(L, status) || !push_line(L, false)) lua_error(L);
        lua_remove(L, -2); // the message
        lua_pushliteral(L, "\n");
        lua_insert(L, -2);
        lua_concat(L, 3);
    }
}

static void print_values(lua_State *L, int n)
{
    if (n == 0) return;
    luaL_checkstack(L, LUA_MINSTACK, "too many results to print");
    lua_getglobal(L, "print");
    lua_insert(L, 1);
    lua_call(L, n, 0);
}

// One chunk: reads, runs, prints. Returns false at the end of input.
static int turn(lua_State *L)
{
    lua_settop(L, 0);
    if (!push_line(L, true)) {
        lua_pushboolean(L, false);
        return 1;
    }
    compile_chunk(L);
    lua_replace(L, 1);
    lua_settop(L, 1);
    lua_call(L, 0, LUA_MULTRET);
    print_values(L, lua_gettop(L));
    lua_pushboolean(L, true);
    return 1;
}

// After the ranks have diverged: what they do next is alike again, their variables may not be.
static void reseed(mb_runtime *runtime)
{
    lua_State *L = runtime->L;
    if (mb_rank(&runtime->cx) == 0)
        fprintf(stderr, "moonbear: variables may now differ between ranks\n");
    mb_lockstep_reset(&runtime->cx); // what follows is an operation
    (void)(luaL_loadstring(L, "math.randomseed()") || lua_pcall(L, 0, 0, 0));
    lua_settop(L, 0);
}

static int begin(lua_State *L)
{
    mb_bind_provide_module(L);
    lua_pushboolean(L, true);
    return 1;
}

int mb_runtime_prompt(mb_runtime *runtime)
{
    lua_State *L = runtime->L;
    mb_context *cx = &runtime->cx;
    lua_CFunction next = begin;
    for (bool more = true; more; next = turn) {
        mb_lockstep_reset(cx);
        mb_interrupt_forget(runtime);
        if (runtime->ending) mb_runtime_interrupt(runtime);
        lua_settop(L, 0);
        lua_pushcfunction(L, mb_bind_add_traceback);
        lua_pushcfunction(L, next);
        int failed = lua_pcall(L, 0, 1, 1);
        more = failed || lua_toboolean(L, -1);
        int code = mb_bind_end_chunk(runtime, failed ? lua_tostring(L, -1) : NULL, "chunk");
        if (mb_bind_terminated(code)) return code;
        if (mb_diverged(cx)) reseed(runtime);
    }
    if (is_shown(L)) fputc('\n', stdout);
    return 0;
}
