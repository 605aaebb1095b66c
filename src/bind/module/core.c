// `require "moonbear.core"` under a stock lua5.4, through libmoonbear, which is loaded here rather
// than linked: UCX, MPI's transport, which comes with it, catches SIGHUP, so that a closed terminal
// would end no script, and writes its complaints to standard output unless it is told otherwise.
#include <dlfcn.h>
#include <lauxlib.h>
#include <lua.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

__attribute__((visibility("default"))) int luaopen_moonbear_core(lua_State *L);

static void *load_library(void)
{
    struct sigaction hangup;
    sigaction(SIGHUP, NULL, &hangup);
    setenv("UCX_LOG_FILE", "stderr", 0);
    void *library = dlopen("libmoonbear.so.0", RTLD_NOW);
    sigaction(SIGHUP, &hangup, NULL);
    return library;
}

int luaopen_moonbear_core(lua_State *L)
{
    int (*open_module)(lua_State *);
    void *library = load_library();
    void *function = library ? dlsym(library, "mb_open_module") : NULL;
    if (!function) return luaL_error(L, "%s", dlerror());
    memcpy(&open_module, &function, sizeof open_module);
    return open_module(L);
}
