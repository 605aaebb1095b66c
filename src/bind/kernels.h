// The registered kernels of a runtime: its own list, and their functions in Lua.
#pragma once

#include <lua.h>

#include "core/context.h"
#include "expr/registered.h"

// Kernels that came together: of a host's call, or of a shared object.
typedef struct mb_kernel_batch {
    mb_registered **kernels;
    int n, room;
    void *library; // as dlopen gives it; NULL: a host's
} mb_kernel_batch;

// All kernels of a runtime; shared objects stay open until it is closed.
typedef struct mb_kernel_batches {
    mb_kernel_batch *list;
    int n, room;
} mb_kernel_batches;

// Closes shared objects and frees kernels, once nothing can be computed any more. Not collective.
void mb_kernels_close(mb_kernel_batches *batches);

// Pushes the function of a kernel as scripts call it, a method of columns where `self` says so.
void mb_bind_push_kernel(lua_State *L, const mb_registered *kernel, const char *self);
