// Values that travel between ranks: nil, booleans, numbers, strings, and tables of these.

#include <string.h>

#include "bind/bind.h"
#include "bind/world/world.h"

enum { DEEPEST = 100 };

enum { TAG_NIL, TAG_FALSE, TAG_TRUE, TAG_INTEGER, TAG_FLOAT, TAG_STRING, TAG_TABLE, TAG_END };

typedef struct writer {
    lua_State *L;
    mb_buffer **box;
    size_t size;
    mb_status status; // once memory has run out, nothing is added
} writer;

static void add_bytes(writer *to, const void *bytes, size_t size)
{
    size_t room = *to->box ? (*to->box)->size : 0;
    mb_buffer *larger;
    if (to->status) return;
    if (size > room - to->size) {
        to->status = mb_buffer_new(mb_bind_context(to->L), 2 * room + size + 256, &larger);
        if (to->status) return;
        if (*to->box) memcpy(larger->data, (*to->box)->data, to->size);
        mb_buffer_release(*to->box);
        *to->box = larger;
    }
    memcpy((char *)(*to->box)->data + to->size, bytes, size);
    to->size += size;
}

static void add_tag(writer *to, int tag)
{
    char byte = (char)tag;
    add_bytes(to, &byte, 1);
}

static void add_number(writer *to, int index)
{
    lua_Integer integer = lua_tointeger(to->L, index);
    lua_Number number = lua_tonumber(to->L, index);
    bool whole = lua_isinteger(to->L, index);
    add_tag(to, whole ? TAG_INTEGER : TAG_FLOAT);
    add_bytes(to, whole ? (void *)&integer : (void *)&number, 8);
}

static void add_string(writer *to, int index)
{
    size_t size;
    const char *text = lua_tolstring(to->L, index, &size);
    add_tag(to, TAG_STRING);
    add_bytes(to, &size, sizeof size);
    add_bytes(to, text, size);
}

static void add_value(writer *to, int index, int depth);

static void add_table(writer *to, int index, int depth)
{
    lua_State *L = to->L;
    if (depth == DEEPEST)
        luaL_error(L, "a table nested too deeply, or in itself, cannot go to other ranks");
    luaL_checkstack(L, 4, NULL);
    add_tag(to, TAG_TABLE);
    lua_pushnil(L);
    while (lua_next(L, index)) {
        add_value(to, lua_gettop(L) - 1, depth + 1);
        add_value(to, lua_gettop(L), depth + 1);
        lua_pop(L, 1);
    }
    add_tag(to, TAG_END);
}

static void add_value(writer *to, int index, int depth)
{
    switch (lua_type(to->L, index)) {
    case LUA_TNIL: add_tag(to, TAG_NIL); break;
    case LUA_TBOOLEAN: add_tag(to, lua_toboolean(to->L, index) ? TAG_TRUE : TAG_FALSE); break;
    case LUA_TNUMBER: add_number(to, index); break;
    case LUA_TSTRING: add_string(to, index); break;
    case LUA_TTABLE: add_table(to, index, depth); break;
    default:
        luaL_error(to->L,
                   "a %s cannot go to other ranks, only nil, booleans, numbers, strings and "
                   "tables of these",
                   luaL_typename(to->L, index));
    }
}

mb_status mb_world_serialize(lua_State *L, int first, mb_buffer **box, size_t *size)
{
    writer to = {.L = L, .box = box};
    int last = lua_gettop(L);
    for (int i = first; i <= last; i++)
        add_value(&to, i, 0);
    if (!to.status) *size = to.size;
    return to.status;
}

typedef struct reader {
    lua_State *L;
    const char *at;
} reader;

static void take_bytes(reader *from, void *bytes, size_t size)
{
    memcpy(bytes, from->at, size);
    from->at += size;
}

static void push_value(reader *from);

static void push_table(reader *from)
{
    luaL_checkstack(from->L, 4, NULL);
    lua_newtable(from->L);
    while (*from->at != TAG_END) {
        push_value(from);
        push_value(from);
        lua_rawset(from->L, -3);
    }
    from->at++;
}

static void push_value(reader *from)
{
    lua_State *L = from->L;
    lua_Integer integer;
    lua_Number number;
    size_t size;
    int tag = *from->at++;
    switch (tag) {
    case TAG_NIL: lua_pushnil(L); break;
    case TAG_INTEGER:
        take_bytes(from, &integer, sizeof integer);
        lua_pushinteger(L, integer);
        break;
    case TAG_FLOAT:
        take_bytes(from, &number, sizeof number);
        lua_pushnumber(L, number);
        break;
    case TAG_STRING:
        take_bytes(from, &size, sizeof size);
        lua_pushlstring(L, from->at, size);
        from->at += size;
        break;
    case TAG_TABLE: push_table(from); break;
    default: lua_pushboolean(L, tag == TAG_TRUE);
    }
}

int mb_world_deserialize(lua_State *L, const char *bytes, size_t size)
{
    reader from = {.L = L, .at = bytes};
    int n = 0;
    for (; from.at < bytes + size; n++) {
        luaL_checkstack(L, 2, "too many results");
        push_value(&from);
    }
    return n;
}
