// What of addresses other files of columns run.
#pragma once

#include "bind/column/operation.h"
#include "types/ip.h"

// The operation that a cast between two types is where one is addresses; NULL where none is, or
// both are, and for casts to text. Raises for casts that there are not.
const mb_operation *mb_bind_ip_cast(lua_State *L, const mb_type *from, const mb_type *to);

// Numbers for the addresses of the column at an index, of which hashes are made. Collective.
void mb_bind_push_ip_words(lua_State *L, int index);

// The operation that addresses and numbers at 1 and 2 are added or subtracted by, in this order
// then; NULL for all else.
const mb_operation *mb_bind_ip_step(lua_State *L, mb_operator op);
