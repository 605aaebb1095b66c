// moonbear: columns spread over MPI ranks, driven by Lua scripts.
//
// This is the interface for C programs: open a runtime on a communicator, run chunks and files in
// it, close it. Every function, unless it says otherwise, is collective over the communicator, and
// every rank must call them in the same order.
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
// caller's. MPI must be initialised. NULL, on all ranks, when it fails; the reason is on rank 0's
// standard error.
MB_PUBLIC mb_runtime *mb_runtime_open(MPI_Comm comm);

// Sets the global table `arg` as lua5.4 does: argv[script] becomes arg[0]. Returns 0, or a status
// as mb_runtime_string does when memory runs out.
MB_PUBLIC int mb_runtime_arguments(mb_runtime *runtime, int argc, char **argv, int script);

// Runs a chunk of Lua, called `name` in messages, on every rank; the module is its global
// `mb` unless there is another one. An error is reported on rank 0's
// standard error, with its rank when others have not failed. Returns when all ranks have ended it:
// 0, or the exit status of the lowest rank that failed, or 1 when ranks called different operations
// meanwhile. The next chunk begins anew. os.exit in the chunk ends the process, as in any host of
// Lua.
MB_PUBLIC int mb_runtime_string(mb_runtime *runtime, const char *chunk, const char *name);

// The same for a file, read by rank 0; NULL is standard input. The script gets `arg[1]...` as
// `...`.
MB_PUBLIC int mb_runtime_file(mb_runtime *runtime, const char *path);

// A prompt on rank 0's standard input, every chunk run by every rank, until its end; what prompts
// is shown on a terminal only. Returns 0, 1 when it cannot begin, or a status of
// mb_runtime_terminate.
MB_PUBLIC int mb_runtime_prompt(mb_runtime *runtime);

// Serves requests that come on a descriptor of rank 0's, as the fronts of `moonbear serve` send
// them, until its end. The others may pass any descriptor. Returns 0, 1 when it cannot begin, or a
// status of mb_runtime_terminate.
MB_PUBLIC int mb_runtime_session(mb_runtime *runtime, int descriptor);

// From now on tells how far operations are that take longer than a second: on rank 0 `show` is
// called some times a second with a line of text, and with NULL when the operation has ended. It
// must not call moonbear. NULL for `show` ends it, as it is at first. Not collective.
MB_PUBLIC void mb_runtime_progress(mb_runtime *runtime, void (*show)(void *data, const char *line),
                                   void *data);

// Notes that the user wants the running chunk to end, on all ranks: its status is 130. Safe in a
// signal handler. Not collective.
MB_PUBLIC void mb_runtime_interrupt(mb_runtime *runtime);

// Says that this process catches a signal by calling mb_runtime_interrupt; 0 takes it back. When a
// rank is later than MOONBEAR_DEADLINE the others send it, which ends also Lua code that calls no
// operation. Without one, which is the default, such a rank is interrupted at its next operation.
// Not collective.
MB_PUBLIC void mb_runtime_signal(mb_runtime *runtime, int signal);

// The same where the process was told to end, by a signal of this number: a prompt and a session
// end too, and the status is 128 + number. Safe in a signal handler. Not collective.
MB_PUBLIC void mb_runtime_terminate(mb_runtime *runtime, int number);

// Closes the Lua states and frees everything. MPI stays initialised.
MB_PUBLIC void mb_runtime_close(mb_runtime *runtime);

// Closes the runtime, finalises MPI and exits with a status, which must be the same on all ranks.
// MPI_Finalize may hang, as it does over TCP at times: the process then ends all the same.
__attribute__((noreturn)) MB_PUBLIC void mb_runtime_exit(mb_runtime *runtime, int status);

#ifdef __cplusplus
}
#endif
