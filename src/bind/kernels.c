// Registering kernels: by a host's call, or from a shared object.

#include "bind/kernels.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/column/operation.h"
#include "bind/runtime.h"
#include "bind/session/chunk.h"
#include "comm/comm.h"
#include "core/hash.h"

// --- Batches.

static void close_batch(mb_kernel_batch *batch)
{
    for (int i = 0; i < batch->n; i++)
        mb_registered_free(batch->kernels[i]);
    free(batch->kernels);
    if (batch->library) dlclose(batch->library);
    *batch = (mb_kernel_batch){0};
}

void mb_kernels_close(mb_kernel_batches *batches)
{
    for (int i = 0; i < batches->n; i++)
        close_batch(&batches->list[i]);
    free(batches->list);
    *batches = (mb_kernel_batches){0};
}

// Makes room for one more of n; NULL where there is no memory.
static void *grow(mb_context *cx, void *list, int n, int *room, size_t width)
{
    enum { FIRST = 8 };
    if (n < *room) return list;
    const int more = *room ? 2 * *room : FIRST;
    void *grown = mb_reallocate(cx, list, (size_t)more, width);
    if (grown) *room = more;
    return grown;
}

static mb_status add_kernel(mb_context *cx, mb_kernel_batch *batch,
                            const mb_kernel_definition *definition)
{
    mb_registered *kernel = NULL;
    void *list = grow(cx, batch->kernels, batch->n, &batch->room, sizeof(mb_registered *));
    if (!list) return MB_EMEMORY;
    batch->kernels = list;
    mb_status status = mb_registered_new(cx, definition, &kernel);
    if (status) return status;
    for (int i = 0; i < batch->n && !status; i++)
        if (strcmp(batch->kernels[i]->is.name, kernel->is.name) == 0)
            status = mb_fail(cx, MB_EINVALID, "there are two kernels '%s'", kernel->is.name);
    if (status)
        mb_registered_free(kernel);
    else
        batch->kernels[batch->n++] = kernel;
    return status;
}

// Agrees on a batch, which becomes the runtime's; closes it where ranks fail, or have others.
static mb_status keep_batch(mb_context *cx, mb_kernel_batches *batches, mb_kernel_batch *batch,
                            mb_status status)
{
    uint64_t hash = (uint64_t)batch->n;
    for (int i = 0; i < batch->n; i++)
        hash = mb_hash_word(hash, batch->kernels[i]->hash);
    void *list = grow(cx, batches->list, batches->n, &batches->room, sizeof *batches->list);
    if (list) batches->list = list;
    if (!status && !list) status = MB_EMEMORY;
    mb_payload payload = {.max = {hash, ~hash}};
    status = mb_conclude(cx, status, &payload);
    if (!status && payload.max[0] != ~payload.max[1])
        status =
            mb_fail(cx, MB_EINVALID, "%s must be the same on all",
                    batch->library ? "ranks have loaded different kernels: the file"
                                   : "ranks have registered different kernels: each definition");
    if (status)
        close_batch(batch);
    else
        batches->list[batches->n++] = *batch;
    return status;
}

// --- Functions in Lua.

static void push_core(lua_State *L)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getfield(L, -1, "moonbear.core");
    lua_remove(L, -2);
}

// Raises for a name that is something else's: moonbear.kernels knows.
static int check_names(lua_State *L)
{
    const mb_kernel_batch *batch = lua_touserdata(L, 1);
    push_core(L);
    lua_getfield(L, -1, "check_kernel");
    for (int i = 0; i < batch->n && !lua_isnil(L, -1); i++) {
        lua_pushvalue(L, -1);
        lua_pushstring(L, batch->kernels[i]->is.name);
        lua_call(L, 1, 0);
    }
    return 0;
}

// Sets a field of a table of moonbear.core to what is on top, and pops it.
static void set_function(lua_State *L, const char *table, const char *name)
{
    push_core(L);
    lua_getfield(L, -1, table);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, name);
    lua_pop(L, 3);
}

// Makes the functions and methods of the last batch, which is taken back where its names are those
// of others.
static void add_last(lua_State *L, mb_kernel_batches *batches)
{
    mb_kernel_batch *batch = &batches->list[batches->n - 1];
    lua_pushcfunction(L, check_names);
    lua_pushlightuserdata(L, batch);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        close_batch(batch);
        batches->n--;
        lua_error(L);
    }
    for (int i = 0; i < batch->n; i++) {
        const mb_registered *kernel = batch->kernels[i];
        mb_bind_push_kernel(L, kernel, "column");
        set_function(L, "column_methods", kernel->is.name);
        if (!kernel->is.apply) continue;
        mb_bind_push_kernel(L, kernel, NULL);
        set_function(L, "math", kernel->is.name);
    }
}

static int push_names(lua_State *L, const mb_kernel_batch *batch)
{
    lua_createtable(L, batch->n, 0);
    for (int i = 0; i < batch->n; i++) {
        lua_pushstring(L, batch->kernels[i]->is.name);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

// core.kernels(): the registered kernels, a list of {name, signature, help, reduces}. Not
// collective.
static int list_kernels(lua_State *L)
{
    const mb_kernel_batches *batches = &mb_bind_runtime(L)->kernels;
    lua_newtable(L);
    for (int b = 0; b < batches->n; b++)
        for (int i = 0; i < batches->list[b].n; i++) {
            const mb_registered *kernel = batches->list[b].kernels[i];
            lua_createtable(L, 0, 4);
            lua_pushstring(L, kernel->is.name);
            lua_setfield(L, -2, "name");
            lua_pushstring(L, kernel->is.signature);
            lua_setfield(L, -2, "signature");
            lua_pushstring(L, kernel->is.help);
            lua_setfield(L, -2, "help");
            lua_pushboolean(L, !kernel->is.apply);
            lua_setfield(L, -2, "reduces");
            lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
        }
    return 1;
}

void mb_bind_open_kernels(lua_State *L)
{
    lua_pushcfunction(L, list_kernels);
    lua_setfield(L, -2, "kernels");
}

// --- Shared objects.

typedef struct loading {
    mb_kernel_registry registry; // first: what the entry point is given
    mb_context *cx;
    mb_kernel_batch batch;
    mb_status status; // of the first definition that is wrong
} loading;

static int add_definition(mb_kernel_registry *registry, const mb_kernel_definition *definition)
{
    loading *of = (loading *)registry;
    if (!of->status) of->status = add_kernel(of->cx, &of->batch, definition);
    return (int)of->status;
}

// Without a slash dlopen would look in the system's folders.
static mb_status open_library(loading *of, const char *path)
{
    char here[2 * MB_WHERE_SIZE];
    const bool bare = !strchr(path, '/');
    if (bare) {
        if ((size_t)snprintf(here, sizeof here, "./%s", path) >= sizeof here)
            return mb_fail(of->cx, MB_EIO, "load_kernels: '%.80s...' is too long", path);
        path = here;
    }
    of->batch.library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (of->batch.library) return MB_OK;
    const char *reason = dlerror();
    return mb_fail(of->cx, MB_EIO, "load_kernels: %s", reason ? reason : path);
}

static mb_status call_entry(loading *of, const char *path)
{
    int (*entry)(mb_kernel_registry *);
    void *address = dlsym(of->batch.library, "moonbear_kernels");
    if (!address)
        return mb_fail(of->cx, MB_EIO,
                       "load_kernels: %s has no function moonbear_kernels (see moonbear_kernel.h)",
                       path);
    memcpy(&entry, &address, sizeof address);
    const int code = entry(&of->registry);
    if (of->status) return mb_fail_within(of->cx, of->status, "load_kernels: %s", path);
    if (!code) return MB_OK;
    return mb_fail(of->cx, MB_EIO,
                   "load_kernels: moonbear_kernels of %s has returned %d, for version %d of "
                   "moonbear_kernel.h",
                   path, code, MB_KERNEL_VERSION);
}

// The number of the batch that has a shared object, from 0; -1: none.
static int find_library(const mb_kernel_batches *batches, const void *library)
{
    for (int i = 0; i < batches->n; i++)
        if (library && batches->list[i].library == library) return i;
    return -1;
}

// How many ranks a failure is of, where not all have it.
static mb_status name_failing(mb_context *cx, mb_status status)
{
    mb_payload payload = {.count = status != MB_OK};
    mb_status agreed = mb_step(cx, MB_OK, &payload);
    if (agreed) return agreed;
    if (!status || payload.count == (uint64_t)mb_nranks(cx)) return status;
    return mb_fail_within(cx, status, "rank %d, one of %llu that fail", mb_rank(cx),
                          (unsigned long long)payload.count);
}

// Opens a shared object, and keeps its kernels unless they are there already. The result is the
// number of its batch.
static mb_status run_load(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_kernel_batches *batches = out->data;
    loading of = {.registry = {MB_KERNEL_VERSION, add_definition}, .cx = cx};
    mb_status status = open_library(&of, in->text);
    int known = find_library(batches, of.batch.library);
    if (!status && known < 0) status = call_entry(&of, in->text);
    status = name_failing(cx, status);
    mb_payload payload = {.max = {(uint64_t)(known + 1), ~(uint64_t)(known + 1)}};
    status = mb_step(cx, status, &payload);
    if (!status && payload.max[0] != ~payload.max[1])
        status = mb_fail(cx, MB_EINVALID,
                         "load_kernels: %s is another file on some ranks, where it was loaded "
                         "under another name",
                         in->text);
    if (!status && known < 0) status = keep_batch(cx, batches, &of.batch, status);
    if (status || known >= 0) close_batch(&of.batch);
    out->n = known >= 0 ? known : batches->n;
    return status;
}

static void prepare_load(lua_State *L, mb_call *call)
{
    call->out->data = &mb_bind_runtime(L)->kernels;
}

static int push_load(lua_State *L, const mb_call *call)
{
    mb_kernel_batches *batches = call->out->data;
    const bool is_new = call->out->n == batches->n;
    if (is_new) add_last(L, batches);
    return push_names(L, &batches->list[is_new ? batches->n - 1 : call->out->n]);
}

const mb_operation mb_kernel_operations[] = {
    // core.load_kernels(path): opens a shared object on every rank; a list of its kernels' names.
    MB_OPERATION("load_kernels", "load_kernels", run_load, MB_TAKES(MB_ARGUMENT(STRING, "path")),
                 .prepare = prepare_load, .push = push_load),
    {0}};

// --- A host's own.

typedef struct definitions {
    const mb_kernel_definition *list;
    int n;
    mb_kernel_batches *batches;
} definitions;

static mb_status run_register(mb_context *cx, void *argument)
{
    const definitions *given = argument;
    mb_kernel_batch batch = {0};
    mb_status status = MB_OK;
    for (int i = 0; i < given->n && !status; i++)
        status = add_kernel(cx, &batch, &given->list[i]);
    return keep_batch(cx, given->batches, &batch, status);
}

static int register_kernels(lua_State *L)
{
    definitions *given = lua_touserdata(L, 1);
    mb_signature signature;
    if (given->n < 0 || (given->n && !given->list))
        return mb_bind_error(L, "mb_register_kernels: %d definitions%s", given->n,
                             given->list ? "" : ", and the list is NULL");
    mb_bind_provide_module(L);
    given->batches = &mb_bind_runtime(L)->kernels;
    mb_bind_signature(L, &signature, "mb_register_kernels");
    for (int i = 0; i < given->n; i++) {
        const mb_kernel_definition *of = &given->list[i];
        const char *name = of->name ? of->name : "", *takes = of->signature ? of->signature : "";
        const int kind = of->apply ? 0 : of->fold ? 1 : 2;
        static const char *const kinds[] = {"", ", a reduction", ", without a function"};
        const uint64_t word = mb_hash_bytes((uint64_t)kind, name, strlen(name));
        mb_signature_add(&signature, mb_hash_bytes(word, takes, strlen(takes)), "%.80s: %.80s%s",
                         name, takes, kinds[kind]);
    }
    mb_bind_operate(L, &signature, run_register, given);
    add_last(L, given->batches);
    return 0;
}

int mb_register_kernels(mb_runtime *runtime, const mb_kernel_definition *list, int n)
{
    definitions given = {.list = list, .n = n};
    return mb_bind_run_call(runtime, "mb_register_kernels", register_kernels, &given);
}

int mb_register_kernel(mb_runtime *runtime, const char *name, const char *signature,
                       mb_kernel_apply *function, void *data)
{
    const mb_kernel_definition definition = {
        .name = name, .signature = signature, .apply = function, .data = data};
    return mb_register_kernels(runtime, &definition, 1);
}
