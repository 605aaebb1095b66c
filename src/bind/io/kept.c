#include "bind/io/kept.h"

#include <lauxlib.h>

#include "bind/bind.h"

static const char type_name[] = "moonbear.KeptText";

static int close_kept(lua_State *L)
{
    mb_record_kept_close(luaL_checkudata(L, 1, type_name));
    return 0;
}

// core.kept_text(): keeps text for readings that follow each other, as `kept` in the forms of
// csv_read and jsonl_read. Not collective.
static int new_kept(lua_State *L)
{
    static const luaL_Reg methods[] = {{"__gc", close_kept}, {"__close", close_kept}, {NULL, NULL}};
    mb_record_kept *kept = lua_newuserdatauv(L, sizeof *kept, 0);
    *kept = (mb_record_kept){.input = {.fd = -1}};
    mb_bind_set_class(L, type_name, methods);
    return 1;
}

mb_record_kept *mb_kept_text(lua_State *L, int index, const char *field)
{
    lua_getfield(L, index, field);
    mb_record_kept *kept = luaL_testudata(L, -1, type_name);
    lua_pop(L, 1);
    return kept;
}

void mb_bind_open_kept(lua_State *L)
{
    lua_pushcfunction(L, new_kept);
    lua_setfield(L, -2, "kept_text");
}
