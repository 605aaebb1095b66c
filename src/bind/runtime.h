// One runtime on one rank: the context, the Lua state, and how the running script stands.
#pragma once

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/context.h"
#include "moonbear.h"

typedef struct mb_resumed mb_resumed; // a coroutine that is running: bind/interrupt.h

// As debug.sethook sets it.
typedef struct mb_hook {
    lua_Hook call;
    int mask, count;
} mb_hook;

struct mb_runtime {
    mb_context cx;
    lua_State *L;                 // the main thread
    bool foreign;                 // the state is a host's (stock lua5.4), not ours to close
    bool finalize;                // MPI is ours to finalise with the state
    bool open;                    // communication is up
    bool interrupted;             // the running chunk was, outside of operations
    volatile bool stopping;       // and is to be, wherever it runs Lua code
    volatile int signals;         // how many have come
    bool boundless;               // our own code runs, which must go on where memory has run out
    bool catching;                // an interrupt is an error of the next operation, no more
    volatile bool deaf;           // no chunk runs that an interrupt could be meant for
    mb_hook script_hook;          // of the main thread, before that
    mb_resumed *volatile resumed; // the innermost
    int64_t accounted;            // live bytes that Lua's collector was last told of
    bool keeps;    // what failed is kept by rank 0 for mb_runtime_session, not printed
    char *failure; // that of the last chunk; NULL when there was none
};

// Makes the runtime of a Lua state; `comm` points to an MPI_Comm. NULL when memory runs out.
// Collective.
mb_runtime *mb_runtime_attach(lua_State *L, const void *comm);

// Ends a chunk: waits until all ranks have ended theirs. `code`, `how` ("ends the script at
// x.lua:9") and `message` (an error's; may be NULL) are this rank's. The message of the lowest
// failing rank goes to rank 0's standard error, and its code is returned on all. Collective.
int mb_runtime_leave(mb_runtime *runtime, int code, const char *how, const char *message);

// Ends communication, after the last leave. Collective.
void mb_runtime_detach(mb_runtime *runtime);
