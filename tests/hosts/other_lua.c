// A host that is linked with another version of Lua, whose functions have the names of moonbear's.
#include <moonbear.h>
#include <stdio.h>

typedef struct lua_State lua_State; // of Lua 5.1, whose headers are not needed
lua_State *luaL_newstate(void);
void luaL_openlibs(lua_State *L);
int luaL_loadstring(lua_State *L, const char *text);
int lua_pcall(lua_State *L, int narguments, int nresults, int handler);
void lua_close(lua_State *L);

static int run(lua_State *L, const char *chunk)
{
    return luaL_loadstring(L, chunk) || lua_pcall(L, 0, 0, 0);
}

int main(int argc, char **argv)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    MPI_Init(&argc, &argv);
    int status = run(L, "assert(_VERSION == 'Lua 5.1') x = 1");
    mb_runtime *runtime = mb_runtime_open(MPI_COMM_WORLD);
    status |= mb_runtime_string(runtime, "print(_VERSION, mb.range(1, 4):sum(), x)", "=host");
    status |= run(L, "assert(x == 1 and setfenv)");
    fputs(mb_error(runtime), stderr);
    mb_runtime_close(runtime);
    lua_close(L);
    MPI_Finalize();
    return status;
}
