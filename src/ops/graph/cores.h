// Cores of graphs.
#pragma once

#include "column/column.h"

// The core number of each of n nodes: an int column. Edges are two int columns of one layout: each
// once in both directions, in the order of `from`, of nodes 1 .. n; MB_EINVALID for other nodes,
// missing ones and another order. The number of a node is at most its degree, and at most the
// largest k for which k neighbours have bounds of k or more: bounds are lowered until all of them
// are so (Lü, Zhou, Zhang and Stanley 2016; among processes: Montresor, De Pellegrini and Miorandi
// 2013). Each rank has the edges of its nodes, lowers their bounds as far as it can by itself, and
// then tells the others which have changed. Where that takes many rounds, as along a path whose
// nodes are now of one rank and now of another, the graph goes to rank 0 if it fits there. Memory:
// on each rank 24 bytes a node, 8 for each edge of its own, and 25 for each node of its own.
// Inside a body, collective.
mb_status mb_cores(mb_context *cx, mb_column *from, mb_column *to, int64_t n,
                   mb_column **cores) MB_MUST_CHECK;
