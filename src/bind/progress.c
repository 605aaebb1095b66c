// Who is told how far an operation is, and operations that Lua files of ours are made of.

#include <lauxlib.h>
#include <stdio.h>

#include "bind/bind.h"
#include "bind/guard.h"
#include "bind/runtime.h"
#include "comm/comm.h"
#include "core/progress.h"

void mb_runtime_progress(mb_runtime *runtime, void (*show)(void *data, const char *line),
                         void *data)
{
    if (!mb_guard_enter(runtime, "mb_runtime_progress")) return;
    mb_progress_meter *progress = &runtime->cx.progress;
    if (mb_rank(&runtime->cx) == 0) {
        mb_progress_reset(&runtime->cx);
        progress->show = show;
        progress->to = data;
        progress->ranks = mb_nranks(&runtime->cx);
    }
    mb_guard_leave(runtime);
}

static void write_line(void *to, const char *line)
{
    (void)to;
    if (line) fprintf(stderr, "%s\n", line);
}

// progress_lines(): tells on the standard error, from the first moment on, a line each time, where
// nobody else is told. Not collective.
static int tell_lines(lua_State *L)
{
    mb_context *cx = mb_bind_context(L);
    mb_progress_meter *progress = &cx->progress;
    if (progress->show || mb_rank(cx) != 0) return 0;
    progress->show = write_line;
    progress->ranks = mb_nranks(cx);
    progress->eager = true;
    return 0;
}

// progress(on): whether to tell; what it was before. Not collective.
static int set_progress(lua_State *L)
{
    mb_progress_meter *progress = &mb_bind_context(L)->progress;
    luaL_checktype(L, 1, LUA_TBOOLEAN);
    lua_pushboolean(L, !progress->off);
    mb_progress_reset(mb_bind_context(L));
    progress->off = !lua_toboolean(L, 1);
    return 1;
}

// progress_begin(what, rows[, steps]): what follows is one operation of so many rows (-1: unknown)
// and steps, where not told as many as rows.
static int begin_progress(lua_State *L)
{
    int64_t rows = luaL_checkinteger(L, 2);
    mb_progress_begin(mb_bind_context(L), luaL_checkstring(L, 1), rows,
                      luaL_optinteger(L, 3, rows));
    return 0;
}

// progress_add(rows, bytes): these are done, of all ranks.
static int add_progress(lua_State *L)
{
    mb_context *cx = mb_bind_context(L);
    mb_progress_add(cx, luaL_checkinteger(L, 1), luaL_checkinteger(L, 2) / mb_nranks(cx));
    return 0;
}

static int end_progress(lua_State *L)
{
    mb_progress_end(mb_bind_context(L));
    return 0;
}

void mb_bind_open_progress(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"progress", set_progress},     {"progress_begin", begin_progress},
        {"progress_lines", tell_lines}, {"progress_add", add_progress},
        {"progress_end", end_progress}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
