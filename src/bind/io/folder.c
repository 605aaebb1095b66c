#include "bind/io/folder.h"
#include "bind/bind.h"

#include <lauxlib.h>
#include <string.h>

#include "core/hash.h"
#include "io/folder.h"

static const char folder_name[] = "moonbear.Folder";

// A folder; without a path once it is over.
static int close_folder(lua_State *L)
{
    mb_folder *folder = luaL_checkudata(L, 1, folder_name);
    mb_folder_abandon(folder);
    *folder->path = '\0';
    return 0;
}

static int push_path(lua_State *L)
{
    const mb_folder *folder = luaL_checkudata(L, 1, folder_name);
    lua_pushstring(L, folder->beside);
    return 1;
}

static void prepare_begin(lua_State *L, mb_call *call)
{
    static const luaL_Reg methods[] = {{"path", push_path},
                                       {"close", close_folder},
                                       {"__gc", close_folder},
                                       {"__close", close_folder},
                                       {NULL, NULL}};
    mb_folder *folder = call->out->data = lua_newuserdatauv(L, sizeof *folder, 0);
    *folder = MB_FOLDER_CLOSED;
    mb_bind_set_class(L, folder_name, methods);
}

static mb_status run_begin(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_folder_abandon(out->data); // of a body that ran before
    return mb_folder_begin(cx, in[0].text, out->data);
}

void mb_bind_read_folder(lua_State *L, const mb_call *call, int argument, int index,
                         mb_given *given)
{
    mb_folder *folder = luaL_testudata(L, index, folder_name);
    const char *path = folder ? folder->path : "";
    if (!*path) mb_bind_refuse(L, call, argument, "folder that was begun", index);
    given->data = folder;
    given->value.u = mb_hash_bytes(0, path, strlen(path));
}

static mb_status run_end(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_folder *folder = in[0].data;
    (void)out;
    mb_status status = mb_folder_publish(cx, folder);
    if (!status) *folder->path = '\0';
    return status;
}

// core.folder_begin(path): a folder without its name; folder:path() is where it is, for files
// called `part-` something; core.folder_end(folder): gives it its name; folder:close() removes what
// was not ended.
const mb_operation mb_folder_operations[] = {
    MB_OPERATION("folder", "folder_begin", run_begin, MB_TAKES(MB_ARGUMENT(STRING, "path")),
                 .prepare = prepare_begin, .push = mb_bind_push_top),
    MB_OPERATION("folder", "folder_end", run_end, MB_TAKES(MB_OTHER("folder", mb_bind_read_folder)),
                 .moves = false),
    {0}};
