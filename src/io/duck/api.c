#include "io/duck/api.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

// clang-format off
static const char *const names[] = {
#define DUCK_NAME(result, name, parameters) "duckdb_" #name,
    DUCK_FUNCTIONS(DUCK_NAME)
#undef DUCK_NAME
};
// clang-format on

enum { FUNCTIONS = sizeof names / sizeof *names };
_Static_assert(sizeof(mb_duck_api) == FUNCTIONS * sizeof(void *), "one address for each function");

static mb_status fail_missing(mb_context *cx, const char *path, const char *reason)
{
    return mb_fail(cx, MB_EIO,
                   "Parquet and SQL need DuckDB's C library, libduckdb.so, which cannot be opened "
                   "(%s): get it from duckdb.org, or from the npm package "
                   "@duckdb/node-bindings-linux-x64, and let MOONBEAR_DUCKDB be its path%s%s",
                   reason, path ? ", which is now " : "", path ? path : "");
}

mb_status mb_duck_load(mb_context *cx, mb_duck_api *api)
{
    const char *path = getenv("MOONBEAR_DUCKDB");
    if (path && !*path) path = NULL;
    void *library = dlopen(path ? path : "libduckdb.so", RTLD_NOW | RTLD_LOCAL);
    if (!library) return fail_missing(cx, path, dlerror());
    for (int i = 0; i < FUNCTIONS; i++) {
        void *address = dlsym(library, names[i]);
        if (!address) {
            dlclose(library);
            return mb_fail(cx, MB_EIO,
                           "%s has no function %s: it is no DuckDB, or one older than 1.4: get a "
                           "newer one, and let MOONBEAR_DUCKDB be its path",
                           path ? path : "libduckdb.so", names[i]);
        }
        memcpy((char *)api + (size_t)i * sizeof address, &address, sizeof address);
    }
    return MB_OK;
}
