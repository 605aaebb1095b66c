// Parts that are on their way.
#include "bind/bind.h"

__attribute__((weak)) void mb_bind_open_world(lua_State *L)
{
    (void)L;
}

__attribute__((weak)) void mb_bind_open_files(lua_State *L)
{
    (void)L;
}
