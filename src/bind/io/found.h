// Strings that an operation finds, which a userdata keeps until they are pushed.
#pragma once

#include "bind/column/operation.h"
#include "io/strings.h"

typedef struct mb_found {
    mb_buffer **box;
    int64_t count;
} mb_found;

// Room for strings, which Lua frees; may raise.
mb_found mb_found_new(lua_State *L);

// The `prepare` of an operation whose `data` is an mb_found.
void mb_found_prepare(lua_State *L, mb_call *call);

// Takes strings in place of those of an earlier run of the body.
void mb_found_keep(mb_found *found, mb_strings made);

// The end of a `run` that gives strings: takes them where the status is good, else lets them go.
// Returns the status.
mb_status mb_found_give(mb_made *out, mb_status status, mb_strings made) MB_MUST_CHECK;

// The first string, for mb_strings_next; NULL where there is none.
const char *mb_found_first(const mb_found *found);

// Pushes a list of every `step`-th string from `first` on.
void mb_found_push(lua_State *L, const mb_found *found, int64_t first, int64_t step);

// The `push` of an operation whose `data` is an mb_found: a list of all strings.
int mb_found_push_all(lua_State *L, const mb_call *call);
