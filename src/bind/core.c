// moonbear.core: what the runtime tells of itself, and what tests and benchmarks need of it.

#include "bind/bind.h"
#include "bind/runtime.h"
#include "comm/comm.h"
#include "core/clock.h"

static int rank_of(lua_State *L)
{
    lua_pushinteger(L, mb_rank(mb_bind_context(L)));
    return 1;
}

static int size_of(lua_State *L)
{
    lua_pushinteger(L, mb_nranks(mb_bind_context(L)));
    return 1;
}

// Bytes: in use, kept for reuse, most ever in use, the budget, in use on the disk; of this rank.
// With an argument that is true the third one counts anew from now.
static int memory_of(lua_State *L)
{
    mb_memory *memory = &mb_bind_context(L)->memory;
    if (lua_toboolean(L, 1)) memory->peak = memory->live;
    lua_pushinteger(L, (lua_Integer)memory->live);
    lua_pushinteger(L, (lua_Integer)memory->pooled);
    lua_pushinteger(L, (lua_Integer)memory->peak);
    lua_pushinteger(L, (lua_Integer)memory->budget);
    lua_pushinteger(L, (lua_Integer)memory->spilled);
    return 5;
}

// Bytes and messages that this rank has sent, agreements, and bytes of the largest message of a
// shuffle.
static int traffic_of(lua_State *L)
{
    mb_traffic traffic = mb_comm_traffic(mb_bind_context(L));
    lua_pushinteger(L, traffic.bytes);
    lua_pushinteger(L, traffic.messages);
    lua_pushinteger(L, traffic.agreements);
    lua_pushinteger(L, traffic.largest);
    return 4;
}

// Tests: sets the budget of this rank, in bytes, and the folder for what is beyond it; nil: none.
static int limit_memory(lua_State *L)
{
    mb_context *cx = mb_bind_context(L);
    cx->memory.budget = (size_t)luaL_checkinteger(L, 1);
    cx->settings.tmpdir = luaL_optstring(L, 2, NULL);
    lua_settop(L, 2);
    lua_setfield(L, LUA_REGISTRYINDEX, "moonbear.tmpdir"); // keeps the string
    return 0;
}

static int trim_memory(lua_State *L)
{
    mb_memory_trim(&mb_bind_context(L)->memory);
    return 0;
}

// Tests: makes the n-th allocation from now fail on one rank, or on all (-1), with all after it
// when `kind` is "for good"; or the n-th step, when it is "step"; 0 calls all off. Returns how many
// allocations and steps were left on this rank before an earlier fault.
static int inject_fault(lua_State *L)
{
    static const char *const kinds[] = {"once", "for good", "step", NULL};
    mb_context *cx = mb_bind_context(L);
    lua_Integer rank = luaL_checkinteger(L, 1), n = luaL_checkinteger(L, 2);
    int kind = luaL_checkoption(L, 3, "once", kinds);
    lua_pushinteger(L, cx->memory.fail_after);
    bool here = rank < 0 || rank == mb_rank(cx);
    if (here) mb_memory_inject(&cx->memory, kind == 2 ? 0 : n, kind == 1);
    lua_pushinteger(L, mb_step_inject(cx, here && kind == 2 ? n : 0));
    return 2;
}

// Tests: forgets that the ranks have diverged, so that the run does not fail for it. All ranks
// must call it while in step.
static int forget_divergence(lua_State *L)
{
    mb_lockstep_reset(mb_bind_context(L));
    return 0;
}

// From now on an interrupt makes the next operation fail with "interrupted", and that is all: a
// program of our own ends by itself. Not collective.
static int catch_interrupts(lua_State *L)
{
    mb_bind_runtime(L)->catching = true;
    return 0;
}

static mb_status nothing(mb_context *cx, void *unused)
{
    (void)unused;
    return mb_conclude(cx, MB_OK, NULL);
}

// An operation without work: what lockstep costs. Collective.
static int barrier(lua_State *L)
{
    mb_signature signature;
    mb_bind_signature(L, &signature, "barrier");
    mb_bind_operate(L, &signature, nothing, NULL);
    return 0;
}

static mb_status take_stock(mb_context *cx, void *payload)
{
    return mb_conclude(cx, MB_OK, payload);
}

// core.memory_taken(): the most bytes that a rank has had in use since the last call beside those
// that were in use then, and the fewest of the budget that a rank has left. Collective.
static int memory_taken(lua_State *L)
{
    mb_signature signature;
    mb_memory *memory = &mb_bind_context(L)->memory;
    const size_t left = memory->live < memory->budget ? memory->budget - memory->live : 0;
    mb_payload payload = {.max = {mb_memory_taken(memory), UINT64_MAX - left}};
    mb_bind_signature(L, &signature, "memory_taken");
    mb_bind_operate(L, &signature, take_stock, &payload);
    lua_pushinteger(L, (lua_Integer)payload.max[0]);
    lua_pushinteger(L, (lua_Integer)(UINT64_MAX - payload.max[1]));
    return 2;
}

// Seconds that n agreements take, each.
static int agreement_time(lua_State *L)
{
    mb_context *cx = mb_bind_context(L);
    lua_Integer n = luaL_checkinteger(L, 1);
    mb_signature signature;
    mb_bind_signature(L, &signature, "agreement_time");
    double start = mb_now();
    for (lua_Integer i = 0; i < n; i++)
        if (mb_operate(cx, &signature, nothing, NULL)) return mb_bind_raise(L, MB_EINTERNAL);
    lua_pushnumber(L, (mb_now() - start) / (2 * (double)n)); // enter and conclude
    return 1;
}

static int isa_of(lua_State *L)
{
    lua_pushstring(L, mb_isa_name(mb_bind_context(L)->isa));
    return 1;
}

static int clock_of(lua_State *L)
{
    lua_pushnumber(L, mb_now());
    return 1;
}

static const luaL_Reg functions[] = {
    {"rank", rank_of},
    {"size", size_of},
    {"memory", memory_of},
    {"memory_taken", memory_taken},
    {"traffic", traffic_of},
    {"limit_memory", limit_memory},
    {"trim", trim_memory},
    {"inject_fault", inject_fault},
    {"forget_divergence", forget_divergence},
    {"catch_interrupts", catch_interrupts},
    {"barrier", barrier},
    {"agreement_time", agreement_time},
    {"isa", isa_of},
    {"now", clock_of},
    {NULL, NULL},
};

void mb_bind_open_core(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
