// The plain prompt: rank 0 reads lines from its standard input, every rank runs each chunk.

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/chunk.h"
#include "bind/runtime.h"
#include "comm/comm.h"
#include "comm/exchange.h"

typedef struct input_line {
    const char *prompt;
    mb_buffer **text; // NULL inside: the end of input
    size_t size;
} input_line;

static mb_status take_line(mb_context *cx, input_line *line, char *read, ssize_t length)
{
    if (length > 0 && read[length - 1] == '\n') length--;
    mb_status status = mb_buffer_new(cx, (size_t)length + 1, line->text);
    if (!status) memcpy((*line->text)->data, read, (size_t)length);
    line->size = (size_t)length;
    return status;
}

static mb_status read_line(mb_context *cx, void *argument)
{
    input_line *line = argument;
    mb_status status = MB_OK;
    bool ended = false;
    if (mb_rank(cx) == 0) {
        char *read = NULL;
        size_t room = 0;
        fputs(line->prompt, stdout);
        fflush(stdout);
        ssize_t length = getline(&read, &room, stdin);
        ended = length < 0;
        if (!ended) status = take_line(cx, line, read, length);
        free(read);
    }
    mb_payload payload = {.count = line->size, .max = {ended}};
    MB_TRY(mb_step_patient(cx, status, &payload));
    if (payload.max[0]) return MB_OK;
    line->size = payload.count;
    if (mb_rank(cx) > 0) status = mb_buffer_new(cx, line->size + 1, line->text);
    MB_TRY(mb_step(cx, status, NULL));
    mb_broadcast(cx, 0, (*line->text)->data, line->size);
done:
    return status;
}

// Pushes the next line; false at the end of input.
static bool push_line(lua_State *L, const char *prompt)
{
    mb_signature signature;
    mb_signature_begin(&signature, "prompt", "");
    input_line line = {.prompt = prompt, .text = mb_bind_new_buffer(L)};
    mb_bind_operate(L, &signature, read_line, &line);
    if (!*line.text) {
        lua_pop(L, 1);
        return false;
    }
    lua_pushlstring(L, (*line.text)->data, line.size);
    lua_remove(L, -2);
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
        if (!incomplete(L, status) || !push_line(L, ">> ")) lua_error(L);
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
    if (!push_line(L, "> ")) {
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

// After the ranks have parted ways: what they do next is alike again, their variables may not be.
static void reseed(mb_runtime *runtime)
{
    lua_State *L = runtime->L;
    if (mb_rank(&runtime->cx) == 0)
        fprintf(stderr, "moonbear: variables may now differ between ranks\n");
    (void)(luaL_loadstring(L, "math.randomseed()") || lua_pcall(L, 0, 0, 0));
    lua_settop(L, 0);
}

int mb_runtime_prompt(mb_runtime *runtime)
{
    lua_State *L = runtime->L;
    mb_context *cx = &runtime->cx;
    for (bool more = true; more;) {
        mb_lockstep_reset(cx);
        lua_settop(L, 0);
        lua_pushcfunction(L, mb_bind_add_traceback);
        lua_pushcfunction(L, turn);
        int failed = lua_pcall(L, 0, 1, 1);
        const char *message = failed ? lua_tostring(L, -1) : NULL;
        more = failed || lua_toboolean(L, -1);
        char how[MB_MESSAGE_SIZE / 4];
        size_t first_line = message ? strcspn(message, "\n") : 0;
        snprintf(how, sizeof how, "ends the chunk%s%.*s", failed ? " with an error: " : "",
                 (int)first_line, message ? message : "");
        mb_runtime_leave(runtime, failed != LUA_OK, how, message, false);
        if (mb_diverged(cx)) reseed(runtime);
    }
    if (mb_rank(cx) == 0) fputc('\n', stdout);
    return 0;
}
