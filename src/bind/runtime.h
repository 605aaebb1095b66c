// One runtime on one rank: the context, the Lua state, and how the running script stands.
#pragma once

#include <lua.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "bind/kernels.h"
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
    char *error;         // the last error, the same on all ranks; NULL: the last call had none
    FILE *output[2];     // what scripts write goes to these instead of standard output and error

    int64_t touches;    // times that a host has changed arrays that are shared
    int64_t references; // that a host was given so far

    // See bind/guard.h.
    pthread_t thread;    // that has opened it
    pid_t process;       // and the process
    const char *calling; // the public function that runs; NULL: none
    mb_kernel_batches kernels;

    // What a signal handler uses.
    atomic_bool open;              // communication is up
    atomic_bool stopping;          // the running chunk is to end, wherever it runs Lua code
    atomic_bool deaf;              // no chunk runs that an interrupt could be meant for
    atomic_int signals;            // how many have come
    atomic_int ending;             // the signal that ends this process; 0: none
    _Atomic(mb_resumed *) resumed; // the innermost
};

// Makes a runtime that of a Lua state, or none with NULL. May raise.
void mb_bind_set_runtime(lua_State *L, mb_runtime *runtime);
