// The board of a node: what its ranks have in shared memory.
#pragma once

#include <sys/types.h>

#include "comm/internal.h"

enum { CACHE_LINE = 64 };

// A word that ranks wait on, and how many of them sleep.
typedef struct gate {
    _Alignas(CACHE_LINE) atomic_uint k; // the low bits of the last agreement that passed
    atomic_uint sleepers;
} gate;

typedef struct slot {
    _Alignas(CACHE_LINE) mb_record record[2];
    _Alignas(CACHE_LINE) _Atomic uint64_t k; // agreements and shares at which the rank has arrived
    _Atomic uint64_t transfers;              // begun and ended: odd inside one
    _Atomic double seen;                     // on mb_now's clock, at a wait for data
    pid_t pid;
    ino_t pid_space;   // the namespace in which that is its number; 0: unknown
    atomic_int signal; // that interrupts the rank; 0: none
    char where[MB_WHERE_SIZE];
    _Alignas(CACHE_LINE) char shared[2][MB_BOARD_BYTES]; // used in turn, as the records are
} slot;

typedef struct mb_board {
    _Alignas(CACHE_LINE) _Atomic uint64_t arrivals;
    gate arrived;        // all ranks of the node have
    gate agreed;         // all nodes have; unused on a single node
    mb_record result[2]; // of all nodes
    slot slots[];
} mb_board;

// Whether a rank of the node has not arrived at the agreement at which this rank waits.
static inline bool mb_board_late(const mb_comm *comm, int i)
{
    return atomic_load(&comm->board->slots[i].k) < comm->k;
}

// Tells the ranks of the node, on the board, which process this one is.
void mb_process_introduce(mb_comm *comm);

// Watches the process of the node's next rank, when all have introduced themselves.
void mb_process_watch(mb_comm *comm);
void mb_process_unwatch(mb_comm *comm);

// Whether the process of a rank of the node has ended; false where that cannot be seen.
bool mb_process_has_ended(const mb_comm *comm, int i);
