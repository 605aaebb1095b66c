// What a runtime opens in a Lua state, and in which order.

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>

#include "bind/attach.h"
#include "bind/bind.h"
#include "bind/guard.h"
#include "bind/hooks.h"
#include "bind/interrupt.h"
#include "bind/session/chunk.h"
#include "bind/world/world.h"
#include "comm/comm.h"

// Each adds its functions to the table of moonbear.core on top of the stack.
static void (*const rooms[])(lua_State *) = {
    mb_bind_open_core,    mb_bind_open_exit,    mb_interrupt_open,     mb_bind_open_public,
    mb_bind_open_sources, mb_bind_open_column,  mb_bind_open_group,    mb_world_open,
    mb_world_open_ask,    mb_world_open_random, mb_world_open_handles, mb_world_open_pairs,
    mb_bind_open_csv,     mb_bind_open_files,   mb_bind_open_progress, mb_bind_open_kernels,
    mb_bind_open_kept,    mb_bind_open_places,
};

// Makes moonbear.core and the script environment in a state that has a runtime. May raise.
static int open_rooms(lua_State *L)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_newtable(L);
    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++)
        rooms[i](L);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "moonbear.core");
    lua_getfield(L, -1, "load");
    lua_pushliteral(L, "world/init");
    lua_call(L, 1, 1);
    lua_pushvalue(L, -2);
    lua_call(L, 1, 0);
    return 1;
}

// Lua's allocator, within the budget: a table that grows without end is an error of the script.
static void *allocate(void *data, void *block, size_t old, size_t size)
{
    mb_runtime *runtime = data;
    if (!block) old = 0; // it is a type then
    return mb_memory_script(&runtime->cx.memory, block, old, size, runtime->boundless);
}

// The same before there is a runtime, which counts what the state has taken by then.
static void *allocate_first(void *data, void *block, size_t old, size_t size)
{
    return mb_memory_resize(data, block, block ? old : 0, size);
}

static int open_own(lua_State *L)
{
    luaL_openlibs(L);
    return open_rooms(L);
}

// That runtime has failed to open, for this reason.
static mb_runtime *fail_to_open(MPI_Comm comm, const char *reason)
{
    char line[MB_MESSAGE_SIZE + 64];
    int rank;
    snprintf(line, sizeof line, "moonbear: cannot start: %s", reason);
    MPI_Comm_rank(comm, &rank);
    if (rank == 0 && *reason) mb_hooks_tell(line);
    mb_guard_tell(line + sizeof "moonbear: " - 1);
    return NULL;
}

// What is missing before a runtime can ask MPI for anything; NULL: nothing.
static const char *missing_of_mpi(MPI_Comm comm)
{
    int initialized, finalized, between_groups;
    MPI_Initialized(&initialized);
    MPI_Finalized(&finalized);
    if (!initialized) return "cannot start: MPI is not initialised";
    if (finalized) return "cannot start: MPI was finalised";
    if (comm == MPI_COMM_NULL) return "cannot start: the communicator is MPI_COMM_NULL";
    MPI_Comm_test_inter(comm, &between_groups);
    return between_groups ? "cannot start: the communicator is an intercommunicator" : NULL;
}

mb_runtime *mb_runtime_open(MPI_Comm comm)
{
    const char *missing = missing_of_mpi(comm);
    if (missing) {
        mb_guard_tell(missing);
        return NULL;
    }
    char reason[MB_MESSAGE_SIZE];
    mb_memory_source source = *mb_hooks_memory();
    mb_guard_tell("");
    lua_State *L = lua_newstate(allocate_first, &source);
    mb_runtime *runtime = mb_bind_attach(L, &comm, reason);
    if (!runtime) {
        if (L) lua_close(L);
        return fail_to_open(comm, reason);
    }
    runtime->cx.memory.scripts =
        (size_t)lua_gc(L, LUA_GCCOUNT) * 1024 + (size_t)lua_gc(L, LUA_GCCOUNTB);
    lua_setallocf(L, allocate, runtime);
    int code = mb_bind_run_chunk(runtime, open_own, 0, "start");
    lua_settop(L, 0);
    code = mb_bind_verdict(runtime, code);
    if (!code) return runtime;
    snprintf(reason, sizeof reason, "%s", mb_error(runtime));
    mb_runtime_close(runtime);
    mb_guard_tell(reason);
    return NULL;
}

// For a stock lua5.4: `require "moonbear.core"`.
MB_PUBLIC int mb_open_module(lua_State *L);

int mb_open_module(lua_State *L)
{
    if (mb_bind_runtime(L)) {
        luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
        lua_getfield(L, -1, "moonbear.core");
        return 1;
    }
    char reason[MB_MESSAGE_SIZE];
    bool started = mb_job_start();
    (void)mb_runtime_message(NULL, mb_hooks_print, NULL);
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    mb_runtime *runtime = mb_bind_attach(lua_tothread(L, -1), mb_comm_world(), reason);
    (void)mb_runtime_message(NULL, NULL, NULL);
    if (!runtime) {
        if (started) mb_job_finish();
        return luaL_error(L, "moonbear cannot start: %s", reason);
    }
    runtime->foreign = true;
    runtime->finalize = started;
    return open_rooms(L);
}
