#include "bind/session/chunk.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/interrupt.h"
#include "bind/runtime.h"
#include "comm/collectives.h"
#include "comm/comm.h"
#include "core/progress.h"

enum { PREFIX = sizeof "moonbear: " - 1 };

// Keeps an error, which follows "moonbear: " in `line`, and tells the user of it on rank 0. The
// line is handed over.
static void keep(mb_runtime *runtime, char *line)
{
    if (mb_rank(&runtime->cx) == 0 && runtime->keeps)
        runtime->failure = mb_copy_string(&runtime->cx, line + PREFIX);
    else if (mb_rank(&runtime->cx) == 0)
        mb_tell(&runtime->cx, line);
    memmove(line, line + PREFIX, strlen(line + PREFIX) + 1);
    free(runtime->error);
    runtime->error = line;
}

void mb_bind_forget_error(mb_runtime *runtime)
{
    free(runtime->error);
    runtime->error = NULL;
}

// Whose error it is, unless it is everybody's: "rank 1: "; its length.
static int name_failing(const mb_runtime *runtime, const mb_ending *ending, char *text, size_t size)
{
    *text = '\0';
    if (ending->failing == mb_nranks(&runtime->cx)) return 0;
    if (ending->failing == 1) return snprintf(text, size, "rank %d: ", ending->rank);
    return snprintf(text, size, "rank %d, one of %d that failed: ", ending->rank, ending->failing);
}

// Brings the failing rank's message to all.
static void report(mb_runtime *runtime, const mb_ending *ending, const char *message)
{
    mb_context *cx = &runtime->cx;
    char name[64 + PREFIX] = "moonbear: ";
    size_t before =
        PREFIX + (size_t)name_failing(runtime, ending, name + PREFIX, sizeof name - PREFIX);
    uint64_t size = message ? strlen(message) : 0;
    mb_broadcast(cx, ending->rank, &size, sizeof size);
    char *text = mb_allocate(cx, before + size + 1, 1);
    if (text)
        memcpy(text, name, before);
    else
        mb_comm_abort(cx, "out of memory while reporting an error");
    if (mb_rank(cx) == ending->rank && size) memcpy(text + before, message, size);
    mb_broadcast(cx, ending->rank, text + before, size);
    text[before + size] = '\0';
    runtime->told = mb_diverged(cx) && strstr(text, mb_first_divergence(cx));
    if (size)
        keep(runtime, text);
    else
        free(text);
}

void mb_bind_flush(const mb_runtime *runtime)
{
    fflush(stdout);
    for (int i = 0; i < 2; i++)
        if (runtime->output[i]) fflush(runtime->output[i]);
}

int mb_bind_leave(mb_runtime *runtime, int code, const char *how, const char *message)
{
    mb_context *cx = &runtime->cx;
    mb_progress_reset(cx);
    mb_bind_flush(runtime);
    mb_ending ending = {.code = code, .how = how};
    mb_leave(cx, &ending);
    mb_interrupt_forget(runtime);
    mb_bind_forget_error(runtime);
    runtime->told = false;
    if (ending.rank < 0) return 0;
    report(runtime, &ending, message);
    return ending.code;
}

int mb_bind_verdict(mb_runtime *runtime, int code)
{
    const mb_context *cx = &runtime->cx;
    char line[MB_MESSAGE_SIZE + 64];
    if (!mb_diverged(cx)) return code;
    snprintf(line, sizeof line, "moonbear: the run failed: %s", mb_first_divergence(cx));
    if (mb_rank(cx) == 0 && !runtime->told) mb_tell(cx, line);
    if (!runtime->error) runtime->error = mb_copy_string(&runtime->cx, line + PREFIX);
    return code ? code : EXIT_FAILURE;
}

// Whether Lua code of a script is running, so that a traceback has something to tell.
static bool in_script(lua_State *L)
{
    lua_Debug record;
    for (int level = 1; lua_getstack(L, level, &record); level++) {
        lua_getinfo(L, "S", &record);
        if (*record.what != 'C' && !mb_bind_is_own(&record)) return true;
    }
    return false;
}

static int add_traceback(lua_State *L)
{
    const char *message = lua_tostring(L, 1);
    if (!message) {
        if (luaL_callmeta(L, 1, "__tostring") && lua_type(L, -1) == LUA_TSTRING) return 1;
        message = lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
    } else {
        mb_bind_mend_message(L, 1);
        message = lua_tostring(L, 1);
    }
    if (in_script(L))
        luaL_traceback(L, L, message, 1);
    else
        lua_pushstring(L, message);
    return 1;
}

// How a chunk has ended here, for the others; its code.
static int describe_end(const mb_runtime *runtime, const char *message, const char *what, char *how,
                        size_t size)
{
    if (!message) {
        snprintf(how, size, "ended the %s", what);
        return 0;
    }
    bool interrupted = runtime->interrupted || mb_interrupted(&runtime->cx);
    snprintf(how, size, MB_ENDED_WITH_ERROR " (%.*s)", (int)strcspn(message, "\n"), message);
    if (!interrupted) return 1;
    return runtime->ending ? MB_SIGNALLED + runtime->ending : MB_INTERRUPTED;
}

int mb_bind_run_chunk(mb_runtime *runtime, lua_CFunction function, int arguments, const char *what)
{
    lua_State *L = runtime->L;
    char how[MB_MESSAGE_SIZE / 4];
    int base = lua_gettop(L) - arguments + 1;
    lua_pushcfunction(L, add_traceback);
    lua_insert(L, base);
    lua_pushcfunction(L, function);
    lua_insert(L, base + 1);
    const char *message = lua_pcall(L, arguments, 1, base) ? lua_tostring(L, -1) : NULL;
    int code = describe_end(runtime, message, what, how, sizeof how);
    code = mb_bind_leave(runtime, code, how, message);
    lua_remove(L, base);
    if (!message) return code;
    lua_pushnil(L);
    lua_replace(L, base);
    return code;
}
