// The column userdata: a box with one reference and the elements that were read of it.

#include "bind/column/box.h"

#include <string.h>

#include "bind/bind.h"
#include "types/time.h"

static const char type_name[] = "moonbear.column";
static const char null_key; // its address names mb.null in the registry

mb_column **mb_bind_new_column(lua_State *L)
{
    mb_column_box *box = lua_newuserdatauv(L, sizeof *box, 1);
    *box = (mb_column_box){0};
    luaL_setmetatable(L, type_name);
    return &box->column;
}

bool mb_bind_is_column(lua_State *L, int index)
{
    return luaL_testudata(L, index, type_name) != NULL;
}

bool mb_bind_is_frame(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TTABLE || !luaL_getmetafield(L, index, "__name")) return false;
    const char *name = lua_tostring(L, -1);
    bool is = name && strcmp(name, "moonbear.frame") == 0;
    lua_pop(L, 1);
    return is;
}

mb_column_box *mb_bind_column_box(lua_State *L, int index)
{
    return luaL_checkudata(L, index, type_name);
}

const char mb_bind_boolean_mend[] =
    "a boolean (Lua's own ==, ~=, < and <= give one boolean and cannot compare element by element; "
    "use a:eq(b), :ne, :lt, :le, :gt, :ge)";

mb_column *mb_bind_to_column(lua_State *L, int index)
{
    const mb_column_box *box = luaL_testudata(L, index, type_name);
    return box ? box->column : NULL;
}

mb_column *mb_bind_check_column(lua_State *L, int index)
{
    mb_column_box *box = luaL_testudata(L, index, type_name);
    if (box && box->column) return box->column;
    const char *what = box ? "a closed column" : luaL_typename(L, index);
    if (lua_isboolean(L, index)) what = mb_bind_boolean_mend;
    luaL_argerror(L, index, lua_pushfstring(L, "column expected, got %s", what));
    return NULL;
}

void mb_bind_push_null(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &null_key);
}

bool mb_bind_is_null(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TUSERDATA) return false;
    index = lua_absindex(L, index);
    mb_bind_push_null(L);
    bool is = lua_rawequal(L, index, -1);
    lua_pop(L, 1);
    return is;
}

// c:close(): frees what the column holds on this rank, now; again is fine. Not collective.
static int release(lua_State *L)
{
    mb_column_box *box = mb_bind_column_box(L, 1);
    mb_column_release(box->column);
    for (int i = 0; i < MB_CACHE_BLOCKS && box->cache; i++)
        mb_column_release(box->cache->strings[i]);
    *box = (mb_column_box){0};
    lua_pushnil(L);
    lua_setiuservalue(L, 1, 1);
    return 0;
}

// c:type(): "bool", "int", "uint" or "float". Not collective.
static int type_of(lua_State *L)
{
    lua_pushstring(L, mb_bind_check_column(L, 1)->type->name);
    return 1;
}

static int length(lua_State *L)
{
    lua_pushinteger(L, mb_bind_check_column(L, 1)->layout->n_global);
    return 1;
}

// c:info(): type, width (bytes a stored value; nil while pending), rows on each rank, bytes on this
// rank, whether it is pending, rows that are missing; of text, and of addresses with a dictionary,
// `storage`, "dictionary" or "plain", and how many `strings` or `addresses` there are; of times and
// durations `unit`. Not collective; `bytes` differs between ranks.
static int info(lua_State *L)
{
    const mb_column *column = mb_bind_check_column(L, 1);
    const mb_layout *layout = column->layout;
    const mb_dictionary *dictionary = mb_dictionary_of(column->type);
    bool pending = mb_column_pending(column);
    lua_createtable(L, 0, 8);
    lua_pushstring(L, column->type->name);
    lua_setfield(L, -2, "type");
    lua_createtable(L, layout->nranks, 0);
    for (int r = 0; r < layout->nranks; r++) {
        lua_pushinteger(L, mb_layout_rows(layout, r));
        lua_rawseti(L, -2, r + 1);
    }
    lua_setfield(L, -2, "rows");
    if (column->type->units) {
        lua_pushstring(L, mb_unit_names[column->type->unit]);
        lua_setfield(L, -2, "unit");
    }
    if (dictionary) {
        lua_pushstring(L, dictionary->spread ? "plain" : "dictionary");
        lua_setfield(L, -2, "storage");
        lua_pushinteger(L, dictionary->n);
        lua_setfield(L, -2, column->type->script == MB_SCRIPT_STRING ? "strings" : "addresses");
    }
    lua_pushboolean(L, pending);
    lua_setfield(L, -2, "pending");
    lua_pushinteger(L, mb_column_bytes(column));
    lua_setfield(L, -2, "bytes");
    if (pending) return 1;
    lua_pushinteger(L, column->values.width);
    lua_setfield(L, -2, "width");
    lua_pushinteger(L, column->facts.missing);
    lua_setfield(L, -2, "missing");
    return 1;
}

static int no_iteration(lua_State *L)
{
    return luaL_error(L, "a column cannot be iterated; c:to_table() gives its rows as a table");
}

static int not_a_column(lua_State *L)
{
    return luaL_error(L, "attempt to use %s as a column", mb_bind_boolean_mend);
}

static const mb_public methods[] = {
    {"type", type_of, 1}, {"info", info, 1}, {"close", release, 1}, {NULL, NULL, 0}};

static const luaL_Reg metamethods[] = {{"__gc", release},        {"__close", release},
                                       {"__len", length},        {"__pairs", no_iteration},
                                       {"__call", no_iteration}, {NULL, NULL}};

// So that (col == 80):sum() names the mend; other uses of a boolean raise as before.
static void explain_booleans(lua_State *L)
{
    lua_pushboolean(L, true);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, not_a_column);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

static int null_name(lua_State *L)
{
    lua_pushliteral(L, "null");
    return 1;
}

static void make_null(lua_State *L)
{
    lua_newuserdatauv(L, 0, 0);
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, null_name);
    lua_setfield(L, -2, "__tostring");
    lua_pushliteral(L, "moonbear.null");
    lua_setfield(L, -2, "__name");
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &null_key);
}

void mb_bind_open_box(lua_State *L)
{
    make_null(L);
    lua_setfield(L, -2, "null");
    lua_pushstring(L, mb_bind_boolean_mend);
    lua_setfield(L, -2, "boolean_mend");
    explain_booleans(L);
    luaL_newmetatable(L, type_name);
    luaL_setfuncs(L, metamethods, 0);
    lua_newtable(L);
    mb_bind_set_methods(L, methods);
}
