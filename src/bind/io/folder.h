// Folders that files are written into.
#pragma once

#include "bind/column/operation.h"

// Reads a folder that was begun; `data` is its mb_folder.
void mb_bind_read_folder(lua_State *L, const mb_call *call, int argument, int index,
                         mb_given *given);
