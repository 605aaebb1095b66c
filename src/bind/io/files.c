// What scripts are told of files.
#include "bind/bind.h"
#include "io/paths.h"

// core.file_state(path): what tells a file from one that has its name later, or from itself when it
// was written to, as a string.
static int file_state(lua_State *L)
{
    const mb_file_state state = mb_file_state_of(luaL_checkstring(L, 1));
    lua_pushlstring(L, (const char *)&state, sizeof state);
    return 1;
}

void mb_bind_open_files(lua_State *L)
{
    lua_pushcfunction(L, file_state);
    lua_setfield(L, -2, "file_state");
}
