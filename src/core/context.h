// The context: what one runtime owns on one rank. Everything that would otherwise be a global
// hangs off it, so that several runtimes can live in one process.
#pragma once

#include "core/isa.h"
#include "core/memory.h"
#include "core/settings.h"
#include "core/status.h"

struct mb_comm;
struct mb_duck;

// How far the running operation is: core/progress.h.
typedef struct mb_progress_meter {
    void (*show)(void *to, const char *line); // on rank 0, where somebody looks; NULL takes it away
    void *to;
    bool off, visible;
    bool eager;  // from the first moment on
    bool spills; // an operation on the disk is told of
    int depth, ranks;
    char what[32];
    int64_t rows, steps, done, bytes; // rows of all ranks; the others of this one
    double began, told;
} mb_progress_meter;

typedef struct mb_context {
    char message[MB_MESSAGE_SIZE]; // of the last failure
    mb_settings settings;          // read once, before communication is opened
    mb_memory memory;              // buffers: their pool and their budget
    // Memory has run out in this operation, which is repeated: what it computes it does not keep,
    // unless it must. The same on all ranks.
    int frugal;
    mb_isa isa;               // which kernels run, the same on all ranks
    uint64_t hash_multiplier; // of tables of keys, drawn for each run, the same on all ranks
    mb_progress_meter progress;
    // Gets each line that a user should see: of errors, of ranks that are late; NULL: nobody does.
    void (*tell)(void *to, const char *line);
    void *tell_to;
    struct mb_column *live; // columns whose values were computed from a host's: mb_columns_renew
    struct mb_comm *comm;   // comm/: ranks and lockstep
    struct mb_duck *duck;   // io/duck/: DuckDB, once it was asked for
} mb_context;

// Sets the message and returns `status`, so that a failure is one line at the place where it is
// found: return mb_fail(cx, MB_EIO, "%s: %s", path, strerror(errno)). Not collective.
mb_status mb_fail(mb_context *cx, mb_status status, const char *format, ...) MB_PRINTF(3, 4);

// Tells a line to whoever looks. Not collective.
void mb_tell(const mb_context *cx, const char *line);

// Puts "prefix: " before the message of a failure, keeping its status.
mb_status mb_fail_within(mb_context *cx, mb_status status, const char *format, ...) MB_PRINTF(3, 4);

// Leaves the caller by its `done:` label when a call fails; the caller has `mb_status status`.
#define MB_TRY(call)                                                                               \
    do {                                                                                           \
        status = (call);                                                                           \
        if (status) goto done;                                                                     \
    } while (0)
