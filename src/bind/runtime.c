#include "bind/runtime.h"

#include <dlfcn.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "bind/bind.h"
#include "bind/interrupt.h"
#include "bind/session/chunk.h"
#include "comm/comm.h"
#include "comm/exchange.h"
#include "core/budget.h"
#include "core/hash.h"

static const char runtime_key;  // its address names the runtime in the registry
static const char sentinel_key; // and the userdata that runs the last leave

mb_runtime *mb_bind_runtime(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &runtime_key);
    mb_runtime *runtime = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return runtime;
}

mb_context *mb_bind_context(lua_State *L)
{
    mb_runtime *runtime = mb_bind_runtime(L);
    if (!runtime) luaL_error(L, "moonbear has ended before this finaliser"); // made before it began
    return &runtime->cx;
}

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
    mb_runtime_detach(runtime);
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
        int code = mb_runtime_leave(runtime, 0, "ended the script", NULL);
        runtime->status = mb_runtime_verdict(runtime, code);
    }
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &runtime_key);
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
    lua_pushlightuserdata(L, lua_touserdata(L, 1));
    lua_rawsetp(L, LUA_REGISTRYINDEX, &runtime_key);
    return 0;
}

static bool has_room(lua_State *L, mb_runtime *runtime)
{
    if (!L || !runtime) return false;
    lua_pushcfunction(L, make_room);
    lua_pushlightuserdata(L, runtime);
    if (lua_pcall(L, 1, 0, 0) == LUA_OK) return true;
    lua_pop(L, 1);
    return false;
}

// On this rank attaching has failed, or on another.
static mb_runtime *give_up(lua_State *L, mb_runtime *runtime)
{
    if (L && runtime) {
        lua_pushnil(L);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &runtime_key);
    }
    free(runtime);
    return NULL;
}

mb_runtime *mb_runtime_attach(lua_State *L, const void *comm, char reason[MB_MESSAGE_SIZE])
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
    char problem[MB_MESSAGE_SIZE] = "";
    (void)mb_settings_read(&cx->settings, problem, sizeof problem);
    mb_status status = mb_comm_open(cx, comm);
    if (status) {
        memcpy(reason, cx->message, MB_MESSAGE_SIZE);
        return give_up(L, runtime);
    }
    mb_memory_open(&cx->memory, mb_budget_share(&cx->settings, mb_ranks_on_node(cx)));
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

void mb_runtime_detach(mb_runtime *runtime)
{
    runtime->open = false;
    mb_lockstep_close(&runtime->cx);
    mb_comm_close(&runtime->cx);
    mb_memory_close(&runtime->cx.memory);
    if (runtime->foreign) free(runtime);
}

// Rank 0 tells the user of an error; `text` is handed over.
static void tell(mb_runtime *runtime, char *text)
{
    if (runtime->keeps) {
        runtime->failure = text;
        return;
    }
    fflush(stdout);
    fprintf(stderr, "moonbear: %s\n", text);
    fflush(stderr);
    free(text);
}

// Whose error it is, unless it is everybody's: "rank 1: "; its length.
static int name_failing(const mb_runtime *runtime, const mb_ending *ending, char *text, size_t size)
{
    *text = '\0';
    if (ending->failing == mb_nranks(&runtime->cx)) return 0;
    if (ending->failing == 1) return snprintf(text, size, "rank %d: ", ending->rank);
    return snprintf(text, size, "rank %d, one of %d that failed: ", ending->rank, ending->failing);
}

// Brings the failing rank's message to rank 0.
static void report(mb_runtime *runtime, const mb_ending *ending, const char *message)
{
    mb_context *cx = &runtime->cx;
    char name[64];
    size_t before = (size_t)name_failing(runtime, ending, name, sizeof name);
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
    if (mb_rank(cx) == 0 && size)
        tell(runtime, text);
    else
        free(text);
}

int mb_runtime_leave(mb_runtime *runtime, int code, const char *how, const char *message)
{
    mb_context *cx = &runtime->cx;
    fflush(stdout);
    mb_ending ending = {.code = code, .how = how};
    mb_leave(cx, &ending);
    mb_interrupt_forget(runtime);
    runtime->told = false;
    if (ending.rank < 0) return 0;
    report(runtime, &ending, message);
    return ending.code;
}

int mb_runtime_verdict(const mb_runtime *runtime, int code)
{
    const mb_context *cx = &runtime->cx;
    if (!mb_diverged(cx)) return code;
    if (mb_rank(cx) == 0 && !runtime->told)
        fprintf(stderr, "moonbear: the run failed: %s\n", mb_first_divergence(cx));
    return code ? code : EXIT_FAILURE;
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
    code = mb_runtime_verdict(runtime, mb_runtime_leave(runtime, code, how, NULL));
    end_process(runtime, code, lua_toboolean(L, 2) && L == runtime->L);
}

// Where the Lua files of moonbear are: above the library in the build tree, or under the prefix.
// Rank 0 looks.
static void find_lua_files(mb_runtime *runtime, char *path, size_t size)
{
    static const char *const places[] = {"/../../lua", "/../../../lua", "/../../../../lua",
                                         "/../share/lua/5.4"};
    char probe[4096 + 64], folder[4096] = ".";
    Dl_info info;
    memset(path, 0, size);
    if (mb_rank(&runtime->cx) == 0) {
        if (dladdr((const void *)&runtime_key, &info) && realpath(info.dli_fname, folder))
            *strrchr(folder, '/') = '\0';
        for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
            snprintf(probe, sizeof probe, "%s%s/moonbear/init.lua", folder, places[i]);
            if (access(probe, R_OK) != 0) continue;
            snprintf(path, size, "%.*s", (int)(strlen(probe) - strlen("/moonbear/init.lua")),
                     probe);
            break;
        }
    }
    mb_broadcast(&runtime->cx, 0, path, size);
}

// Puts our folder first on package.path.
static void extend_package_path(lua_State *L, const char *folder)
{
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "path");
    lua_pushfstring(L, "%s/?.lua;%s/?/init.lua;%s", folder, folder, lua_tostring(L, -1));
    lua_setfield(L, -3, "path");
    lua_pop(L, 2);
}

// Makes moonbear.core and the script environment in a state that has a runtime. May raise.
static int open_modules(lua_State *L)
{
    mb_runtime *runtime = mb_bind_runtime(L);
    char folder[4096];
    find_lua_files(runtime, folder, sizeof folder);
    if (!*folder) return luaL_error(L, "moonbear's Lua files are not beside its library");
    extend_package_path(L, folder);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_newtable(L);
    mb_bind_open_core(L);
    lua_pushcfunction(L, exit_process);
    lua_setfield(L, -2, "exit");
    mb_interrupt_open(L);
    mb_bind_open_public(L);
    mb_bind_open_chunk(L, folder);
    mb_bind_open_column(L);
    mb_bind_open_group(L);
    mb_bind_open_world(L);
    mb_bind_open_csv(L);
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

static int open_own(lua_State *L)
{
    luaL_openlibs(L);
    return open_modules(L);
}

mb_runtime *mb_runtime_open(MPI_Comm comm)
{
    char reason[MB_MESSAGE_SIZE];
    int rank;
    lua_State *L = luaL_newstate();
    mb_runtime *runtime = mb_runtime_attach(L, &comm, reason);
    if (!runtime) {
        MPI_Comm_rank(comm, &rank);
        if (rank == 0 && *reason) fprintf(stderr, "moonbear: cannot start: %s\n", reason);
        if (L) lua_close(L);
        return NULL;
    }
    runtime->cx.memory.scripts =
        (size_t)lua_gc(L, LUA_GCCOUNT) * 1024 + (size_t)lua_gc(L, LUA_GCCOUNTB);
    lua_setallocf(L, allocate, runtime);
    lua_pushcfunction(L, open_own);
    int failed = lua_pcall(L, 0, 0, 0);
    int code = mb_bind_end_chunk(runtime, failed ? lua_tostring(L, -1) : NULL, "start");
    lua_settop(L, 0);
    if (mb_runtime_verdict(runtime, code)) {
        mb_runtime_close(runtime);
        return NULL;
    }
    return runtime;
}

void mb_runtime_close(mb_runtime *runtime)
{
    lua_State *L = runtime->L;
    mb_lockstep_close(&runtime->cx); // finalisers may call operations: they raise
    lua_close(L);
    free(runtime);
}

typedef struct arguments {
    int argc, script;
    char **argv;
} arguments;

static int set_arguments(lua_State *L)
{
    const arguments *given = lua_touserdata(L, 1);
    lua_createtable(L, given->argc, 0);
    for (int i = 0; i < given->argc; i++) {
        lua_pushstring(L, given->argv[i]);
        lua_rawseti(L, -2, i - given->script);
    }
    lua_setglobal(L, "arg");
    return 0;
}

int mb_runtime_arguments(mb_runtime *runtime, int argc, char **argv, int script)
{
    arguments given = {.argc = argc, .script = script, .argv = argv};
    return mb_bind_run_chunk(runtime, set_arguments, &given);
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
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    mb_runtime *runtime = mb_runtime_attach(lua_tothread(L, -1), mb_comm_world(), reason);
    if (!runtime) {
        if (started) mb_job_finish();
        return luaL_error(L, "moonbear cannot start: %s", reason);
    }
    runtime->foreign = true;
    runtime->finalize = started;
    return open_modules(L);
}
