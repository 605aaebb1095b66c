// A session: rank 0 takes requests from a host program on a descriptor, every rank runs each chunk.
// What a request and its answer are is told in lua/moonbear/session.

#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bind/bind.h"
#include "bind/guard.h"
#include "bind/interrupt.h"
#include "bind/session/prompt.h"

// The stream of requests on rank 0, at upvalue 1: bytes that have come and were not taken.
typedef struct requests {
    int descriptor;
    size_t at, size;
    char text[64 << 10];
} requests;

enum { MOST_LINE = 64 << 20 };

// Reads more; false at the end of input.
static bool refill(const mb_runtime *runtime, requests *input)
{
    ssize_t n;
    do
        n = read(input->descriptor, input->text, sizeof input->text);
    while (n < 0 && errno == EINTR && !runtime->ending);
    input->at = 0;
    input->size = n > 0 ? (size_t)n : 0;
    return n > 0;
}

// read(): the next line without its end, nil at the end of input. Rank 0 alone.
static int read_request(lua_State *L)
{
    requests *input = lua_touserdata(L, lua_upvalueindex(1));
    luaL_Buffer line;
    luaL_buffinit(L, &line);
    for (;;) {
        const char *from = input->text + input->at;
        size_t size = input->size - input->at;
        const char *end = memchr(from, '\n', size);
        luaL_addlstring(&line, from, end ? (size_t)(end - from) : size);
        input->at = end ? (size_t)(end - input->text) + 1 : input->size;
        if (end) break;
        if (luaL_bufflen(&line) > MOST_LINE || !refill(mb_bind_runtime(L), input)) return 0;
    }
    luaL_pushresult(&line);
    return 1;
}

// write(line): sends a line, to which it adds the end. Rank 0 alone. What the host does not read
// any more is lost: the session is about to end.
static int write_answer(lua_State *L)
{
    const requests *input = lua_touserdata(L, lua_upvalueindex(1));
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

// How far an operation is, as an event; its line is plain ASCII.
static void tell_progress(void *to, const char *line)
{
    char event[400];
    int size = snprintf(event, sizeof event, "{\"event\":\"progress\"%s%s%s}\n",
                        line ? ",\"text\":\"" : "", line ? line : "", line ? "\"" : "");
    (void)!write(*(const int *)to, event, (size_t)size);
}

// listen(signals): interrupts are for the chunk that comes, but for so many, which were for others.
static int listen(lua_State *L)
{
    mb_runtime *runtime = mb_bind_runtime(L);
    mb_interrupt_await(runtime, luaL_checkinteger(L, 1));
    runtime->deaf = false;
    return 0;
}

static int push_functions(lua_State *L, int descriptor)
{
    requests *input = lua_newuserdatauv(L, sizeof *input, 0);
    input->descriptor = descriptor;
    input->at = input->size = 0;
    lua_pushvalue(L, -1);
    lua_pushcclosure(L, read_request, 1);
    lua_insert(L, -2);
    lua_pushcclosure(L, write_answer, 1);
    lua_pushcfunction(L, listen);
    return 3;
}

int mb_runtime_session(mb_runtime *runtime, int descriptor)
{
    const mb_prompt prompt = {.source = "session/init",
                              .push = push_functions,
                              .descriptor = descriptor,
                              .answers = true,
                              .deaf = true};
    mb_runtime_progress(runtime, tell_progress, &descriptor);
    if (!mb_guard_enter(runtime, "mb_runtime_session")) return MB_REFUSED;
    int status = mb_bind_prompt(runtime, &prompt);
    mb_guard_leave(runtime);
    mb_runtime_progress(runtime, NULL, NULL);
    return status;
}
