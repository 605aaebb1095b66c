// One runtime on one rank: the context, the Lua state, and how the running script stands.
#pragma once

#include <lua.h>
#include <stdatomic.h>
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
    lua_State *L;        // the main thread
    bool foreign;        // the state is a host's (stock lua5.4), not ours to close
    bool finalize;       // MPI is ours to finalise with the state
    int status;          // and the process ends with this one
    bool interrupted;    // the running chunk was, outside of operations
    bool boundless;      // our own code runs, which must go on where memory has run out
    bool catching;       // an interrupt is an error of the next operation, no more
    mb_hook script_hook; // of the main thread, before an interrupt
    int64_t accounted;   // live bytes that Lua's collector was last told of
    bool keeps;          // what failed is kept by rank 0 for mb_runtime_session, not printed
    char *failure;       // that of the last chunk; NULL when there was none
    bool told;           // the last error that was reported says how the ranks have diverged

    // What a signal handler uses.
    atomic_bool open;              // communication is up
    atomic_bool stopping;          // the running chunk is to end, wherever it runs Lua code
    atomic_bool deaf;              // no chunk runs that an interrupt could be meant for
    atomic_int signals;            // how many have come
    atomic_int ending;             // the signal that ends this process; 0: none
    _Atomic(mb_resumed *) resumed; // the innermost
};

// Makes the runtime of a Lua state (NULL: there was no memory for one); `comm` points to an
// MPI_Comm. NULL on all ranks, with the reason, when memory runs out on one of them. Collective.
mb_runtime *mb_runtime_attach(lua_State *L, const void *comm, char reason[MB_MESSAGE_SIZE]);

// Ends a chunk: waits until all ranks have ended theirs. `code`, `how` ("ends the script at
// x.lua:9") and `message` (an error's; may be NULL) are this rank's. The message of the lowest
// failing rank goes to rank 0's standard error, and its code is returned on all. Collective.
int mb_runtime_leave(mb_runtime *runtime, int code, const char *how, const char *message);

// The status of a run whose leave gave `code`: not 0 when the ranks have diverged, of which rank
// 0 tells unless the error that was reported has told it. Not collective.
int mb_runtime_verdict(const mb_runtime *runtime, int code);

// Ends communication, after the last leave. Collective.
void mb_runtime_detach(mb_runtime *runtime);
