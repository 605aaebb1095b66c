#include "bind/interrupt.h"

#include <lauxlib.h>
#include <time.h>

#include "bind/bind.h"
#include "bind/guard.h"
#include "comm/comm.h"

static void raise_interrupt(lua_State *L, lua_Debug *unused)
{
    mb_runtime *runtime = mb_bind_runtime(L);
    (void)unused;
    if (!runtime || !runtime->stopping) {
        lua_sethook(L, NULL, 0, 0); // of a coroutine that was not resumed since
        return;
    }
    runtime->interrupted = true;
    char site[MB_WHERE_SIZE];
    mb_bind_site(L, site, sizeof site);
    lua_pushfstring(L, "%s%sinterrupted", site, *site ? ": " : "");
    lua_error(L);
}

static void hook(lua_State *L)
{
    lua_sethook(L, raise_interrupt, LUA_MASKCOUNT, 1);
}

void mb_interrupt_threads(mb_runtime *runtime)
{
    lua_State *L = runtime->L;
    if (runtime->catching) return;
    if (lua_gethook(L) != raise_interrupt)
        runtime->script_hook = (mb_hook){lua_gethook(L), lua_gethookmask(L), lua_gethookcount(L)};
    runtime->stopping = true;
    hook(L);
    for (mb_resumed *resumed = runtime->resumed; resumed; resumed = resumed->outer)
        hook(resumed->thread);
}

void mb_interrupt_forget(mb_runtime *runtime)
{
    const mb_hook *kept = &runtime->script_hook;
    runtime->stopping = runtime->interrupted = false;
    if (lua_gethook(runtime->L) == raise_interrupt)
        lua_sethook(runtime->L, kept->call, kept->mask, kept->count);
}

void mb_runtime_interrupt(mb_runtime *runtime)
{
    if (!mb_guard_has(runtime)) return;
    runtime->signals++;
    if (runtime->deaf || !runtime->open) return;
    mb_comm_interrupt(&runtime->cx);
    mb_interrupt_threads(runtime);
}

void mb_runtime_signal(mb_runtime *runtime, int signal)
{
    if (mb_guard_has(runtime)) mb_comm_signal(&runtime->cx, signal);
}

void mb_runtime_terminate(mb_runtime *runtime, int number)
{
    if (!mb_guard_has(runtime)) return;
    runtime->ending = number;
    mb_runtime_interrupt(runtime);
}

void mb_interrupt_await(mb_runtime *runtime, int64_t sent)
{
    enum { MOST = 1000, MILLISECOND = 1000000 };
    for (int i = 0; i < MOST && runtime->signals < sent; i++)
        nanosleep(&(struct timespec){.tv_nsec = MILLISECOND}, NULL);
    runtime->signals = (int)sent;
}

// Notes a coroutine that is about to run, if there is a runtime: there is none at the very end. The
// signal may have come just before.
static mb_runtime *note(lua_State *L, mb_resumed *here)
{
    mb_runtime *runtime = mb_bind_runtime(L);
    if (!runtime) return NULL;
    here->outer = runtime->resumed;
    runtime->resumed = here;
    if (runtime->stopping) hook(here->thread);
    return runtime;
}

// lua_resume and lua_resetthread keep errors to themselves: no note outlives its frame.
static int resume_noted(lua_State *L, lua_State *thread, int arguments, int *results)
{
    mb_resumed here = {.thread = thread};
    mb_runtime *runtime = note(L, &here);
    int status = lua_resume(thread, L, arguments, results);
    if (runtime) runtime->resumed = here.outer;
    return status;
}

static int reset_noted(lua_State *L, lua_State *thread)
{
    mb_resumed here = {.thread = thread};
    mb_runtime *runtime = note(L, &here);
    int status = lua_resetthread(thread);
    if (runtime) runtime->resumed = here.outer;
    return status;
}

// Resumes with the topmost values as arguments, and pushes the results; or the error, and returns
// -1.
static int resume_values(lua_State *L, lua_State *thread, int arguments)
{
    int results;
    if (!lua_checkstack(thread, arguments)) {
        lua_pushliteral(L, "too many arguments to resume");
        return -1;
    }
    lua_xmove(L, thread, arguments);
    int status = resume_noted(L, thread, arguments, &results);
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_xmove(thread, L, 1);
        return -1;
    }
    if (!lua_checkstack(L, results + 1)) {
        lua_pop(thread, results);
        lua_pushliteral(L, "too many results to resume");
        return -1;
    }
    lua_xmove(thread, L, results);
    return results;
}

static int resume(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTHREAD);
    lua_State *thread = lua_tothread(L, 1);
    int results = resume_values(L, thread, lua_gettop(L) - 1);
    lua_pushboolean(L, results >= 0);
    if (results < 0) results = 1;
    lua_insert(L, -results - 1);
    return results + 1;
}

// Closes a coroutine that has failed; its error, on top, becomes what that makes of it. The one
// that it starts from is still on the coroutine's stack, where lua_resume has left it twice.
static int close_failed(lua_State *L, lua_State *thread)
{
    int status = lua_status(thread);
    if (status == LUA_OK || status == LUA_YIELD) return status; // it was not to be resumed
    status = reset_noted(L, thread);
    lua_xmove(thread, L, 1);
    return status;
}

static int resume_wrapped(lua_State *L)
{
    lua_State *thread = lua_tothread(L, lua_upvalueindex(1));
    int results = resume_values(L, thread, lua_gettop(L));
    if (results >= 0) return results;
    if (close_failed(L, thread) != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

static int wrap(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *thread = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, thread, 1);
    lua_pushcclosure(L, resume_wrapped, 1);
    return 1;
}

static const char *state_of(lua_State *L, lua_State *thread)
{
    lua_Debug record;
    if (L == thread) return "running";
    if (lua_status(thread) == LUA_OK && lua_getstack(thread, 0, &record)) return "normal";
    return NULL;
}

static int close(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTHREAD);
    lua_State *thread = lua_tothread(L, 1);
    const char *state = state_of(L, thread);
    if (state) return luaL_error(L, "cannot close a %s coroutine", state);
    int status = reset_noted(L, thread);
    lua_pushboolean(L, status == LUA_OK);
    if (status == LUA_OK) return 1;
    lua_xmove(thread, L, 1);
    return 2;
}

void mb_interrupt_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"resume", resume}, {"wrap", wrap}, {"close", close}, {NULL, NULL}};
    luaL_newlib(L, functions);
    lua_setfield(L, -2, "coroutines");
}
