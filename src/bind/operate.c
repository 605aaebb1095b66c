// Running operations on behalf of Lua: signatures with the script's line, errors, the collector.

#include <stdio.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/interrupt.h"
#include "bind/runtime.h"
#include "core/hash.h"

static bool in_finaliser(lua_State *L)
{
    enum { DEEPEST = 100 };
    lua_Debug record;
    for (int level = 0; level < DEEPEST && lua_getstack(L, level, &record); level++) {
        lua_getinfo(L, "n", &record);
        if (record.name && strcmp(record.namewhat, "metamethod") == 0 &&
            strcmp(record.name, "__gc") == 0)
            return true;
    }
    return false;
}

void mb_bind_signature(lua_State *L, mb_signature *signature, const char *operation)
{
    char site[MB_WHERE_SIZE];
    if (in_finaliser(L))
        luaL_error(L,
                   "%s in a finaliser (__gc): ranks collect garbage at different moments, so "
                   "operations there cannot be in step",
                   operation);
    mb_bind_site(L, site, sizeof site);
    mb_signature_begin(signature, operation, site);
}

void mb_bind_sign_column(mb_signature *signature, const char *name, const mb_column *column)
{
    int64_t rows = column->layout->n_global;
    uint64_t word = mb_hash_word(column->identity, (uint64_t)rows);
    mb_signature_add(signature, mb_hash_word(word, column->type->kind),
                     "%s: %s column of %lld row%s #%04x", name, column->type->name, (long long)rows,
                     mb_plural(rows), (unsigned)(mb_mix(column->identity) & 0xffff));
}

void mb_bind_sign_string(mb_signature *signature, const char *name, const char *text)
{
    mb_signature_add(signature, mb_hash_bytes(0, text, strlen(text)), "%s: '%.80s'", name, text);
}

const char *mb_bind_check_name(lua_State *L, int index)
{
    size_t size;
    const char *name = luaL_checklstring(L, index, &size);
    if (strlen(name) != size) luaL_argerror(L, index, "a name with a zero byte");
    return name;
}

mb_status mb_bind_attempt(lua_State *L, const mb_signature *signature, mb_body body, void *argument)
{
    mb_context *cx = mb_bind_context(L);
    mb_status status = mb_operate(cx, signature, body, argument);
    if (status == MB_EMEMORY) {
        lua_gc(L, LUA_GCCOLLECT);
        mb_memory_trim(&cx->memory);
        mb_memory_spill(cx);
        cx->frugal = true;
        status = mb_operate(cx, signature, body, argument);
        cx->frugal = false;
    }
    // Another rank's signal stops Lua code here as well.
    if (status == MB_EINTERRUPT) mb_interrupt_threads(mb_bind_runtime(L));
    return status;
}

void mb_bind_operate(lua_State *L, const mb_signature *signature, mb_body body, void *argument)
{
    mb_status status = mb_bind_attempt(L, signature, body, argument);
    if (status) mb_bind_raise(L, status);
}

static int64_t in_use(const mb_memory *memory)
{
    return (int64_t)(memory->live + memory->spilled);
}

void mb_bind_account(lua_State *L)
{
    mb_runtime *runtime = mb_bind_runtime(L);
    int64_t live = in_use(&runtime->cx.memory), more = live - runtime->accounted;
    enum { WORTH = 16 * 1024, MOST = 1 << 20 };
    if (more > WORTH) {
        int64_t kilobytes = more / 1024;
        lua_gc(L, LUA_GCSTEP, (int)(kilobytes < MOST ? kilobytes : MOST));
        live = in_use(&runtime->cx.memory);
    }
    if (more > WORTH || more < 0) runtime->accounted = live;
}

static int release_buffer(lua_State *L)
{
    mb_buffer **box = lua_touserdata(L, 1);
    mb_buffer_release(*box);
    *box = NULL;
    return 0;
}

mb_buffer **mb_bind_new_buffer(lua_State *L)
{
    static const luaL_Reg methods[] = {{"__gc", release_buffer}, {NULL, NULL}};
    mb_buffer **box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = NULL;
    mb_bind_set_class(L, "moonbear.buffer", methods);
    return box;
}

void mb_bind_set_class(lua_State *L, const char *name, const luaL_Reg *methods)
{
    if (luaL_newmetatable(L, name)) {
        luaL_setfuncs(L, methods, 0);
        lua_pushvalue(L, -1);
        lua_setfield(L, -2, "__index");
    }
    lua_setmetatable(L, -2);
}

void *mb_bind_scratch(lua_State *L, size_t size)
{
    return lua_newuserdatauv(L, size, 0);
}
