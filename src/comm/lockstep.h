// Lockstep: every rank's k-th agreement meets every other's k-th.
//
// An operation is `mb_operate`: it enters with a signature, which must be equal on all ranks, runs
// its body, and ends on an agreed status. Inside the body `mb_step` comes before each exchange. If
// the ranks diverge, those that entered fail with one message that names the ranks, what each
// called and from which script line; an error on one rank inside an operation is an error on all.
//
// The number and order of agreements may depend only on replicated state: layouts, lengths, widths,
// materialised flags. Between a step and the end of the exchange that it allows nothing may fail:
// memory is taken before it, and errors found during it wait for the next step.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/context.h"
#include "core/kind.h"

enum { MB_WHERE_SIZE = 128, MB_SIGNATURE_SIZE = 384 };

// What an operation is, for the other ranks: compared by hash, told by text.
typedef struct mb_signature {
    uint64_t hash;
    char where[MB_WHERE_SIZE];    // "sum at script.lua:9"
    char text[MB_SIGNATURE_SIZE]; // its arguments
    size_t length;                // of the text
} mb_signature;

// Begins a signature: the operation's name and the script line ("script.lua:9") that calls it.
void mb_signature_begin(mb_signature *signature, const char *operation, const char *site);

// Adds an argument: a word that must be equal on all ranks, and how to tell it.
void mb_signature_add(mb_signature *signature, uint64_t word, const char *format, ...)
    MB_PRINTF(3, 4);

// Words that travel with a step, so that a scalar reduction needs no other message.
typedef struct mb_payload {
    mb_int128 sum;   // added
    uint64_t count;  // added
    uint64_t max[4]; // the largest of each, unsigned: a minimum is the maximum of the complement
} mb_payload;

typedef mb_status (*mb_body)(mb_context *cx, void *argument);

// Runs an operation in lockstep. Every rank gets the same status and the same message. Fails
// without communicating inside another operation, after the end, and once interrupted. Collective.
mb_status mb_operate(mb_context *cx, const mb_signature *signature, mb_body body,
                     void *argument) MB_MUST_CHECK;

// Agrees inside a body: fails on all ranks if `status` is a failure on any, with the lowest failing
// rank's status and message. The payload may be NULL, and is combined in place. Once a step of an
// operation has failed the others fail at once, without communicating, so a rank may return on a
// failure of its own from anywhere. Collective.
mb_status mb_step(mb_context *cx, mb_status status, mb_payload *payload) MB_MUST_CHECK;

// A step before which rank `root` waits for the outside world: the others do not complain about the
// time it takes, and end the job only when the process of a rank of their node has ended.
mb_status mb_step_patient(mb_context *cx, int root, mb_status status,
                          mb_payload *payload) MB_MUST_CHECK;

// The last step of a body whose return follows at once: spares `mb_operate` its own.
mb_status mb_conclude(mb_context *cx, mb_status status, mb_payload *payload) MB_MUST_CHECK;

// Makes this rank's n-th step from now fail (tests only); 0 calls it off. Returns how many were
// left.
int64_t mb_step_inject(mb_context *cx, int64_t n);

// A change of replicated state that the running operation has made on this rank before its last
// agreement, embedded in what was changed. When the operation ends, `settle` hears whether it has
// failed, and then takes the change back: so the state stays alike on all ranks though one of them
// failed before it came to the change.
typedef struct mb_tentative {
    struct mb_tentative *next;
    void (*settle)(struct mb_tentative *change, bool failed);
} mb_tentative;

// Notes a change until the running operation ends. Not collective.
void mb_tentative_add(mb_context *cx, mb_tentative *change);

// Forgets a change that was noted. Not collective.
void mb_tentative_remove(mb_context *cx, mb_tentative *change);

// The number of the running operation, the same on all ranks: with an index it names a result.
uint64_t mb_operation_id(const mb_context *cx);

// Whether an operation is running on this rank.
bool mb_in_operation(const mb_context *cx);

// How a rank's description begins that failed: the others are told its error as the reason.
#define MB_ENDED_WITH_ERROR "ended with an error"

// How a rank ended its script or chunk.
typedef struct mb_ending {
    int code; // its exit status; after mb_leave that of the run: the lowest failing rank's
    const char
        *how;    // "ends the script", "ended with an error: ...", with the script line; for others
    int rank;    // after mb_leave: the lowest failing rank, -1 if none
    int failing; // and how many fail
} mb_ending;

// Waits until all ranks have nothing more to do; those that call an operation meanwhile fail.
// Afterwards all are in step again. After the end (mb_lockstep_close) it returns at once.
// Collective.
void mb_leave(mb_context *cx, mb_ending *ending);

// After this, operations fail without communicating. Not collective.
void mb_lockstep_close(mb_context *cx);

// Whether mb_lockstep_close was called.
bool mb_lockstep_closed(const mb_context *cx);

// Whether ranks have diverged since the last reset, and how they first did; whether the user has
// interrupted.
bool mb_diverged(const mb_context *cx);
const char *mb_first_divergence(const mb_context *cx);
bool mb_interrupted(const mb_context *cx);

// Forgets both, where all ranks are known to be in step: at a prompt. Call it on all ranks alike.
void mb_lockstep_reset(mb_context *cx);
