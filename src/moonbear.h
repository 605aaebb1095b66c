// moonbear: columns spread over MPI ranks, driven by Lua scripts.
//
// This is the interface for C and C++ programs: open a runtime on a communicator, run chunks and
// files in it, share arrays with it, call its functions, close it. Every function, unless it says
// otherwise, is collective over the communicator: every rank must call it, in the same order and
// with the same arguments, but for pointers and what they point to.
//
// A runtime is called by the thread that has opened it, and not from within a call, as by a
// callback; other calls give MB_REFUSED and do nothing, as do those of a process that was forked,
// which has no part in the runtimes of its parent. No signal handler is installed and nothing is
// printed unless the host asks for it. One thing cannot be a status: a rank whose process has
// ended, which no rank can do without. Those that wait for it say so on standard error, within
// seconds, and end the job with status 1, by MPI_Abort, unless the launcher has ended it before.
#pragma once

#include <mpi.h>
#include <stddef.h>
#include <stdint.h>

#include "moonbear_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MOONBEAR_VERSION        "0.1.0"
#define MOONBEAR_VERSION_NUMBER 100 // 10000 * major + 100 * minor + patch
#define MB_PUBLIC               __attribute__((visibility("default")))

typedef struct mb_runtime mb_runtime;

// --- Status and messages -------------------------------------------------------------------------

// What calls return: 0 when all went well; else one of these, the same on all ranks but for
// MB_REFUSED, or the status of an os.exit.
enum {
    MB_FAILURE = 1,       // a script or an argument is wrong: mb_error says what
    MB_REFUSED = 2,       // this rank may not call now, and has done nothing: NULL, closed, another
                          // thread or process, within a call, or no memory to begin with
    MB_SIGNALLED = 128,   // with the number of a signal added: mb_runtime_terminate was called
    MB_INTERRUPTED = 130, // mb_runtime_interrupt was called
};

// What the last call of this runtime has failed with, the same on all ranks: one line, or for an
// error of a script its message with the script's line, and a traceback in lines of their own. It
// names the rank when not all have failed. Empty when the call went well. The text is the
// runtime's, until its next call; mb_release leaves it. After MB_REFUSED, and with NULL after
// mb_runtime_open has failed: what was wrong on this thread. Not collective.
MB_PUBLIC const char *mb_error(const mb_runtime *runtime);

// From now on `tell` gets lines that a user should see: errors, on rank 0, as "moonbear: " and
// their message; ranks that are late, on a rank that waits. It must not call moonbear. NULL, as it
// is at first, ends it. With NULL for the runtime it is for those that this thread opens later.
// Returns 0 or MB_REFUSED. Not collective.
MB_PUBLIC int mb_runtime_message(mb_runtime *runtime, void (*tell)(void *data, const char *line),
                                 void *data);

// From now on `write` gets what scripts write: `stream` is 1 for standard output, 2 for standard
// error and warnings. On rank 0, and in mb.on_rank on that rank; the text has no NUL at its end. It
// must not call moonbear. NULL ends it: to the process's standard output and error, as it is at
// first. Returns 0 or MB_REFUSED. Not collective.
MB_PUBLIC int
mb_runtime_output(mb_runtime *runtime,
                  void (*write)(void *data, int stream, const char *text, size_t size), void *data);

// Runtimes that this thread opens from now on take their memory by `allocate`, which is realloc of
// blocks that the caller knows the size of, as a lua_Alloc:
// - `block` NULL: returns a block of `size` bytes at a multiple of `alignment`, a power of two, or
//   NULL where there is none;
// - `size` 0: takes back a block of `old` bytes, and returns NULL;
// - else returns a block of `size` bytes with what was in the `old` ones, or NULL and leaves them.
//   Less must be possible always. Only blocks are resized whose alignment is malloc's.
// So come all blocks of columns and operations, at multiples of 64 bytes, and those of the Lua
// state. Those of columns that nobody uses any more are kept for the next operation, up to a
// quarter of the budget (MOONBEAR_MEMORY), and given back when this or `allocate` refuses another,
// at the latest when the runtime is closed. Small records, what mb_frame_export_arrow gives away,
// and the memory of MPI, HDF5 and other libraries are malloc's. Where NULL comes back the call
// fails as it does when memory runs out, on all ranks: "out of memory". Each rank may have a
// function of its own. It is called by the runtime's thread only, and must not call moonbear. NULL,
// as it is at first, is the system's memory; with a function nothing that lies in memory moves to
// MOONBEAR_TMPDIR. Not collective.
MB_PUBLIC void mb_runtime_allocator(void *(*allocate)(void *data, void *block, size_t old,
                                                      size_t size, size_t alignment),
                                    void *data);

// --- Running -------------------------------------------------------------------------------------

// Opens a runtime with a Lua state on each rank of `comm`, which is duplicated and stays the
// caller's. MPI must be initialised. NULL, on all ranks, when it fails, and for MPI_COMM_NULL;
// mb_error(NULL) says why.
MB_PUBLIC mb_runtime *mb_runtime_open(MPI_Comm comm);

// Sets the global table `arg` as lua5.4 does: argv[script] becomes arg[0]. Returns 0, or a status
// as mb_runtime_string does when memory runs out.
MB_PUBLIC int mb_runtime_arguments(mb_runtime *runtime, int argc, char **argv, int script);

// Runs a chunk of Lua, called `name` in messages, on every rank; the module is its global
// `mb` unless there is another one. Returns when all ranks have ended it: 0, or the status of the
// lowest rank that failed, or 1 when ranks called different operations meanwhile. The next chunk
// begins anew. os.exit in the chunk ends the process, as in any host of Lua.
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

// From now on tells how far operations are that read or write files, or go by way of the disk, and
// take longer than a second: on rank 0 `show` is called some times a second with a line of text,
// and with NULL when the operation has ended. It must not call moonbear, but for
// mb_runtime_interrupt and mb_runtime_terminate. NULL for `show` ends it, as it is at first. Not
// collective.
MB_PUBLIC void mb_runtime_progress(mb_runtime *runtime, void (*show)(void *data, const char *line),
                                   void *data);

// Notes that the user wants the running chunk to end, or the next one where none runs, on all
// ranks: its status is 130. Safe in a signal handler. Does nothing with NULL, nor with a runtime
// that is closed, as the next two functions. Not collective.
MB_PUBLIC void mb_runtime_interrupt(mb_runtime *runtime);

// Says that this process catches a signal by calling mb_runtime_interrupt; 0 takes it back. When a
// rank is later than MOONBEAR_DEADLINE the others send it, which ends also Lua code that calls no
// operation. Without one, which is the default, such a rank is interrupted at its next operation.
// Not collective.
MB_PUBLIC void mb_runtime_signal(mb_runtime *runtime, int signal);

// The same where the process was told to end, by a signal of this number: a prompt and a session
// end too, and the status is 128 + number. Safe in a signal handler. Not collective.
MB_PUBLIC void mb_runtime_terminate(mb_runtime *runtime, int number);

// --- Own kernels. moonbear_kernel.h tells what they are.

// Adds n kernels, which scripts then call as methods of columns; mb.load_kernels does the same from
// a shared object. Names, signatures and their order must be the same on all ranks. Returns 0, or a
// status as mb_runtime_string does, and none is added: where a definition is wrong, where a name is
// that of another method, and where ranks differ. Kernels stay until the runtime is closed; the
// definitions are copied, but for their data, which the host keeps as long.
MB_PUBLIC int mb_register_kernels(mb_runtime *runtime, const mb_kernel_definition *list, int n);

// The same for one function that works row by row: "double(double, double)".
MB_PUBLIC int mb_register_kernel(mb_runtime *runtime, const char *name, const char *signature,
                                 mb_kernel_apply *function, void *data);

// Closes the Lua states and frees everything: arrays that are shared are given back. MPI stays
// initialised. Another runtime, or NULL, is left as it is.
MB_PUBLIC void mb_runtime_close(mb_runtime *runtime);

// Closes the runtime, unless it is NULL or closed, finalises MPI and exits with a status, which
// must be the same on all ranks. From within a call, another thread or another process it only
// exits. MPI_Finalize may hang, as it does over TCP at times: the process then ends all the same.
__attribute__((noreturn)) MB_PUBLIC void mb_runtime_exit(mb_runtime *runtime, int status);

// --- Variables of scripts ------------------------------------------------------------------------

// Columns, frames, functions and other values that a host keeps: references to Lua values of one
// runtime. 0 is none. They are the host's until mb_release, or the end of the runtime.
typedef int64_t mb_reference;

// Gives a global variable of the script a value, the same on all ranks. A name may have dots,
// "limits.low", where the tables before the last one exist. Returns 0 or a status: MB_FAILURE where
// ranks give different names or values, or a table is missing.
MB_PUBLIC int mb_set_integer(mb_runtime *runtime, const char *name, int64_t value);
MB_PUBLIC int mb_set_number(mb_runtime *runtime, const char *name, double value);
MB_PUBLIC int mb_set_boolean(mb_runtime *runtime, const char *name, int value);

// The same for `size` bytes, of which a copy is taken.
MB_PUBLIC int mb_set_string(mb_runtime *runtime, const char *name, const char *text, size_t size);

// The same for what a reference is of.
MB_PUBLIC int mb_set_reference(mb_runtime *runtime, const char *name, mb_reference reference);

// The value of a global variable, into *value, which is left as it is on failure: MB_FAILURE where
// there is none, or one of another kind. A float that is a whole number is an integer, too, and an
// integer a number.
MB_PUBLIC int mb_get_integer(mb_runtime *runtime, const char *name, int64_t *value);
MB_PUBLIC int mb_get_number(mb_runtime *runtime, const char *name, double *value);
MB_PUBLIC int mb_get_boolean(mb_runtime *runtime, const char *name, int *value);

// The same for a string; the text has a NUL at its end, and is the runtime's until its next call.
// `size` may be NULL.
MB_PUBLIC int mb_get_string(mb_runtime *runtime, const char *name, const char **text, size_t *size);

// The same for a value of any kind but nil: a new reference to it.
MB_PUBLIC int mb_get_reference(mb_runtime *runtime, const char *name, mb_reference *reference);

// Gives up a reference. 0, one that was given up, and a runtime that is closed are fine. Returns 0
// or MB_REFUSED. Not collective.
MB_PUBLIC int mb_release(mb_runtime *runtime, mb_reference reference);

// --- Calling functions ---------------------------------------------------------------------------

typedef enum mb_variant_kind {
    MB_IS_NIL,
    MB_IS_BOOLEAN, // .integer: 0 or 1
    MB_IS_INTEGER,
    MB_IS_NUMBER,
    MB_IS_STRING, // .text, of .size bytes
    MB_IS_COLUMN, // .reference, as the next ones
    MB_IS_FRAME,
    MB_IS_OTHER // a table, a function, ...
} mb_variant_kind;

// A value with its kind, 24 bytes.
typedef struct mb_variant {
    int32_t kind;
    int32_t unused;
    uint64_t size;
    union {
        int64_t integer;
        double number;
        const char *text;
        mb_reference reference;
    } as;
} mb_variant;

// Calls a global function of the script with `narguments` values, the same on all ranks. A name may
// have dots. The first `nresults` results go to `results`, nil where there are fewer. Strings among
// them are the runtime's until its next call; references are new, and the host's. On failure the
// results are nil. Returns 0 or a status: MB_FAILURE for an error of the function, where there is
// none, and where ranks give different arguments.
MB_PUBLIC int mb_call_function(mb_runtime *runtime, const char *name, const mb_variant *arguments,
                               int narguments, mb_variant *results, int nresults);

// --- Sharing arrays ------------------------------------------------------------------------------

// What an array of a host holds, and the type of the column: int but for MB_UINT64_ARRAY, uint.
typedef enum mb_array_type {
    MB_INT8_ARRAY,
    MB_INT16_ARRAY,
    MB_INT32_ARRAY,
    MB_INT64_ARRAY,
    MB_UINT8_ARRAY,
    MB_UINT16_ARRAY,
    MB_UINT32_ARRAY,
    MB_UINT64_ARRAY,
    MB_FLOAT_ARRAY,  // float
    MB_DOUBLE_ARRAY, // float
    MB_BOOL_ARRAY,   // bool: bytes that are 0 or 1, of missing rows any
    MB_STRING_ARRAY, // text: pointers to strings with a NUL, NULL for missing ones
    MB_TEXT_ARRAY    // text: rows + 1 offsets (int64_t) into `bytes`
} mb_array_type;

// This rank's rows of an array. What is 0 or NULL by `mb_array array = {0}` need not be set.
typedef struct mb_array {
    mb_array_type type; // the same on all ranks
    int64_t rows;
    const void *values;
    int64_t stride;          // bytes from one row to the next; 0: side by side, as offsets always
    const uint8_t *validity; // bit i % 8 of byte i / 8 is 0 where row i is missing; NULL: none is
    const char *bytes;       // of MB_TEXT_ARRAY
    // The least and largest value of all ranks, for integers, as int64_t or uint64_t; NULL: they
    // are looked for, which takes a pass for those of 4 and 8 bytes. Tight ones are best. Values
    // beyond a range that is told have undefined effects, those of missing rows too.
    const int64_t *range;
    // Called when nothing uses the array any more, at the latest when the runtime is closed. It
    // must not call moonbear. NULL: the array stays until the runtime is closed.
    void (*release)(void *data);
    void *data;
} mb_array;

// Makes a column of the arrays of all ranks, in the order of ranks, as a global variable `name` (or
// NULL), and gives a reference to it (`column` may be NULL).
//
// Integers, floats and bools are shared: the column reads the array where it lies, for as long as
// the column is used, and nothing ever writes to it. The host may change values between calls of
// the runtime, and calls mb_column_touch then before any other call. Validity is copied. A copy of
// the values is made where there is a stride, of signed integers of less than 8 bytes where some
// are below 0 and some are not, and of bools where a missing row has a byte that is not 0 or 1;
// mb_column_touch brings it up to date. Strings are copied, and their array is released before the
// call returns. Reading is fastest where the array begins at a multiple of 64 bytes.
//
// Returns 0 or a status: MB_FAILURE for arrays that are NULL, not aligned as their type is, hold
// bools that are not 0 or 1 nor missing, and where ranks give different types, names or ranges.
// Then nothing is shared on any rank and `release` is not called. Cost: a few messages, and what
// `range` says.
MB_PUBLIC int mb_column_import(mb_runtime *runtime, const char *name, const mb_array *array,
                               mb_reference *column);

// The host has changed values of the array of a column that mb_column_import has made, and its
// validity, on some ranks or all. Columns that operators have made of it, directly or through
// others, follow: they are computed anew when they are used. What else a script has made of it is
// as it was: sums, sorted, gathered and sliced columns, which rows a filter keeps. `range` is as in
// mb_array. Takes no memory, but for what is computed. Returns 0 or a status: MB_FAILURE for
// another column, for text, and for bools that are not 0 or 1, whose column must not be used until
// a touch succeeds.
MB_PUBLIC int mb_column_touch(mb_runtime *runtime, mb_reference column, const int64_t *range);

// --- Reading columns -----------------------------------------------------------------------------

// This rank's rows of a column.
typedef struct mb_view {
    const char *type; // as c:type() has it: "bool", "int", "uint", "float", "time", "text", ...
    int64_t rows;
    int64_t first;           // the number of the first one in the column, from 0
    int64_t total;           // rows of all ranks
    const void *values;      // see `width`; of text NULL: see mb_column_text
    int width;               // bytes of a value: 1 of bools, 4 or 8 of floats, of others 1, 2, 4, 8
    int is_signed;           // whether integers are int64_t: see `base`
    uint64_t base;           // integer i is base + values[i], unsigned entries modulo 2^64
    const uint8_t *validity; // bit i % 8 of byte i / 8 is 0 where row i is missing; NULL: none is
    int64_t missing;         // rows of all ranks that are
} mb_view;

// Looks at a column, which is computed if it has no values yet. Nothing is copied: what the view
// points to is the column's, and must not be written to; it stays until the reference is released,
// mb_column_touch, or the end of the runtime. Returns 0 or a status.
MB_PUBLIC int mb_column_view(mb_runtime *runtime, mb_reference column, mb_view *view);

// Copies this rank's rows to `values`, which has room for `rows` of them, as many as the view
// tells: int64_t, uint64_t, double, or bytes for bools. `valid` gets a byte a row, 0 for missing
// ones, whose value is 0; it may be NULL. Returns 0 or a status: MB_FAILURE for text and for
// another number of rows on some rank.
MB_PUBLIC int mb_column_read(mb_runtime *runtime, mb_reference column, void *values, uint8_t *valid,
                             int64_t rows);

// Gives this rank's rows of a text column: row i has the bytes offsets[i] .. offsets[i + 1] - 1 of
// `bytes`; missing ones, as the view tells, have none. Both are the runtime's until its next call.
// Returns 0 or a status.
MB_PUBLIC int mb_column_text(mb_runtime *runtime, mb_reference column, const int64_t **offsets,
                             const char **bytes);

// A column of a frame, from 0 in its order: its name, which is the runtime's until its next call,
// and a new reference. The number of columns goes to *ncolumns. Each of the last three may be NULL.
// Returns 0 or a status: MB_FAILURE for what is no frame, and when there is no such column unless
// `name` and `column` are NULL.
MB_PUBLIC int mb_frame_view(mb_runtime *runtime, mb_reference frame, int i, int *ncolumns,
                            const char **name, mb_reference *column);

// --- Apache Arrow --------------------------------------------------------------------------------

// The structures of the Arrow C data interface, which any library may define so:
// https://arrow.apache.org/docs/format/CDataInterface.html
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE           2
#define ARROW_FLAG_MAP_KEYS_SORTED    4

struct ArrowSchema {
    const char *format;   // of the values, as "l" for int64
    const char *name;     // of the field; may be NULL
    const char *metadata; // in a binary form; may be NULL
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;              // NULL: values are no indices
    void (*release)(struct ArrowSchema *schema); // NULL: it was released, or moved
    void *private_data;
};

struct ArrowArray {
    int64_t length, null_count, offset; // null_count is -1 where nobody has counted
    int64_t n_buffers, n_children;
    const void **buffers; // the validity first
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *array); // NULL: it was released, or moved
    void *private_data;
};

#endif // ARROW_C_DATA_INTERFACE

// Makes a frame of a record batch, an array of structs of which each rank has its rows, as a global
// variable `name` (or NULL), and gives a reference to it (`frame` may be NULL). Names and formats
// of the columns must be the same on all ranks.
//
// Integers, floats (not half ones), timestamps and durations are read where they lie, as
// mb_column_import does it, and may be touched; validity and bools are copied. Strings and binary
// (also large, of fixed size, views) are copied, and so are dictionaries of strings: they become
// text. A timestamp is a time, whose zone is not kept.
//
// When it succeeds both structures have moved: their `release` is NULL, and Arrow's own is called
// when nothing uses the batch any more, at the latest when the runtime is closed, by the thread
// that uses the runtime. It must not call moonbear. Returns 0 or a status: MB_FAILURE, which leaves
// both to the host, for columns that are nested or of another format, which the message names with
// the column, batches of which whole rows are missing, and names that are missing or come twice.
MB_PUBLIC int mb_frame_import_arrow(mb_runtime *runtime, const char *name,
                                    struct ArrowSchema *schema, struct ArrowArray *array,
                                    mb_reference *frame);

// Makes a record batch of this rank's rows of a frame, as all ranks have them in the layout of the
// first column. int columns are int64 ("l"), uint ones uint64 ("L"), float ones double or float
// ("g", "f"), bools bits ("b"), times and durations count in their unit ("tsu:", "tDu"), without a
// zone; text is "U", or binary "Z" where it is not all UTF-8; what else there is, is its text.
//
// All is copied, and belongs to whoever calls `release` of the two structures, which may be any
// thread, and after the runtime was closed. Returns 0 or a status; then nothing was written to
// `schema` and `array`.
MB_PUBLIC int mb_frame_export_arrow(mb_runtime *runtime, mb_reference frame,
                                    struct ArrowSchema *schema, struct ArrowArray *array);

#ifdef __cplusplus
}
#endif
