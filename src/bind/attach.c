// The life of a runtime on one rank: its start, in step with the other ranks, and its end, with the
// Lua state or with the process.

#include "bind/attach.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "bind/bind.h"
#include "bind/guard.h"
#include "bind/hooks.h"
#include "bind/session/chunk.h"
#include "comm/comm.h"
#include "core/budget.h"
#include "core/hash.h"
#include "io/duck/session.h"

static const char sentinel_key; // its address names the userdata that runs the last leave

// A number that nobody can foresee.
static uint64_t random_word(void)
{
    uint64_t word;
    struct timespec now;
    if (getrandom(&word, sizeof word, GRND_NONBLOCK) == (ssize_t)sizeof word) return word;
    clock_gettime(CLOCK_REALTIME, &now);
    return mb_hash_word((uint64_t)now.tv_nsec, (uint64_t)getpid());
}

// The instruction set of all ranks, and their hashes; fails where the settings of one are wrong, by
// what is wrong with them.
static mb_status agree_on_choices(mb_context *cx, void *problem)
{
    const char *wrong = problem;
    mb_status status = *wrong ? mb_fail(cx, MB_EINVALID, "%s", wrong) : MB_OK;
    mb_payload payload = {.count = random_word(), .max = {MB_ISAS - (uint64_t)cx->settings.isa}};
    status = mb_conclude(cx, status, &payload);
    cx->isa = (mb_isa)(MB_ISAS - payload.max[0]);
    cx->hash_multiplier = mb_hash_multiplier(payload.count);
    return status;
}

// Ends communication, and MPI where that is ours to end, with the agreed status. Collective.
static void end_communication(mb_runtime *runtime)
{
    bool finalize = runtime->finalize;
    if (finalize) mb_job_ending(runtime->status);
    runtime->open = false;
    mb_lockstep_close(&runtime->cx);
    mb_kernels_close(&runtime->kernels);
    mb_duck_close(&runtime->cx);
    mb_comm_close(&runtime->cx);
    mb_memory_close(&runtime->cx.memory);
    if (runtime->foreign) {
        mb_guard_remove(runtime);
        free(runtime->error);
        free(runtime);
    }
    if (finalize) mb_job_finish();
}

// The last leave, when the state closes: registered first, so that it is finalised last.
static int close_sentinel(lua_State *L)
{
    mb_runtime **box = lua_touserdata(L, 1);
    mb_runtime *runtime = *box;
    *box = NULL;
    if (!runtime || !runtime->open) return 0;
    if (runtime->foreign) {
        int code = mb_bind_leave(runtime, 0, "ended the script", NULL);
        runtime->status = mb_bind_verdict(runtime, code);
    }
    mb_bind_set_runtime(L, NULL);
    end_communication(runtime);
    return 0;
}

// Everything that attaching needs of Lua, which may raise: the sentinel, still without a runtime,
// and the registry's entry.
static int make_room(lua_State *L)
{
    mb_runtime **box = lua_newuserdatauv(L, sizeof(mb_runtime *), 0);
    *box = NULL;
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, close_sentinel);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &sentinel_key);
    mb_bind_set_runtime(L, lua_touserdata(L, 1));
    return 0;
}

static bool has_room(lua_State *L, mb_runtime *runtime)
{
    if (!L || !runtime || !mb_guard_add(runtime)) return false;
    lua_pushcfunction(L, make_room);
    lua_pushlightuserdata(L, runtime);
    if (lua_pcall(L, 1, 0, 0) == LUA_OK) return true;
    lua_pop(L, 1);
    return false;
}

// On this rank attaching has failed, or on another.
static mb_runtime *give_up(lua_State *L, mb_runtime *runtime)
{
    if (L && runtime) mb_bind_set_runtime(L, NULL);
    mb_guard_remove(runtime);
    free(runtime);
    return NULL;
}

mb_runtime *mb_bind_attach(lua_State *L, const void *comm, char reason[MB_MESSAGE_SIZE])
{
    mb_runtime *runtime = calloc(1, sizeof *runtime);
    mb_signature signature;
    if (!has_room(L, runtime)) {
        snprintf(reason, MB_MESSAGE_SIZE, "out of memory on rank %d", mb_comm_refuse(comm));
        return give_up(L, runtime);
    }
    if (!mb_job_is_whole(reason)) return give_up(L, runtime);
    mb_context *cx = &runtime->cx;
    runtime->L = L;
    mb_hooks_begin(cx);
    char problem[MB_MESSAGE_SIZE] = "";
    (void)mb_settings_read(&cx->settings, problem, sizeof problem);
    mb_status status = mb_comm_open(cx, comm);
    if (status) {
        memcpy(reason, cx->message, MB_MESSAGE_SIZE);
        return give_up(L, runtime);
    }
    mb_memory_open(&cx->memory, mb_budget_share(&cx->settings, mb_ranks_on_node(cx)),
                   *mb_hooks_memory());
    mb_signature_begin(&signature, "the start", "");
    mb_signature_add(&signature, MOONBEAR_VERSION_NUMBER, "moonbear %s", MOONBEAR_VERSION);
    status = mb_operate(cx, &signature, agree_on_choices, problem);
    if (status) {
        memcpy(reason, cx->message, MB_MESSAGE_SIZE);
        mb_comm_close(cx);
        mb_memory_close(&cx->memory);
        return give_up(L, runtime);
    }
    runtime->open = true;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &sentinel_key);
    *(mb_runtime **)lua_touserdata(L, -1) = runtime;
    lua_pop(L, 1);
    return runtime;
}

// Ends the process with a status on which all ranks have agreed. Collective.
_Noreturn static void end_process(mb_runtime *runtime, int status, bool close)
{
    lua_State *L = runtime->L;
    runtime->status = status;
    runtime->finalize = true;
    runtime->foreign = false;        // the process ends before anybody frees it
    mb_lockstep_close(&runtime->cx); // finalisers may call operations: they raise
    if (close)
        lua_close(L);
    else
        end_communication(runtime);
    exit(status);
}

void mb_runtime_exit(mb_runtime *runtime, int status)
{
    if (!mb_guard_enter(runtime, "mb_runtime_exit")) {
        if (!mb_guard_is_open(runtime)) {
            mb_job_ending(status);
            mb_job_finish();
        }
        exit(status);
    }
    end_process(runtime, status, true);
}

// os.exit: the script's last act. Leaves, closes and ends the process with the agreed status.
static int exit_process(lua_State *L)
{
    mb_context *cx = mb_bind_context(L);
    mb_runtime *runtime = mb_bind_runtime(L);
    int code = lua_isboolean(L, 1) ? (lua_toboolean(L, 1) ? EXIT_SUCCESS : EXIT_FAILURE)
                                   : (int)luaL_optinteger(L, 1, EXIT_SUCCESS);
    if (mb_in_operation(cx)) return luaL_error(L, "os.exit is not for one rank alone");
    if (mb_lockstep_closed(cx)) return luaL_error(L, "os.exit: the run has ended");
    char site[MB_WHERE_SIZE], how[MB_WHERE_SIZE * 2];
    mb_bind_site(L, site, sizeof site);
    snprintf(how, sizeof how, "called os.exit(%d)%s%s", code, *site ? " at " : "", site);
    code = mb_bind_verdict(runtime, mb_bind_leave(runtime, code, how, NULL));
    end_process(runtime, code, lua_toboolean(L, 2) && L == runtime->L);
}

void mb_runtime_close(mb_runtime *runtime)
{
    if (!mb_guard_enter(runtime, "mb_runtime_close")) return;
    mb_lockstep_close(&runtime->cx); // finalisers may call operations: they raise
    lua_close(runtime->L);
    mb_guard_remove(runtime);
    mb_hooks_end(runtime);
    free(runtime->error);
    free(runtime);
}

void mb_bind_open_exit(lua_State *L)
{
    lua_pushcfunction(L, exit_process);
    lua_setfield(L, -2, "exit");
}
