// Kernels that a host or a shared object has brought: moonbear_kernel.h tells what they are.
#pragma once

#include <stdbool.h>

#include "core/context.h"
#include "moonbear_kernel.h"
#include "types/type.h"

typedef struct mb_registered_input {
    mb_kind kind;
    bool takes_missing; // its missing rows are the kernel's business
} mb_registered_input;

typedef struct mb_registered {
    mb_kernel_definition is; // with strings of its own
    mb_kind result;
    bool gives_missing;
    int ninputs;
    mb_registered_input inputs[MB_KERNEL_INPUTS];
    uint64_t hash; // of its name, its signature and what it is: the same on all ranks
} mb_registered;

// A kernel by its definition. MB_EINVALID, with what is wrong, where that is none. Not collective.
mb_status mb_registered_new(mb_context *cx, const mb_kernel_definition *definition,
                            mb_registered **made) MB_MUST_CHECK;

// NULL is fine.
void mb_registered_free(mb_registered *kernel);

// Whether input i, counted from 0, takes columns of a type: MB_EINVALID with what to write instead.
mb_status mb_registered_check(mb_context *cx, const mb_registered *kernel, int i,
                              const mb_type *type) MB_MUST_CHECK;

// "double", "int64", "uint64" or "bool".
const char *mb_registered_type(mb_kind kind);

// Calls an element-wise kernel for a block; `out` and `out_valid` have room for a whole number of
// words, and MB_KERNEL_CALL_ROWS rows at most. With `guarded` it writes elsewhere first, where
// bytes around its rows tell whether it has written more than these, and whether its inputs are as
// they were. Bools become 0 and 1. `site` is the script line that errors name, or NULL.
mb_status mb_registered_call(mb_context *cx, const mb_registered *kernel, mb_kernel_block *block,
                             bool guarded, const char *site) MB_MUST_CHECK;

enum { MB_KERNEL_CALL_ROWS = 256 };

// The message of a call that has returned a status.
mb_status mb_registered_fail(mb_context *cx, const mb_registered *kernel,
                             const mb_kernel_block *block, int code, const char *site);
