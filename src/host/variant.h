// Values between a host and scripts, and the names of global variables.
#pragma once

#include <lua.h>

#include "bind/bind.h"
#include "bind/runtime.h"

// Pushes a value of a host's; raises for a kind that there is not, and references to nothing.
void mb_variant_push(lua_State *L, const mb_variant *value);

// Pops a value for a host. References are new; strings live as long as the value. May raise.
mb_variant mb_variant_take(lua_State *L);

// Adds the value at an index, which a host has given, to a signature: references by what they are.
void mb_variant_sign(lua_State *L, mb_signature *signature, int index, const char *name);

// Pushes the global variable of a name with dots. Raises where the tables before the last dot are
// missing.
void mb_variable_push(lua_State *L, const char *name);

// Pops a value and makes it that variable's. Raises for the same, and an empty name.
void mb_variable_set(lua_State *L, const char *name);

// Runs an operation that does nothing but compare signatures. Raises where they differ. Collective.
void mb_variant_agree(lua_State *L, const mb_signature *signature);
