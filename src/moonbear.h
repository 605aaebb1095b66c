// moonbear: columns spread over MPI ranks, driven by Lua scripts.
//
// This is the interface for C programs: open a runtime on a communicator, run chunks and files in
// it, close it. Every function is collective over the communicator, and every rank must call them
// in the same order.
#pragma once

#include <mpi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOONBEAR_VERSION        "0.1.0"
#define MOONBEAR_VERSION_NUMBER 100 // 10000 * major + 100 * minor + patch
#define MB_PUBLIC               __attribute__((visibility("default")))

typedef struct mb_runtime mb_runtime;

// Opens a runtime with a Lua state on each rank of `comm`, which is duplicated and stays the
// caller's. MPI must be initialised. NULL when it fails; the reason is on rank 0's standard error.
MB_PUBLIC mb_runtime *mb_runtime_open(MPI_Comm comm);

// Sets the global table `arg` as lua5.4 does: argv[script] becomes arg[0].
MB_PUBLIC void mb_runtime_arguments(mb_runtime *runtime, int argc, char **argv, int script);

// Runs a chunk of Lua, called `name` in messages, on every rank. An error is reported on rank 0's
// standard error. Returns when all ranks have ended it: 0, or the exit status of the lowest rank
// that failed. os.exit in the chunk ends the process, as in any host of Lua.
MB_PUBLIC int mb_runtime_string(mb_runtime *runtime, const char *chunk, const char *name);

// The same for a file, read by rank 0; NULL is standard input. The script gets `arg[1]...` as
// `...`.
MB_PUBLIC int mb_runtime_file(mb_runtime *runtime, const char *path);

// A prompt on rank 0's standard input, every chunk run by every rank, until its end. Returns 0.
MB_PUBLIC int mb_runtime_prompt(mb_runtime *runtime);

// Serves requests that come on a descriptor of rank 0's, as the fronts of `moonbear serve` send
// them, until its end. The others may pass any descriptor. Returns 0, or 1 when it cannot begin.
MB_PUBLIC int mb_runtime_session(mb_runtime *runtime, int descriptor);

// Notes that the user wants the running operation to end, on all ranks. Safe in a signal handler;
// the one function that is not collective.
MB_PUBLIC void mb_runtime_interrupt(mb_runtime *runtime);

// Closes the Lua states and frees everything. MPI stays initialised.
MB_PUBLIC void mb_runtime_close(mb_runtime *runtime);

#ifdef __cplusplus
}
#endif
