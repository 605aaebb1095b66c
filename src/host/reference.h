// References of a host: numbers that stand for Lua values, which a table in the registry keeps. A
// number is not used again.
#pragma once

#include <lua.h>

#include "bind/runtime.h"

// The function that the host has called, for messages. Not collective.
const char *mb_host_caller(lua_State *L);

// Pops a value and gives a reference to it. May raise. Not collective.
mb_reference mb_reference_new(lua_State *L);

// Pushes the value of a reference; raises for one that there is not. Not collective.
void mb_reference_push(lua_State *L, mb_reference reference);

// Drops a reference. May raise. Not collective.
void mb_reference_drop(lua_State *L, mb_reference reference);

// Pops a value, which stays until the next one comes: what a host gets a pointer to. May raise.
void mb_reference_hold(lua_State *L);
