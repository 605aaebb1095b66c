#include "bind/io/table.h"

#include <string.h>

#include "bind/bind.h"
#include "core/hash.h"

// The string of a field of the table at an index; NULL where there is none. The table has it.
const char *mb_table_text(lua_State *L, int index, const char *field)
{
    lua_getfield(L, index, field);
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    lua_pop(L, 1);
    return text;
}

char mb_table_byte(lua_State *L, int index, const char *field)
{
    const char *text = mb_table_text(L, index, field);
    if (!text) return '\0';
    return *text;
}

bool mb_table_flag(lua_State *L, int index, const char *field)
{
    lua_getfield(L, index, field);
    const bool value = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return value;
}

int64_t mb_table_integer(lua_State *L, int index, const char *field)
{
    lua_getfield(L, index, field);
    int64_t value = lua_tointeger(L, -1);
    lua_pop(L, 1);
    return value;
}

uint64_t mb_table_hash(uint64_t hash, const char *text)
{
    return text ? mb_hash_bytes(hash, text, strlen(text)) : mb_hash_word(hash, 1);
}
