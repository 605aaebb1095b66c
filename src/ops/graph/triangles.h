// Triangles of graphs.
#pragma once

#include "column/column.h"

// Of how many triangles each of n nodes is a corner: an int column. Edges are two int columns of
// one layout: each once, directed without circles, in the order of `from`, of nodes 1 .. n;
// MB_EINVALID for other nodes, missing ones and another order. Forward algorithm (Schank and Wagner
// 2005; Latapy 2008): for each node its followers are marked, and looked for among the followers of
// each. These stay with the ranks that have them, while the lists of all nodes pass by in pieces.
// Memory: on each rank 21 bytes a node, 8 an edge of its own, and 1 MB. Inside a body, collective.
mb_status mb_triangles(mb_context *cx, mb_column *from, mb_column *to, int64_t n,
                       mb_column **corners) MB_MUST_CHECK;
