// The start of a runtime on one rank.
#pragma once

#include <lua.h>

#include "bind/runtime.h"

// Makes the runtime of a Lua state (NULL: there was no memory for one); `comm` points to an
// MPI_Comm. It ends with the state. NULL on all ranks, with the reason, when memory runs out on one
// of them. Collective.
mb_runtime *mb_bind_attach(lua_State *L, const void *comm, char reason[MB_MESSAGE_SIZE]);
