// What prompts have in common: chunks come from a source, every rank runs them, and rank 0 tells
// what came of it.
//
// A source is a table that a Lua file of moonbear makes on every rank: `next()` gives the function
// of the next chunk, nil and what is wrong with its text, or nil at the end; `show(...)` takes the
// values that the function returned; `answer(status, parted, failure)` tells on rank 0 how the
// chunk has ended, whether ranks have diverged in it, and its error, if it has one.
#pragma once

#include <lua.h>
#include <stdbool.h>

#include "bind/runtime.h"

typedef struct mb_prompt {
    const char *source; // its file: "session/lines"
    // Pushes what the file is called with; returns how many.
    int (*push)(lua_State *L, int descriptor);
    int descriptor;
    bool answers; // there is an `answer`: errors are not told on standard error
    bool deaf;    // interrupts while `next` waits are for nobody, until it says so
} mb_prompt;

// Runs chunks until the end of the source: 0; 1 when there is none, or a status of
// mb_runtime_terminate. Collective.
int mb_bind_prompt(mb_runtime *runtime, const mb_prompt *prompt);
