// What a host hears of a runtime: lines for its user, and what scripts write.
#pragma once

#include "bind/runtime.h"

// Gives a context that opens what mb_runtime_message has told for this thread's next ones.
void mb_hooks_begin(mb_context *cx);

// Where runtimes that this thread opens take their memory, as mb_runtime_allocator has told.
const mb_memory_source *mb_hooks_memory(void);

// Tells a line that has no runtime yet to whoever listens on this thread.
void mb_hooks_tell(const char *line);

// Prints a line on standard error: what programs use whose standard error is ours.
void mb_hooks_print(void *unused, const char *line);

// Ends what mb_runtime_output has begun. Scripts must not run any more.
void mb_hooks_end(mb_runtime *runtime);
