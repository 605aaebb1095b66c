// Line editing for the prompt, by libedit, as a Lua module.
#pragma once

#include <lua.h>

// edit.open{history = path, input = descriptor, complete = f, wait = f}: an editor on the terminal,
// which the descriptor reads without blocking.
//   complete(line, cursor) gives a list of candidates and how many bytes before the cursor they
//   replace; wait() returns when there is input: "key", or else "interrupt", "resize" or "ended".
// editor:line(prompt): the next line; false when it was interrupted, nil at the end of input.
// editor:remember(line): adds to the history, which editor:close() saves.
// editor:width(): columns of the terminal. edit.width(descriptor): of another one.
int edit_open_module(lua_State *L);

// Columns of the terminal that a descriptor is of; 80 where it does not tell.
unsigned edit_width(int terminal);
