// Who may call a runtime: the thread of the process that has opened it, while it is open, and not
// from within a call, as a callback would. Any other call is refused on this rank alone, with a
// message; nothing is changed.
#pragma once

#include <stdbool.h>

#include "bind/runtime.h"

// Notes a runtime as open, by this thread; false where there is no memory. And as closed, where it
// was open. Not collective.
bool mb_guard_add(mb_runtime *runtime);
void mb_guard_remove(const mb_runtime *runtime);

// Whether a runtime is open, and in this process. For signal handlers too. Not collective.
bool mb_guard_is_open(const mb_runtime *runtime);
bool mb_guard_has(const mb_runtime *runtime);

// Begins a call of the public function of this name; false, with a message for mb_error, when it is
// refused. Not collective.
bool mb_guard_enter(mb_runtime *runtime, const char *function);

// Ends it. What was refused meanwhile, to a callback, is not what the call has failed with.
void mb_guard_leave(mb_runtime *runtime);

// Keeps a message for mb_error(NULL) on this thread.
void mb_guard_tell(const char *message);
