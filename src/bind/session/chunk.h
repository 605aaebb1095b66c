// Chunks: code that every rank runs, and how it ends on all.
#pragma once

#include <lua.h>

#include "bind/runtime.h"

// Whether a chunk's status says that a signal ends the process: no other chunk is to follow.
static inline bool mb_bind_terminated(int code)
{
    return code > 1 && code != MB_INTERRUPTED;
}

// Makes the module the global `mb`, unless there is one. May raise. Collective.
void mb_bind_provide_module(lua_State *L);

// Replaces the topmost `arguments` values by what the function makes of them, run as a chunk: one
// value, nil when it fails. An error is reported with a traceback of the script. Returns the same
// code on all ranks, when all have ended theirs; `what` is what ends, for the others. Collective.
int mb_bind_run_chunk(mb_runtime *runtime, lua_CFunction function, int arguments, const char *what);

// Runs a call of the public function `caller` as a chunk: `function` gets the argument as a light
// userdata. The next one begins anew. Returns the status for the host, MB_REFUSED where it may not
// call. Collective.
int mb_bind_run_call(mb_runtime *runtime, const char *caller, lua_CFunction function,
                     void *argument);

// Ends a chunk: waits until all ranks have ended theirs. `code`, `how` ("ends the script at
// x.lua:9") and `message` (an error's; may be NULL) are this rank's. The message of the lowest
// failing rank is told on rank 0 and kept for mb_error on all, and its code is returned on all.
// Collective.
int mb_bind_leave(mb_runtime *runtime, int code, const char *how, const char *message);

// Forgets the last error. Not collective.
void mb_bind_forget_error(mb_runtime *runtime);

// Writes out what scripts have printed. Not collective.
void mb_bind_flush(const mb_runtime *runtime);

// The status of a run whose leave gave `code`: not 0 when the ranks have diverged, of which rank
// 0 tells unless the error that was reported has told it. Not collective.
int mb_bind_verdict(mb_runtime *runtime, int code);
