// Kernels of your own: functions in C that scripts call as methods of columns.
//
// This header needs neither MPI nor Lua, and what includes it need not be linked with moonbear: a
// shared object with an entry point `moonbear_kernels` is loaded by mb.load_kernels("x.so"), and a
// host program hands the same definitions to mb_register_kernels of moonbear.h.
//
//     #include <math.h>
//     #include <moonbear_kernel.h>
//
//     static int hypotenuse(mb_kernel_block *block, void *data)
//     {
//         const double *a = block->in[0], *b = block->in[1];
//         double *out = block->out;
//         const int64_t n = block->n;
//         for (int64_t i = 0; i < n; i++)
//             out[i] = sqrt(a[i] * a[i] + b[i] * b[i]);
//         return 0;
//     }
//
//     int moonbear_kernels(mb_kernel_registry *registry)
//     {
//         return registry->add(registry, &(mb_kernel_definition){
//             .name = "hypotenuse", .signature = "double(double, double)", .apply = hypotenuse});
//     }
//
// A script then writes a:hypotenuse(b), mb.math.hypotenuse(a, b), or frame "hypotenuse(a, b) > 3".
//
// The loop counts to a variable of its own: compilers take writes of int64 and bool results for
// ones to `block->n`, too, and would not make vectors of a loop that looks there.
//
// A signature is the type of the result and those of one to four inputs: `double`, `int64`,
// `uint64` or `bool`. Inputs are columns of one length, and scalars. They are brought to the types
// of the signature where no value is lost: ints and bools go for doubles, bools for ints; others
// the script casts. `bool` values are bytes, 0 or 1; of a result any byte but 0 is true.
//
// A row of the result is missing where one of an input is, and a kernel need not know. With a `?`
// behind an input's type, "int64(int64?)", its missing rows are the kernel's to look at, by
// `in_valid`; with one behind the result's type the kernel may make rows missing, by `out_valid`.
//
// Kernels run on every rank, for the rows that it has, in operations that all ranks are in: they
// must give the same for the same values, on every rank and however rows are cut into blocks. They
// must not call moonbear, MPI or Lua, and not leave by an exception or longjmp.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    MB_KERNEL_VERSION = 1,    // of this header
    MB_KERNEL_INPUTS = 4,     // most inputs
    MB_KERNEL_ROWS = 4096,    // most rows of a block
    MB_KERNEL_STATE = 4096,   // most bytes of the state of a reduction
    MB_KERNEL_MESSAGE = 256,  // room for the message of a failure
    MB_KERNEL_NAME = 63,      // most bytes of a name
    MB_KERNEL_SIGNATURE = 127 // and of a signature
};

// Some rows, next to each other. Arrays are aligned as their types need it, and no input is the
// output. Values of rows that are missing may be anything.
typedef struct mb_kernel_block {
    int64_t n;   // rows, at least 1
    int64_t row; // number of the first one among those of all ranks, from 0; in a reduction missing
                 // rows behind it are left out
    const void *in[MB_KERNEL_INPUTS];           // n values of each input
    const uint64_t *in_valid[MB_KERNEL_INPUTS]; // of an input with `?`: bit i % 64 of word i / 64
                                                // is set where row i is not missing; NULL: none is
    const uint64_t *valid;                      // the same of the inputs without `?` together
    void *out;                                  // room for n values
    uint64_t *out_valid; // of a result with `?`: as `valid`, to be changed; else NULL

    // Where a kernel fails it returns a status that is not 0, and may say which row of the block is
    // wrong, and why. It should pass over rows that are missing.
    int64_t failed; // -1: none in particular
    char message[MB_KERNEL_MESSAGE];
} mb_kernel_block;

// Whether row i of a block is not missing, by `valid`, `in_valid[k]` or `out_valid`.
static inline int mb_kernel_valid(const uint64_t *valid, int64_t i)
{
    return !valid || (valid[i / 64] >> (i % 64) & 1);
}

// Makes row i of a result with `?` missing.
static inline void mb_kernel_clear(mb_kernel_block *block, int64_t i)
{
    block->out_valid[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

// Notes that row i of a block is wrong, and why; returns the status 1, for the kernel to return.
static inline int mb_kernel_fail(mb_kernel_block *block, int64_t i, const char *message)
{
    int n = 0;
    for (; n < MB_KERNEL_MESSAGE - 1 && message[n]; n++)
        block->message[n] = message[n];
    block->message[n] = 0;
    block->failed = i;
    return 1;
}

// An element-wise function: writes n values to `out`, and nothing else. `data` is that of the
// definition.
typedef int mb_kernel_apply(mb_kernel_block *block, void *data);

// A reduction: what rows come to, folded into states of a fixed size. States travel between ranks
// as their bytes, so there are no pointers in them; they are aligned to 16 bytes.
//
// Rows are cut into blocks of MB_KERNEL_ROWS by their numbers. Each block is folded into a new
// state by one call with those rows that are not missing (none where there is no such row), and
// neighbouring states are merged in a binary tree over the numbers of blocks: so a result has the
// same bits on any number of ranks, whatever is rounded on the way.
typedef void mb_kernel_init(void *state, void *data);
typedef int mb_kernel_fold(void *state, mb_kernel_block *block, void *data);
typedef void mb_kernel_merge(void *state, const void *next, void *data); // of the rows behind
typedef int mb_kernel_finish(const void *state, mb_kernel_block *result, void *data); // of one row

// A kernel: `apply` of an element-wise function, the five others of a reduction. What it points to
// is copied, but for `data`, which must stay until the runtime is closed.
typedef struct mb_kernel_definition {
    const char *name;      // as scripts write it: a name of Lua's, and no method's of columns
    const char *signature; // "double(double, int64?)"
    const char *help;      // what ?name shows, or NULL
    mb_kernel_apply *apply;
    size_t state_size;
    mb_kernel_init *init;
    mb_kernel_fold *fold;
    mb_kernel_merge *merge;
    mb_kernel_finish *finish;
    void *data;
} mb_kernel_definition;

// What the entry point of a shared object adds its kernels to.
typedef struct mb_kernel_registry {
    int version; // MB_KERNEL_VERSION of the moonbear that loads
    // Returns 0, or a status for a definition that is wrong; the load then fails, whatever the
    // entry point returns.
    int (*add)(struct mb_kernel_registry *registry, const mb_kernel_definition *definition);
} mb_kernel_registry;

// The entry point, which every shared object defines: adds its kernels, the same on every rank.
// Returns 0, or a status, with which the load fails.
__attribute__((visibility("default"))) int moonbear_kernels(mb_kernel_registry *registry);

#ifdef __cplusplus
}
#endif
