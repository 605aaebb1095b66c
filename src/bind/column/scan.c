// Scans of columns.

#include "ops/scan/scan.h"
#include "bind/bind.h"
#include "bind/column/box.h"

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

static int scan(lua_State *L, const char *name, mb_scan_kind kind)
{
    static const char *const known[] = {"exclusive", NULL};
    mb_signature signature;
    call call = {.column = mb_bind_check_column(L, 1), .kind = kind};
    if (mb_bind_check_options(L, 2, name, known))
        call.exclusive = mb_bind_flag_option(L, 2, name, "exclusive");
    call.box = mb_bind_new_column(L);
    mb_bind_signature(L, &signature, name);
    mb_bind_sign_column(&signature, "column", call.column);
    mb_signature_add(&signature, call.exclusive, "%s", call.exclusive ? "exclusive" : "inclusive");
    mb_bind_operate(L, &signature, body, &call);
    mb_bind_account(L);
    return 1;
}

// c:cumsum([{exclusive = boolean}]), c:cumprod, c:cummin, c:cummax: each row combined with those
// before it, or with exclusive those before it alone, as ops/scan/scan.h has it: a column.
// Collective.
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

const mb_public mb_bind_scan_methods[] = {{"cumsum", cumsum, 2},
                                          {"cumprod", cumprod, 2},
                                          {"cummin", cummin, 2},
                                          {"cummax", cummax, 2},
                                          {NULL, NULL, 0}};
