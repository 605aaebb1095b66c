// What scripts are told of files.
#include "bind/bind.h"
#include "bind/io/found.h"
#include "io/kind.h"
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

static mb_status run_kind(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_strings found = {0};
    const mb_status status = mb_file_kind_find(cx, in[0].text, &found);
    return mb_found_give(out, status, found);
}

// core.file_kind(path): a list of what it is and how it is compressed.
const mb_operation mb_file_operations[] = {
    MB_OPERATION("file_kind", "file_kind", run_kind, MB_TAKES(MB_ARGUMENT(STRING, "path")),
                 .prepare = mb_found_prepare, .push = mb_found_push_all),
    {0}};
