// How an interrupt stops Lua code that calls no operation: by a hook, which Lua has for each
// thread, so the threads that are running are known, from the script's main one to the innermost
// coroutine.
#pragma once

#include <lua.h>

#include "bind/runtime.h"

// A coroutine that is being resumed. They are linked from the innermost outwards; each lies in the
// C frame that resumes it.
struct mb_resumed {
    lua_State *thread;
    struct mb_resumed *outer;
};

// Makes every running thread raise "interrupted" at its next instruction, and again after each
// pcall, until mb_interrupt_forget; nothing in a program that catches interrupts. Safe in a signal
// handler.
void mb_interrupt_threads(mb_runtime *runtime);

// Ends that: the chunk has ended. Hooks that a script has set are in place again. Not collective.
void mb_interrupt_forget(mb_runtime *runtime);

// Waits until so many signals have come since the start, a second at the most: two that come at
// once are one. One that was sent for the last chunk is not to stop the next. Not collective.
void mb_interrupt_await(mb_runtime *runtime, int64_t sent);

// Adds `coroutines` to the table on top of the stack: resume, wrap and close as Lua has them, of
// coroutines that an interrupt reaches.
void mb_interrupt_open(lua_State *L);
