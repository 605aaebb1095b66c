#include "bind/runtime.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bind/bind.h"

static const char runtime_key; // its address names the runtime in the registry

void mb_bind_set_runtime(lua_State *L, mb_runtime *runtime)
{
    if (runtime)
        lua_pushlightuserdata(L, runtime);
    else
        lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &runtime_key);
}

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

bool mb_bind_is_own(const lua_Debug *record)
{
    static const char own_source[] = "=[moonbear";
    return strncmp(record->source, own_source, sizeof own_source - 1) == 0;
}

void mb_bind_site(lua_State *L, char *site, size_t size)
{
    lua_Debug record;
    *site = '\0';
    for (int level = 0; lua_getstack(L, level, &record); level++) {
        lua_getinfo(L, "Sl", &record);
        if (record.currentline <= 0 || mb_bind_is_own(&record)) continue;
        snprintf(site, size, "%s:%d", record.short_src, record.currentline);
        return;
    }
}

int mb_bind_error(lua_State *L, const char *format, ...)
{
    char site[MB_WHERE_SIZE];
    va_list args;
    mb_bind_site(L, site, sizeof site);
    if (*site) lua_pushfstring(L, "%s: ", site);
    va_start(args, format);
    lua_pushvfstring(L, format, args);
    va_end(args);
    if (*site) lua_concat(L, 2);
    return lua_error(L);
}

int mb_bind_raise(lua_State *L, mb_status status)
{
    char site[MB_WHERE_SIZE];
    const char *message = mb_bind_context(L)->message;
    mb_bind_site(L, site, sizeof site);
    if (*site && status != MB_ELOCKSTEP)
        lua_pushfstring(L, "%s: %s", site, message);
    else
        lua_pushstring(L, message);
    return lua_error(L);
}
