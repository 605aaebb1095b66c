// Databases that tell where addresses are.

#include <lauxlib.h>

#include "bind/bind.h"
#include "bind/column/operation.h"
#include "io/geo/database.h"

static const char geo_name[] = "moonbear.Geo";

// A database; NULL once it is closed.
static int close_geo(lua_State *L)
{
    mb_geo **geo = luaL_checkudata(L, 1, geo_name);
    mb_geo_close(*geo);
    *geo = NULL;
    return 0;
}

static int push_type(lua_State *L)
{
    mb_geo *const *geo = luaL_checkudata(L, 1, geo_name);
    lua_pushstring(L, *geo ? mb_geo_type(*geo) : "closed");
    return 1;
}

static void prepare_open(lua_State *L, mb_call *call)
{
    static const luaL_Reg methods[] = {{"type", push_type},
                                       {"close", close_geo},
                                       {"__gc", close_geo},
                                       {"__close", close_geo},
                                       {NULL, NULL}};
    mb_geo **geo = call->out->data = lua_newuserdatauv(L, sizeof *geo, 0);
    *geo = NULL;
    mb_bind_set_class(L, geo_name, methods);
}

static mb_status run_open(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_geo **geo = out->data;
    mb_geo_close(*geo); // of a body that ran before
    *geo = NULL;
    return mb_geo_open(cx, in[0].text, geo);
}

static void read_geo(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    mb_geo *const *geo = luaL_testudata(L, index, geo_name);
    given->data = geo ? *geo : NULL;
    if (!given->data) mb_bind_refuse(L, call, argument, "database that is open", index);
    given->value.u = mb_geo_hash(given->data);
}

MB_BODY(run_find, mb_geo_find(cx, in[0].data, in[1].column, &out->column))

MB_BODY(run_values,
        mb_geo_values(cx, in[0].data, in[1].column, in[2].texts, in[2].n, in[3].type, &out->column))

// core.geo_open(path): a database; db:type() is its kind, db:close() frees it. core.geo_find(db,
// addresses): the number of the record of each; core.geo_values(db, records, path, type): what
// records have at a path of names and of numbers from "0" on; of the type where none has anything.
const mb_operation mb_geo_operations[] = {
    MB_OPERATION("geo", "geo_open", run_open, MB_TAKES(MB_ARGUMENT(STRING, "path")),
                 .prepare = prepare_open, .push = mb_bind_push_top),
    MB_OPERATION(
        "geo", "geo_find", run_find,
        MB_TAKES(MB_OTHER("database", read_geo), MB_COLUMN("addresses", .type = &mb_type_ip)),
        MB_GIVES(MB_A_COLUMN)),
    MB_OPERATION("geo", "geo_values", run_values,
                 MB_TAKES(MB_OTHER("database", read_geo),
                          MB_COLUMN("records", .type = &mb_type_int), MB_TEXTS("path"),
                          MB_ARGUMENT(TYPE, "type")),
                 MB_GIVES(MB_A_COLUMN)),
    {0}};
