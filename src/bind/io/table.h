// What tables of Lua say of how text is written.
#pragma once

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

// Fields of the table at an index: a string, which the table has, or NULL; the first byte of one,
// or 0; whether it is true; an integer.
const char *mb_table_text(lua_State *L, int index, const char *field);
char mb_table_byte(lua_State *L, int index, const char *field);
bool mb_table_flag(lua_State *L, int index, const char *field);
int64_t mb_table_integer(lua_State *L, int index, const char *field);

// Of a string, or NULL.
uint64_t mb_table_hash(uint64_t hash, const char *text);
