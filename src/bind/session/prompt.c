#include "bind/session/prompt.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bind/bind.h"
#include "bind/guard.h"
#include "bind/interrupt.h"
#include "bind/session/chunk.h"
#include "bind/world/world.h"
#include "comm/comm.h"

static int open_source(lua_State *L)
{
    const mb_prompt *prompt = *(const mb_prompt **)lua_touserdata(L, 1);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getfield(L, -1, "moonbear.core");
    lua_getfield(L, -1, "load");
    lua_pushstring(L, prompt->source);
    lua_call(L, 1, 1);
    lua_call(L, prompt->push(L, prompt->descriptor), 1);
    return 1;
}

// One chunk: takes it, runs it, shows what it gives. Returns true at the end.
static int turn(lua_State *L)
{
    mb_runtime *runtime = mb_bind_runtime(L);
    lua_getfield(L, 1, "next");
    lua_call(L, 0, 2);
    if (lua_isnil(L, 2)) {
        if (!lua_isnil(L, 3)) return lua_error(L);
        lua_pushboolean(L, true);
        return 1;
    }
    lua_pop(L, 1);
    lua_getfield(L, 1, "show");
    lua_insert(L, 2);
    runtime->boundless = false;
    lua_call(L, 0, LUA_MULTRET);
    runtime->boundless = true;
    lua_call(L, lua_gettop(L) - 2, 0);
    return 0;
}

// What came for the last chunk is not to stop the next, but for what ends the process.
static void forget_interrupts(mb_runtime *runtime, bool deaf)
{
    runtime->deaf = deaf;
    mb_interrupt_forget(runtime);
    if (runtime->ending) mb_runtime_interrupt(runtime);
}

// After the ranks have diverged: what they do next is alike again, their variables may not be.
static void reseed(mb_runtime *runtime)
{
    lua_State *L = runtime->L;
    mb_lockstep_reset(&runtime->cx); // what follows is an operation
    if (luaL_loadstring(L, "math.randomseed()") || lua_pcall(L, 0, 0, 0)) lua_pop(L, 1);
}

typedef struct outcome {
    int code;
    bool parted;
    const char *failure;
} outcome;

static int call_answer(lua_State *L)
{
    const outcome *of = lua_touserdata(L, 2);
    lua_getfield(L, 1, "answer");
    lua_pushinteger(L, of->code);
    lua_pushboolean(L, of->parted);
    lua_pushstring(L, of->failure);
    lua_call(L, 3, 0);
    return 0;
}

// Rank 0 tells how the chunk of the source on top of the stack has ended.
static void answer(mb_runtime *runtime, int code, bool parted)
{
    lua_State *L = runtime->L;
    if (runtime->keeps) {
        outcome of = {.code = code, .parted = parted, .failure = runtime->failure};
        lua_pushcfunction(L, call_answer);
        lua_pushvalue(L, -2);
        lua_pushlightuserdata(L, &of);
        if (lua_pcall(L, 2, 0, 0)) {
            bool is_text = lua_type(L, -1) == LUA_TSTRING;
            fprintf(stderr, "moonbear: %s\n", is_text ? lua_tostring(L, -1) : "no answer");
            lua_pop(L, 1);
        }
        free(runtime->failure);
        runtime->failure = NULL;
    } else if (parted) {
        fprintf(stderr, "moonbear: variables may now differ between ranks\n");
    }
}

// Runs the chunks of the source on top of the stack; returns the last one's code.
static int run_chunks(mb_runtime *runtime, bool deaf)
{
    lua_State *L = runtime->L;
    mb_context *cx = &runtime->cx;
    forget_interrupts(runtime, deaf);
    for (;;) {
        mb_lockstep_reset(cx);
        runtime->boundless = true;
        lua_pushvalue(L, -1);
        int code = mb_bind_run_chunk(runtime, turn, 1, "chunk");
        runtime->boundless = true;
        bool ended = lua_toboolean(L, -1), parted = mb_diverged(cx);
        lua_pop(L, 1);
        forget_interrupts(runtime, deaf);
        if (mb_rank(cx) == 0 && !ended) answer(runtime, code, parted);
        if (ended || mb_bind_terminated(code)) return code;
        if (parted) reseed(runtime);
    }
}

int mb_bind_prompt(mb_runtime *runtime, const mb_prompt *prompt)
{
    lua_pushlightuserdata(runtime->L, &prompt);
    int code = mb_bind_run_chunk(runtime, open_source, 1, "start");
    if (!code) {
        runtime->keeps = prompt->answers;
        code = run_chunks(runtime, prompt->deaf);
        runtime->keeps = runtime->boundless = false;
        runtime->deaf = false;
        if (!mb_bind_terminated(code)) code = 0;
    }
    lua_pop(runtime->L, 1);
    return code;
}

// A prompt is for a person: nothing that a program reads.
static bool is_shown(const mb_context *cx)
{
    return mb_rank(cx) == 0 && isatty(STDIN_FILENO);
}

// read(prompt): the next line of the standard input, nil at its end. Collective.
static int read_line(lua_State *L)
{
    const char *prompt = luaL_checkstring(L, 1);
    if (is_shown(mb_bind_context(L))) {
        fputs(prompt, stdout);
        fflush(stdout);
    }
    return mb_world_push_input_line(L);
}

// show(...): as the script's own print does.
static int print_values(lua_State *L)
{
    int n = lua_gettop(L);
    if (n == 0) return 0;
    luaL_checkstack(L, LUA_MINSTACK, "too many results to print");
    lua_getglobal(L, "print");
    lua_insert(L, 1);
    lua_call(L, n, 0);
    return 0;
}

static int push_functions(lua_State *L, int unused)
{
    (void)unused;
    lua_pushcfunction(L, read_line);
    lua_pushcfunction(L, print_values);
    return 2;
}

int mb_runtime_prompt(mb_runtime *runtime)
{
    static const mb_prompt prompt = {.source = "session/lines", .push = push_functions};
    if (!mb_guard_enter(runtime, "mb_runtime_prompt")) return MB_REFUSED;
    int code = mb_bind_prompt(runtime, &prompt);
    mb_guard_leave(runtime);
    if (code == 0 && is_shown(&runtime->cx)) fputc('\n', stdout);
    return code;
}
