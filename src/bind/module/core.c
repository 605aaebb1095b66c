// `require "moonbear.core"` under a stock lua5.4, through libmoonbear.
#include <lua.h>

int mb_open_module(lua_State *L);
__attribute__((visibility("default"))) int luaopen_moonbear_core(lua_State *L);

int luaopen_moonbear_core(lua_State *L)
{
    return mb_open_module(L);
}
