// moonbear's own Lua files: where they are, and loading them. Rank 0 looks and reads for all.

#include <dlfcn.h>
#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bind/bind.h"
#include "bind/world/world.h"
#include "comm/collectives.h"
#include "comm/comm.h"

enum { PATH = 4096 };

// Finds their folder: above the library in the build tree, or under the prefix,
// of which the library's folder may be one for a processor, lib/x86_64-linux-gnu, or Lua's own.
static void find_folder(char *path, size_t size)
{
    static const char *const places[] = {"/../../lua",           "/../../../lua",
                                         "/../../../../lua",     "/../share/lua/5.4",
                                         "/../../share/lua/5.4", "/../../../share/lua/5.4"};
    char probe[PATH + 64], folder[PATH] = ".";
    Dl_info info;
    if (dladdr((const void *)places, &info) && realpath(info.dli_fname, folder))
        *strrchr(folder, '/') = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        snprintf(probe, sizeof probe, "%s%s/moonbear/init.lua", folder, places[i]);
        if (access(probe, R_OK) != 0) continue;
        snprintf(path, size, "%.*s", (int)(strlen(probe) - strlen("/moonbear/init.lua")), probe);
        break;
    }
}

// An operation, as a rank may have failed before: its Lua state had no memory.
static mb_status share_folder(mb_context *cx, void *path)
{
    mb_status status = mb_conclude(cx, MB_OK, NULL);
    if (status) return status;
    if (mb_rank(cx) == 0) find_folder(path, PATH);
    mb_broadcast(cx, 0, path, PATH);
    return MB_OK;
}

// Puts the folder first on package.path.
static void extend_package_path(lua_State *L, const char *folder)
{
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "path");
    lua_pushfstring(L, "%s/?.lua;%s/?/init.lua;%s", folder, folder, lua_tostring(L, -1));
    lua_setfield(L, -3, "path");
    lua_pop(L, 2);
}

// The text of the file of this path. No Lua runs while it is open.
static int read_file(lua_State *L)
{
    struct stat about = {0};
    const char *path = luaL_checkstring(L, 1);
    if (stat(path, &about)) return luaL_error(L, "cannot open %s: %s", path, strerror(errno));
    char *text = mb_bind_scratch(L, (size_t)about.st_size);
    size_t size = 0;
    FILE *file = fopen(path, "rb");
    if (file) size = fread(text, 1, (size_t)about.st_size, file);
    bool failed = !file || ferror(file);
    int error = errno;
    if (file) fclose(file);
    if (failed) return luaL_error(L, "cannot read %s: %s", path, strerror(error));
    lua_pushlstring(L, text, size);
    return 1;
}

// core.load(name): the function of moonbear/name.lua; its chunk name tells the search for script
// lines to pass. Collective.
static int load_file(lua_State *L)
{
    static const mb_question question = {.name = "load"};
    const char *folder = lua_tostring(L, lua_upvalueindex(1)), *name = luaL_checkstring(L, 1);
    lua_pushcfunction(L, read_file);
    lua_pushfstring(L, "%s/moonbear/%s.lua", folder, name);
    mb_world_ask(L, mb_world_of(L), &question, 1);
    size_t size;
    const char *text = lua_tolstring(L, -1, &size);
    const char *chunk_name = lua_pushfstring(L, "=[moonbear/%s.lua]", name);
    return luaL_loadbufferx(L, text, size, chunk_name, "t") == LUA_OK ? 1 : lua_error(L);
}

void mb_bind_open_sources(lua_State *L)
{
    char folder[PATH] = "";
    mb_signature signature;
    mb_signature_begin(&signature, "the start", "");
    mb_bind_operate(L, &signature, share_folder, folder);
    if (!*folder) luaL_error(L, "moonbear's Lua files are not beside its library");
    extend_package_path(L, folder);
    lua_pushstring(L, folder);
    lua_pushcclosure(L, load_file, 1);
    lua_setfield(L, -2, "load");
}
