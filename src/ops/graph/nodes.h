// Edges that are read as numbers of nodes, and columns that have a row for each node.
#pragma once

#include "column/column.h"

#define MB_MOST_NODES ((int64_t)UINT32_MAX - 1)

// Takes edges first .. first + n - 1 of this rank, of nodes from 1 on.
typedef void mb_take_edges(void *state, const uint64_t *from, const uint64_t *to, int64_t first,
                           int64_t n);

typedef struct mb_edges {
    const char *operation; // for messages
    mb_column *from, *to;  // int columns of one length
    int64_t nodes;
} mb_edges;

// Streams this rank's edges, as `from` is laid out, through `take`. MB_EINVALID for nodes that are
// missing or not from 1 to `nodes`, and where `from` does not ascend among the rows of this rank.
// The status is this rank's own: agree on it next. Inside a body, collective.
mb_status mb_edges_read(mb_context *cx, const mb_edges *edges, mb_take_edges *take,
                        void *state) MB_MUST_CHECK;

// MB_EINVALID for more nodes, or rows of a rank, than 32 bits can number. Not collective.
mb_status mb_edges_check(mb_context *cx, const mb_edges *edges, int64_t rows) MB_MUST_CHECK;

// Writes values of nodes first .. first + n - 1, counted from 0.
typedef void mb_give_nodes(void *state, int64_t first, int64_t n, int64_t *values);

// The int column of what all ranks have for each of n nodes, laid out evenly. Inside a body,
// collective.
mb_status mb_nodes_column(mb_context *cx, int64_t n, mb_give_nodes *give, void *state,
                          mb_column **column) MB_MUST_CHECK;
