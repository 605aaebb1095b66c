// The ranks of a runtime: who they are, and how they wait for each other.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/context.h"

// Initialises MPI where nobody has; says whether it did. Ranks that then end without mb_job_finish
// end the job with an error, since the launcher would take it for a success.
bool mb_job_start(void);

// Whether MPI knows of all processes that a launcher has started; if not, each would take itself
// for the only rank. `reason` says so, and is empty but in one of them. Not collective.
bool mb_job_is_whole(char reason[MB_MESSAGE_SIZE]);

// All ranks have agreed to end with `status`: from here on the process ends with it within seconds,
// also when what is left, mb_comm_close and mb_job_finish, does not return, as MPI_Finalize over
// TCP at times. Standard output must have been written. Not collective.
void mb_job_ending(int status);

// Finalises MPI, after mb_job_ending. The process exits with that status where it would otherwise
// exit with 0. Collective.
void mb_job_finish(void);

// The communicator of all ranks of the job, for mb_comm_open.
const void *mb_comm_world(void);

// Opens communication for a context on the MPI communicator that `mpi_comm` points to (an MPI_Comm;
// untyped here, so that only this layer sees mpi.h). Duplicates it; the caller keeps its own. Fails
// on all ranks when memory runs out on one of them. The settings must have been read. Collective
// over the communicator.
mb_status mb_comm_open(mb_context *cx, const void *mpi_comm) MB_MUST_CHECK;

// Takes the place of mb_comm_open on a rank that has no memory for a context: the others fail.
// Returns the lowest rank that has run out of memory. Collective over the communicator.
int mb_comm_refuse(const void *mpi_comm);

// Frees what open made. Collective.
void mb_comm_close(mb_context *cx);

int mb_rank(const mb_context *cx);
int mb_nranks(const mb_context *cx);

// How many ranks of this runtime share this rank's machine.
int mb_ranks_on_node(const mb_context *cx);

// Notes that the user wants the running operation to end; the next agreement tells all ranks.
// Safe in a signal handler. Not collective.
void mb_comm_interrupt(mb_context *cx);

// Whether that was noted, for what takes long between two agreements and can be left. Not
// collective.
bool mb_comm_interrupted(const mb_context *cx);

// Fails with MB_EINTERRUPT where it was. Not collective.
mb_status mb_comm_heed_interrupt(mb_context *cx) MB_MUST_CHECK;

// Calls `break_off`, in the signal handler, when it is noted from now on; NULL ends that. For what
// is run by libraries. Not collective.
void mb_comm_on_interrupt(mb_context *cx, void (*break_off)(void *state), void *state);

// Says that this process catches a signal by calling mb_comm_interrupt (0: none): other ranks send
// it when their wait for this one passes MOONBEAR_DEADLINE. Not collective.
void mb_comm_signal(mb_context *cx, int signal);

// Ends the job at once, on all ranks, with a message on standard error: for what cannot be agreed
// on any more. Does not return.
_Noreturn void mb_comm_abort(mb_context *cx, const char *format, ...) MB_PRINTF(2, 3);

// What this rank has sent to others so far. What stays on a rank is not counted, and agreements,
// each a word of some 100 bytes among the machines, are counted apart. A collective counts as its
// usual algorithm for much data has it: gathered parts go round a ring, sums are made of slices
// which then go round, and what is broadcast is passed on once. `largest`: bytes of the largest
// message of a shuffle.
typedef struct mb_traffic {
    int64_t bytes, messages, agreements, largest;
} mb_traffic;

mb_traffic mb_comm_traffic(const mb_context *cx);
