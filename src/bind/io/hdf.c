// HDF5 files for Lua.

#include <string.h>

#include "bind/bind.h"
#include "io/hdf/hdf.h"

// A list of strings from a Lua table, in memory that the stack holds; the strings stay the table's.
typedef struct texts {
    const char **text;
    int64_t count;
} texts;

static texts check_texts(lua_State *L, int index, const char *what)
{
    luaL_checktype(L, index, LUA_TTABLE);
    lua_Integer n = luaL_len(L, index);
    if (n == 0) luaL_error(L, "no %s given", what);
    texts list = {lua_newuserdatauv(L, (size_t)n * sizeof(char *), 0), n};
    for (lua_Integer i = 0; i < n; i++) {
        if (lua_rawgeti(L, index, i + 1) != LUA_TSTRING)
            luaL_error(L, "%s must be strings, and number %d is a %s", what, (int)i + 1,
                       luaL_typename(L, -1));
        list.text[i] = lua_tostring(L, -1);
        if (strlen(list.text[i]) != lua_rawlen(L, -1))
            luaL_error(L, "%s have no zero bytes, and number %d has one", what, (int)i + 1);
        lua_pop(L, 1);
    }
    return list;
}

static void sign_texts(mb_signature *signature, const char *what, texts list)
{
    for (int64_t i = 0; i < list.count; i++)
        mb_bind_sign_string(signature, what, list.text[i]);
}

// Strings that an operation finds; their memory is a userdata's.
typedef struct found {
    mb_buffer **box;
    int64_t count;
} found;

static void keep(found *found, mb_strings strings)
{
    *found->box = strings.buffer;
    found->count = strings.count;
}

typedef struct reading {
    texts paths, names;
    const char *attribute;
    bool widen;
    mb_column **columns, ***boxes;
    found notes;
} reading;

static mb_status read_body(mb_context *cx, void *argument)
{
    reading *call = argument;
    mb_strings notes = {0};
    mb_hdf_request request = {.paths = call->paths.text,
                              .npaths = call->paths.count,
                              .names = call->names.text,
                              .nnames = call->names.count,
                              .attribute = call->attribute,
                              .widen = call->widen};
    mb_status status = mb_hdf_read(cx, &request, call->columns, &notes);
    if (status) return status;
    for (int64_t i = 0; i < call->names.count; i++)
        *call->boxes[i] = call->columns[i];
    keep(&call->notes, notes);
    return MB_OK;
}

static void push_list(lua_State *L, const found *found)
{
    const char *text = found->count ? (*found->box)->data : NULL;
    lua_createtable(L, (int)found->count, 0);
    for (int64_t i = 0; i < found->count; i++, text = mb_strings_next(text)) {
        lua_pushstring(L, text);
        lua_rawseti(L, -2, i + 1);
    }
}

// read_hdf(paths, names, attribute, widen): a list of columns, one for each name, and a list of the
// strings that the datasets have in the attribute, each once. Collective.
static int read_hdf(lua_State *L)
{
    mb_signature signature;
    reading call = {.attribute = luaL_checkstring(L, 3), .widen = lua_toboolean(L, 4)};
    call.paths = check_texts(L, 1, "paths");
    call.names = check_texts(L, 2, "names");
    call.columns = lua_newuserdatauv(L, (size_t)call.names.count * sizeof(mb_column *), 0);
    call.boxes = lua_newuserdatauv(L, (size_t)call.names.count * sizeof(mb_column **), 0);
    call.notes.box = mb_bind_new_buffer(L);
    lua_createtable(L, (int)call.names.count, 0);
    for (int64_t i = 0; i < call.names.count; i++) {
        call.boxes[i] = mb_bind_new_column(L);
        lua_rawseti(L, -2, i + 1);
    }
    mb_bind_signature(L, &signature, "read_hdf");
    sign_texts(&signature, "path", call.paths);
    sign_texts(&signature, "name", call.names);
    mb_bind_sign_string(&signature, "attribute", call.attribute);
    if (call.widen) mb_bind_sign_string(&signature, "types", "widen");
    mb_bind_operate(L, &signature, read_body, &call);
    mb_bind_account(L);
    push_list(L, &call.notes);
    return 2;
}

typedef struct listing {
    texts paths;
    found entries;
} listing;

static mb_status list_body(mb_context *cx, void *argument)
{
    listing *call = argument;
    mb_strings entries = {0};
    mb_status status = mb_hdf_list(cx, call->paths.text, call->paths.count, &entries);
    if (!status) keep(&call->entries, entries);
    return status;
}

// ls_hdf(paths): {name =, type =, rows =} for each dataset of the first file. Collective.
static int ls_hdf(lua_State *L)
{
    mb_signature signature;
    listing call = {.paths = check_texts(L, 1, "paths")};
    call.entries.box = mb_bind_new_buffer(L);
    mb_bind_signature(L, &signature, "ls_hdf");
    sign_texts(&signature, "path", call.paths);
    mb_bind_operate(L, &signature, list_body, &call);
    int64_t count = call.entries.count;
    const char *text = count ? (*call.entries.box)->data : NULL;
    static const char *const fields[] = {"name", "type", "rows"};
    lua_createtable(L, (int)(count / 3), 0);
    for (int64_t i = 0; i < count; i++, text = mb_strings_next(text)) {
        if (i % 3 == 0) lua_createtable(L, 0, 3);
        if (i % 3 < 2)
            lua_pushstring(L, text);
        else
            lua_stringtonumber(L, text);
        lua_setfield(L, -2, fields[i % 3]);
        if (i % 3 == 2) lua_rawseti(L, -2, i / 3 + 1);
    }
    return 1;
}

static const luaL_Reg functions[] = {
    {"read_hdf", read_hdf},
    {"ls_hdf", ls_hdf},
    {NULL, NULL},
};

void mb_bind_open_files(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
