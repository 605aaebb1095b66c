// Scans of columns.

#include <string.h>

#include "bind/bind.h"
#include "bind/column.h"
#include "ops/scan.h"

typedef struct call {
    mb_column *column, **box;
    mb_scan_kind kind;
    bool exclusive;
} call;

static mb_status body(mb_context *cx, void *argument)
{
    call *call = argument;
    return mb_scan(cx, call->column, call->kind, call->exclusive, call->box);
}

// The options of a scan: {exclusive = boolean}.
static bool check_exclusive(lua_State *L, const char *name)
{
    bool exclusive = false;
    if (lua_isnoneornil(L, 2)) return false;
    luaL_checktype(L, 2, LUA_TTABLE);
    for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING || strcmp(lua_tostring(L, -2), "exclusive") != 0)
            luaL_error(L, "'%s' has no option '%s'; it has exclusive", name,
                       luaL_tolstring(L, -2, NULL));
        if (!lua_isboolean(L, -1))
            luaL_error(L, "%s: exclusive is true or false, not a %s", name, luaL_typename(L, -1));
        exclusive = lua_toboolean(L, -1);
    }
    return exclusive;
}

static int scan(lua_State *L, const char *name, mb_scan_kind kind)
{
    mb_signature signature;
    call call = {.column = mb_bind_check_column(L, 1), .kind = kind};
    call.exclusive = check_exclusive(L, name);
    call.box = mb_bind_new_column(L);
    mb_bind_signature(L, &signature, name);
    mb_bind_sign_column(&signature, "column", call.column);
    mb_signature_add(&signature, call.exclusive, "%s", call.exclusive ? "exclusive" : "inclusive");
    mb_bind_operate(L, &signature, body, &call);
    mb_bind_account(L);
    return 1;
}

// c:cumsum([{exclusive = boolean}]), c:cumprod, c:cummin, c:cummax: each row combined with those
// before it, or with exclusive those before it alone, as ops/scan.h has it: a column. Collective.
static int cumsum(lua_State *L)
{
    return scan(L, "cumsum", MB_CUMSUM);
}

static int cumprod(lua_State *L)
{
    return scan(L, "cumprod", MB_CUMPROD);
}

static int cummin(lua_State *L)
{
    return scan(L, "cummin", MB_CUMMIN);
}

static int cummax(lua_State *L)
{
    return scan(L, "cummax", MB_CUMMAX);
}

const luaL_Reg mb_bind_scan_methods[] = {
    {"cumsum", cumsum}, {"cumprod", cumprod}, {"cummin", cummin}, {"cummax", cummax}, {NULL, NULL}};
