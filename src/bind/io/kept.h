// Text that is kept from one reading to the next (io/records/kept.h), as an object of Lua.
#pragma once

#include <lua.h>

#include "io/records/kept.h"

// What a field of the table at an index keeps; NULL where there is none. The table has it.
mb_record_kept *mb_kept_text(lua_State *L, int index, const char *field);
