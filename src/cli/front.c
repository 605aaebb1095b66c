#include "cli/front.h"

#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/edit.h"
#include "moonbear.h"

// peer.uid(descriptor): the user at the other end of a Unix socket; nil when it cannot be told.
static int peer_uid(lua_State *L)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    int descriptor = (int)luaL_checkinteger(L, 1);
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return 0;
    lua_pushinteger(L, (lua_Integer)peer.uid);
    return 1;
}

// peer.lock(descriptor): waits until no other process has locked the file.
static int lock_file(lua_State *L)
{
    int descriptor = (int)luaL_checkinteger(L, 1);
    while (flock(descriptor, LOCK_EX) != 0)
        if (errno != EINTR) return luaL_error(L, "cannot lock a file: %s", strerror(errno));
    return 0;
}

// peer.redirect(descriptor): standard output and errors go there.
static int redirect(lua_State *L)
{
    int descriptor = (int)luaL_checkinteger(L, 1);
    dup2(descriptor, STDOUT_FILENO);
    dup2(descriptor, STDERR_FILENO);
    return 0;
}

static int open_peer(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"uid", peer_uid}, {"lock", lock_file}, {"redirect", redirect}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}

// Puts the folder of moonbear's Lua files, beside the program or under its prefix, first on the
// path.
static int find_files(lua_State *L, const char *program)
{
    static const char *const places[] = {"../../lua", "../../../lua", "../share/lua/5.4"};
    char folder[4096], probe[4096 + 64];
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(program, '/') - program), program);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        snprintf(probe, sizeof probe, "%s/%s/moonbear/front/main.lua", folder, places[i]);
        if (access(probe, R_OK) != 0) continue;
        lua_getglobal(L, "package");
        lua_getfield(L, -1, "path");
        lua_pushfstring(L, "%s/%s/?.lua;%s", folder, places[i], lua_tostring(L, -1));
        lua_setfield(L, -3, "path");
        lua_pop(L, 2);
        return 0;
    }
    return luaL_error(L, "moonbear's Lua files are not beside it");
}

// Arguments: the program's path, then the words of the command in a table. Returns the status.
static int run(lua_State *L)
{
    luaL_openlibs(L);
    luaL_requiref(L, "moonbear.peer", open_peer, 0);
    luaL_requiref(L, "moonbear.edit", edit_open_module, 0);
    lua_pop(L, 2);
    find_files(L, lua_tostring(L, 1));
    lua_getglobal(L, "require");
    lua_pushliteral(L, "moonbear.front.main");
    lua_call(L, 1, 1);
    lua_pushvalue(L, 1);
    lua_pushliteral(L, MOONBEAR_VERSION);
    lua_pushvalue(L, 2);
    lua_call(L, 3, 1);
    return 1;
}

int front_run(int argc, char **argv)
{
    char self[4096] = {0};
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) return 1;
    signal(SIGPIPE, SIG_IGN); // who goes away while it is told something ends nobody else
    lua_State *L = luaL_newstate();
    if (!L) return 1;
    lua_pushcfunction(L, run);
    lua_pushstring(L, self);
    lua_createtable(L, argc, 0);
    for (int i = 1; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i);
    }
    int failed = lua_pcall(L, 2, 1, 0);
    if (failed) fprintf(stderr, "moonbear: %s\n", lua_tostring(L, -1));
    int status = failed ? 1 : (int)lua_tointeger(L, -1);
    lua_close(L);
    return status;
}
