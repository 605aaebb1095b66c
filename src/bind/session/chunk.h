// Chunks: the source of scripts and modules, read by rank 0 for all, and run on every rank.
#pragma once

#include <lua.h>

#include "bind/runtime.h"

// Exit statuses of chunks that were interrupted, or ended by a signal, whose number is added.
enum { MB_INTERRUPTED = 130, MB_SIGNALLED = 128 };

// Whether a chunk's status says that a signal ends the process: no other chunk is to follow.
static inline bool mb_bind_terminated(int code)
{
    return code > 1 && code != MB_INTERRUPTED;
}

// Makes the module the global `mb`, unless there is one. May raise. Collective.
void mb_bind_provide_module(lua_State *L);

// Adds `load` to the table on top of the stack: core.load("frame") compiles moonbear's own Lua file
// moonbear/frame.lua below `folder`. Collective.
void mb_bind_open_chunk(lua_State *L, const char *folder);

// A message handler for lua_pcall: the error's text with a traceback.
int mb_bind_add_traceback(lua_State *L);

// Runs a function with a light userdata as its argument, as a chunk: an error is reported, and all
// ranks return the same status when all have ended theirs. Collective.
int mb_bind_run_chunk(mb_runtime *runtime, lua_CFunction function, void *argument);

// Ends a chunk on this rank, with the message of its error or NULL, and waits for the others;
// `what` is what has ended, for them. Returns the status of all. Collective.
int mb_bind_end_chunk(mb_runtime *runtime, const char *message, const char *what);
