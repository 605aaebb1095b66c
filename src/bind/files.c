// HDF5 files for Lua.

#include "bind/bind.h"
#include "io/hdf.h"

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
    texts paths;
    const char *dataset, *attribute;
    mb_buffer **box;
    int64_t count;
} found;

static void keep_strings(found *call, mb_strings strings)
{
    *call->box = strings.buffer;
    call->count = strings.count;
}

typedef struct reading {
    texts paths, names;
    mb_column **columns, ***boxes;
} reading;

static mb_status read_body(mb_context *cx, void *argument)
{
    reading *call = argument;
    mb_status status = mb_hdf_read(cx, call->paths.text, call->paths.count, call->names.text,
                                   call->names.count, call->columns);
    for (int64_t i = 0; i < call->names.count && !status; i++)
        *call->boxes[i] = call->columns[i];
    return status;
}

// read_hdf(paths, names): a list of columns, one for each name. Collective.
static int read_hdf(lua_State *L)
{
    mb_signature signature;
    reading call = {.paths = check_texts(L, 1, "paths"), .names = check_texts(L, 2, "names")};
    call.columns = lua_newuserdatauv(L, (size_t)call.names.count * sizeof(mb_column *), 0);
    call.boxes = lua_newuserdatauv(L, (size_t)call.names.count * sizeof(mb_column **), 0);
    lua_createtable(L, (int)call.names.count, 0);
    for (int64_t i = 0; i < call.names.count; i++) {
        call.boxes[i] = mb_bind_new_column(L);
        lua_rawseti(L, -2, i + 1);
    }
    mb_bind_signature(L, &signature, "read_hdf");
    sign_texts(&signature, "path", call.paths);
    sign_texts(&signature, "name", call.names);
    mb_bind_operate(L, &signature, read_body, &call);
    mb_bind_account(L);
    return 1;
}

static mb_status list_body(mb_context *cx, void *argument)
{
    found *call = argument;
    mb_strings strings = {0};
    mb_status status = mb_hdf_list(cx, call->paths.text, call->paths.count, &strings);
    if (!status) keep_strings(call, strings);
    return status;
}

// ls_hdf(paths): {name =, type =, rows =} for each dataset of the first file. Collective.
static int ls_hdf(lua_State *L)
{
    mb_signature signature;
    found call = {.paths = check_texts(L, 1, "paths")};
    call.box = mb_bind_new_buffer(L);
    mb_bind_signature(L, &signature, "ls_hdf");
    sign_texts(&signature, "path", call.paths);
    mb_bind_operate(L, &signature, list_body, &call);
    const char *text = *call.box ? (*call.box)->data : NULL;
    static const char *const fields[] = {"name", "type", "rows"};
    lua_createtable(L, (int)(call.count / 3), 0);
    for (int64_t i = 0; i < call.count; i++, text = mb_strings_next(text)) {
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

static mb_status attribute_body(mb_context *cx, void *argument)
{
    found *call = argument;
    mb_strings strings = {0};
    mb_status status = mb_hdf_attribute(cx, call->paths.text, call->paths.count, call->dataset,
                                        call->attribute, &strings);
    if (!status) keep_strings(call, strings);
    return status;
}

// hdf_attribute(paths, object, name): the strings of an attribute of a dataset or of "/", of all
// the files that have it, or nil. Collective.
static int hdf_attribute(lua_State *L)
{
    mb_signature signature;
    found call = {.paths = check_texts(L, 1, "paths"),
                  .dataset = luaL_checkstring(L, 2),
                  .attribute = luaL_checkstring(L, 3)};
    call.box = mb_bind_new_buffer(L);
    mb_bind_signature(L, &signature, "hdf_attribute");
    sign_texts(&signature, "path", call.paths);
    mb_bind_sign_string(&signature, "dataset", call.dataset);
    mb_bind_sign_string(&signature, "attribute", call.attribute);
    mb_bind_operate(L, &signature, attribute_body, &call);
    if (call.count == 0) return 0;
    const char *text = (*call.box)->data;
    lua_createtable(L, (int)call.count, 0);
    for (int64_t i = 0; i < call.count; i++, text = mb_strings_next(text)) {
        lua_pushstring(L, text);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

static const luaL_Reg functions[] = {
    {"read_hdf", read_hdf},
    {"ls_hdf", ls_hdf},
    {"hdf_attribute", hdf_attribute},
    {NULL, NULL},
};

void mb_bind_open_files(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
