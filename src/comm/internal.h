// What the files of this folder share: the communicator's state, the node's board, the wait loop.
#pragma once

#include <mpi.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "comm/comm.h"
#include "comm/lockstep.h"

// What one rank says in an agreement, and what all see of it afterwards. Combined word by word:
// `flags` by or, `failing` and the next ones by maximum, the payload as its type says.
typedef struct mb_record {
    uint64_t flags;
    uint64_t hash, hash_complement; // their maxima are complements only when all hashes are equal
    uint64_t failing; // number of ranks minus the failing rank, so the lowest wins; 0: none
    mb_payload payload;
} mb_record;

enum { FLAG_ENTER = 1, FLAG_STEP = 2, FLAG_LEAVE = 4, FLAG_INTERRUPT = 8 };

enum { MB_DESCRIPTION_SIZE = MB_WHERE_SIZE + MB_SIGNATURE_SIZE };

enum { MB_HOST_SIZE = 64 };

struct mb_board;

typedef struct mb_comm {
    MPI_Comm data; // all ranks
    int rank, nranks;

    // Of this machine; and of the first ranks of all, on those, when there are several.
    MPI_Comm node, leaders;
    int node_rank, node_size, nodes;
    int *node_ranks; // the rank in `data` of each rank of the node
    int *node_of;    // the number of the node of each rank
    char *hosts;     // MB_HOST_SIZE a rank: the name of its machine
    uint64_t *heard; // on rank 0, of each node: the last word of a wait that it has sent
    uint64_t word;   // what this rank last sent
    MPI_Win window;
    struct mb_board *board;
    int neighbour;      // a descriptor of the process of the node's next rank; -1: not seen
    char *descriptions; // MB_DESCRIPTION_SIZE a rank: what each did when the ranks diverged
    int64_t *scratch;   // four words a rank: counts and displacements that all ranks can compute
    MPI_Datatype record_type;
    MPI_Op record_op;

    uint64_t k; // agreements so far, and what was shared over the board
    mb_traffic traffic;
    double wait_seconds;     // before a waiter says for whom it waits
    double deadline_seconds; // before it interrupts them; 0: never
    bool patient;            // the current wait is for rank 0 and the outside world
    bool moving;             // messages may be on their way that need this rank's progress
    double idle_test;        // seconds of the shortest test of a request so far
    int crowd;               // sleeps to come until yields are as long as if nobody else ran
    char where[MB_WHERE_SIZE];

    // lockstep.c
    mb_status failure;     // of the running operation, agreed
    mb_tentative *changes; // that it has made
    bool in_operation, concluded, interrupted, closed;
    uint64_t operation_k, operation_hash, steps;
    int64_t fail_step;   // tests: the step, counted from now, that fails; 0: none
    int64_t divergences; // since the last reset
    char first_divergence[MB_MESSAGE_SIZE];
    atomic_int interrupt; // noted by a signal handler, carried by the next agreement
    void (*_Atomic break_off)(void *state); // what the handler calls besides
    void *break_state;
} mb_comm;

// Opens and closes the board of this node: shared memory in which its ranks meet.
mb_status mb_board_open(mb_context *cx);
void mb_board_close(mb_context *cx);

// One agreement: combines the records of all ranks into `record`, on every rank. Collective.
void mb_agree(mb_context *cx, mb_record *record);

enum { MB_BOARD_BYTES = 2048 }; // that a rank can put on the board at once

// Whether `size` bytes a rank can be shared over the board: on a single node, ten times quicker
// than through MPI.
bool mb_board_shares(const mb_comm *comm, size_t size);

// Shares `size` bytes of each rank with all, in rank order, or those of rank `only` (-1: of each).
// Collective.
void mb_board_share(mb_context *cx, const void *mine, size_t size, int only, void *all);

// Adds `from` to `into`.
void mb_record_combine(mb_record *into, const mb_record *from);

// How long the current wait has lasted, what it has cost, and what was said of it.
typedef struct mb_wait {
    bool asked;   // other machines were told of the wait, and what they say is to be told
    double since; // it began, or something last moved
    double began; // it began to look at the clock
    double next_notice, deadline;
    double next_look; // at the neighbour's process
    bool bereaved;    // it had ended at the last look
    double work;      // processor seconds at the first sleep
    int64_t turns, sleeps;
} mb_wait;

// Says on standard error for whom we wait. Called when a wait has lasted MOONBEAR_WAIT, and again
// when `next_notice` has come, which it may bring forward.
typedef void mb_notice(mb_context *cx, mb_wait *wait);

// Yields the processor, unless the wait has lasted long enough that it should sleep. Where others
// want the processor that is soon: a rank that yields to them is in their way.
bool mb_wait_yield(mb_comm *comm, const mb_wait *wait);

// One turn of a wait for something inside MPI: gives the processor away, for longer as time passes.
// Calls `notice` when it is time to say for whom we wait.
void mb_wait_turn(mb_context *cx, mb_wait *wait, mb_notice *notice);

// Seconds that a wait may sleep now: a small part of its length, and until the work of waking has
// been paid for, so that a rank that waits leaves its processor to others.
double mb_wait_pause(const mb_comm *comm, mb_wait *wait);

// Looks at the clock: runs `notice` and the deadline when they are due, unless the wait is a
// patient one; looks at the neighbour's process in any wait.
void mb_wait_check(mb_context *cx, mb_wait *wait, mb_notice *notice);

// Completes a request without blocking inside MPI, which would spin without yielding.
void mb_wait_request(mb_context *cx, MPI_Request *request, mb_notice *notice);

// Lets MPI work for the messages of others. Whoever waits outside MPI calls it now and then.
void mb_progress(mb_context *cx);

// Learns how long a test takes in which nothing moves.
void mb_wait_calibrate(mb_context *cx);

// Ends the job when an MPI call failed: past an agreement there is no other way out.
void mb_mpi_check(mb_context *cx, int code, const char *call);
#define MB_MPI(cx, call) mb_mpi_check(cx, call, #call)

// Completes a request that moves data: all ranks are in it, or were.
void mb_wait_transfer(mb_context *cx, MPI_Request *request);

// Completes one of several such requests: which; -1 when all are.
int mb_wait_transfers(mb_context *cx, MPI_Request *requests, int n);

// Notes that this rank begins a transfer, or has ended it.
void mb_note_transfer(mb_comm *comm);

// Notes that this rank runs.
void mb_note_seen(mb_comm *comm, double now);

// The notices of the three waits: for ranks of this node at the board, for other nodes' leaders in
// an agreement, for data. One rank of a node speaks.
mb_notice mb_board_notice, mb_leaders_notice, mb_transfer_notice;

// Receives the word of other machines that wait, and answers it. Rank 0 alone.
void mb_notice_answer(mb_context *cx);

// Receives what nobody has, of which MPI would complain at the end.
void mb_notice_drain(mb_context *cx);

// Interrupts this rank, and the ranks of this node that we wait for by the signal that they have
// for it, if any. The others hear of it at their next agreement.
void mb_process_interrupt(mb_context *cx);

// The rank of the node whose process this one watches.
int mb_process_neighbour(const mb_comm *comm);

// Looks every two seconds of a wait whether that process has ended; true when it is the second
// time, so that the launcher has not ended the job.
bool mb_process_look(const mb_comm *comm, mb_wait *wait, double now);

// Ends the job, since that process has ended.
_Noreturn void mb_notice_end(mb_context *cx);
