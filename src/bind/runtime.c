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
#include "bind/chunk.h"
#include "bind/interrupt.h"
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
    return &mb_bind_runtime(L)->cx;
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

// The instruction set of all ranks, and their hashes.
static mb_status agree_on_choices(mb_context *cx, void *unused)
{
    (void)unused;
    mb_payload payload = {.count = random_word(), .max = {MB_ISAS - (uint64_t)cx->isa}};
    mb_status status = mb_conclude(cx, MB_OK, &payload);
    cx->isa = (mb_isa)(MB_ISAS - payload.max[0]);
    cx->hash_multiplier = mb_hash_multiplier(payload.count);
    return status;
}

static mb_isa wanted_isa(void)
{
    const char *name = getenv("MOONBEAR_ISA");
    mb_isa best = mb_isa_best();
    for (int isa = 0; name && isa < (int)best; isa++)
        if (strcmp(name, mb_isa_name((mb_isa)isa)) == 0) return (mb_isa)isa;
    return best;
}

// The last leave, when the state closes: registered first, so that it is finalised last.
static int close_sentinel(lua_State *L)
{
    mb_runtime **box = lua_touserdata(L, 1);
    mb_runtime *runtime = *box;
    *box = NULL;
    if (!runtime || !runtime->open) return 0;
    if (runtime->foreign) mb_runtime_leave(runtime, 0, "ended the script", NULL);
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &runtime_key);
    bool finalize = runtime->finalize;
    mb_runtime_detach(runtime);
    if (finalize) mb_comm_finish();
    return 0;
}

static void push_sentinel(lua_State *L, mb_runtime *runtime)
{
    mb_runtime **box = lua_newuserdatauv(L, sizeof(mb_runtime *), 0);
    *box = NULL;
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, close_sentinel);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    *box = runtime;
    lua_rawsetp(L, LUA_REGISTRYINDEX, &sentinel_key);
}

mb_runtime *mb_runtime_attach(lua_State *L, const void *comm)
{
    mb_runtime *runtime = calloc(1, sizeof *runtime);
    mb_signature signature;
    if (!runtime) return NULL;
    mb_context *cx = &runtime->cx;
    runtime->L = L;
    cx->isa = wanted_isa();
    mb_status status = mb_comm_open(cx, comm);
    if (status) {
        free(runtime);
        return NULL;
    }
    mb_memory_open(&cx->memory, mb_budget_share(mb_ranks_on_node(cx)));
    mb_signature_begin(&signature, "the start", "");
    mb_signature_add(&signature, MOONBEAR_VERSION_NUMBER, "moonbear %s", MOONBEAR_VERSION);
    status = mb_operate(cx, &signature, agree_on_choices, NULL);
    if (status) mb_comm_abort(cx, "%s", cx->message);
    runtime->open = true;
    lua_pushlightuserdata(L, runtime);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &runtime_key);
    push_sentinel(L, runtime);
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
static void tell(mb_runtime *runtime, int rank, char *text)
{
    if (runtime->keeps) {
        runtime->failure = text;
        return;
    }
    fflush(stdout);
    if (rank > 0)
        fprintf(stderr, "moonbear: rank %d: %s\n", rank, text);
    else
        fprintf(stderr, "moonbear: %s\n", text);
    fflush(stderr);
    free(text);
}

// Brings the failing rank's message to rank 0.
static void report(mb_runtime *runtime, int rank, const char *message)
{
    mb_context *cx = &runtime->cx;
    uint64_t size = message ? strlen(message) : 0;
    mb_broadcast(cx, rank, &size, sizeof size);
    char *text = mb_allocate(cx, size + 1, 1);
    if (!text) mb_comm_abort(cx, "out of memory while reporting an error");
    if (mb_rank(cx) == rank && size) memcpy(text, message, size);
    mb_broadcast(cx, rank, text, size);
    text[size] = '\0';
    if (mb_rank(cx) == 0 && size)
        tell(runtime, rank, text);
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
    if (ending.rank < 0) return 0;
    report(runtime, ending.rank, message);
    return ending.code;
}

// os.exit: the script's last act. Leaves, closes and ends the process with the agreed status.
static int exit_process(lua_State *L)
{
    mb_runtime *runtime = mb_bind_runtime(L);
    mb_context *cx = &runtime->cx;
    int code = lua_isboolean(L, 1) ? (lua_toboolean(L, 1) ? EXIT_SUCCESS : EXIT_FAILURE)
                                   : (int)luaL_optinteger(L, 1, EXIT_SUCCESS);
    if (mb_in_operation(cx)) return luaL_error(L, "os.exit is not for one rank alone");
    char site[MB_WHERE_SIZE], how[MB_WHERE_SIZE * 2];
    mb_bind_site(L, site, sizeof site);
    snprintf(how, sizeof how, "called os.exit(%d)%s%s", code, *site ? " at " : "", site);
    code = mb_runtime_leave(runtime, code, how, NULL);
    if (code == 0 && mb_diverged(cx)) code = EXIT_FAILURE;
    runtime->finalize = true;
    runtime->foreign = false;
    lua_State *main_state = runtime->L;
    if (lua_toboolean(L, 2) && L == main_state) {
        lua_close(main_state);
    } else {
        mb_comm_close(cx);
        mb_comm_finish();
    }
    exit(code);
}

// Where the Lua files of moonbear are: beside the library in the build tree, or under the prefix.
// Rank 0 looks.
static void find_lua_files(mb_runtime *runtime, char *path, size_t size)
{
    static const char *const places[] = {"/../../lua", "/../../../lua", "/../share/lua/5.4"};
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
    mb_bind_open_chunk(L, folder);
    mb_bind_open_column(L);
    mb_bind_open_group(L);
    mb_bind_open_world(L);
    mb_bind_open_files(L);
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

mb_runtime *mb_runtime_open(MPI_Comm comm)
{
    lua_State *L = luaL_newstate();
    mb_runtime *runtime = L ? mb_runtime_attach(L, &comm) : NULL;
    if (!runtime) return NULL;
    runtime->cx.memory.scripts =
        (size_t)lua_gc(L, LUA_GCCOUNT) * 1024 + (size_t)lua_gc(L, LUA_GCCOUNTB);
    lua_setallocf(L, allocate, runtime);
    luaL_openlibs(L);
    lua_pushcfunction(L, open_modules);
    if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
        if (mb_rank(&runtime->cx) == 0)
            fprintf(stderr, "moonbear: cannot start: %s\n", lua_tostring(L, -1));
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

void mb_runtime_arguments(mb_runtime *runtime, int argc, char **argv, int script)
{
    lua_State *L = runtime->L;
    lua_createtable(L, argc, 0);
    for (int i = 0; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i - script);
    }
    lua_setglobal(L, "arg");
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
    bool started = mb_comm_start();
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    mb_runtime *runtime = mb_runtime_attach(lua_tothread(L, -1), mb_comm_world());
    if (!runtime) return luaL_error(L, "moonbear cannot start: out of memory");
    runtime->foreign = true;
    runtime->finalize = started;
    return open_modules(L);
}
