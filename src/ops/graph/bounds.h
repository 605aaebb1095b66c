// A rank's part of a graph whose nodes have bounds, which are lowered until each node has enough
// neighbours with bounds no lower than its own.
#pragma once

#include <stdbool.h>

#include "core/context.h"

enum { MB_BOUNDS_BUFFERS = 8 };

// A node, counted from 0, and its new bound.
typedef struct mb_bound_change {
    uint32_t node, bound;
} mb_bound_change;

typedef struct mb_bounds {
    mb_context *cx;
    int64_t n;
    uint32_t *bounds;         // n: of all nodes, as this rank knows them; the caller's
    int64_t low, high;        // the nodes of this rank
    int64_t rows;             // their edges
    const uint32_t *to;       // rows: where they lead, in the order of nodes; the caller's
    uint32_t *order, *places; // n, while nodes are peeled: nodes, where each is; the caller's
    uint32_t *first;          // high - low + 1: where those of each node begin
    uint32_t *others_first, *others; // n + 1: the nodes of this rank that edges of others lead to
    uint32_t *support;               // high - low: neighbours with bounds no lower
    uint32_t *queue;                 // high - low: a ring of nodes with too few such neighbours
    uint32_t *tally;          // most + 2: neighbours by their bounds; where each bound begins
    uint8_t *states;          // high - low: whether a node is in the queue, and in `changes`
    mb_bound_change *changes; // high - low: that the other ranks have not heard of
    uint32_t most;            // edges of a node of this rank
    bool has_peeled;
    int64_t n_peeled, head, n_queued, n_changes;
    mb_buffer *memory[MB_BOUNDS_BUFFERS];
} mb_bounds;

// Bytes that a part of a graph of n nodes takes: 4 for each node, 25 for each of its own, and 4 for
// each of its edges.
int64_t mb_bounds_memory(int64_t n, int64_t own, int64_t rows);

// Opens a part whose n, low, high, rows and the caller's arrays are set; degrees[i] is the number
// of edges of node i, and bounds of other ranks' nodes are known. Not collective.
mb_status mb_bounds_open(mb_bounds *part, const int64_t *degrees) MB_MUST_CHECK;

// Frees the part, which may be all zeros but for what the caller set. Not collective.
void mb_bounds_close(mb_bounds *part);

// Begins to peel, which mb_bounds_open does also. Not collective.
void mb_bounds_begin(mb_bounds *part);

// Takes nodes away in the order of their bounds, as Batagelj and Zaversnik (2003) do, those of
// other ranks when their bounds say so: then no bound of this rank can be lowered by itself.
// Returns false when it is time for a look at interrupts, and goes on when it is called again. Not
// collective.
bool mb_bounds_peel(mb_bounds *part);

// Lowers bounds while there are nodes in the queue, or as long as it may take between two looks at
// interrupts. Not collective.
void mb_bounds_lower(mb_bounds *part);

// Takes the changes of other ranks, and passes over those of its own. Its own count as told then.
// Not collective.
void mb_bounds_take(mb_bounds *part, const mb_bound_change *changes, int64_t n);
