// Routing: positions grouped by the ranks that have their rows, and for each rank by parts of its
// rows that stay in the caches, in stable order.
//
// A part, or bucket, is what rows of one rank share when they are divided by a power of two: number
// (row >> shift) + rank. So buckets follow the rows, and those of a rank stand together.
#pragma once

#include "column/column.h"
#include "ops/move/positions.h"

typedef struct mb_routing {
    const mb_layout *layout; // of the rows
    const mb_positions *positions;
    int64_t missing; // the row that stands for missing positions
    int shift;
    int64_t nbuckets;
    bool wide; // row numbers, counted from a rank's first, take 8 bytes, not 4
    mb_buffer *memory;
    int64_t *starts;  // of each bucket's rows in what mb_routing_scatter writes; one more: the end
    int64_t *cursors; // where its next one goes
    void *stages;     // scratch of the scatter, or NULL
} mb_routing;

// `row_bytes`: what is looked at of a row; `most`: positions that are routed at once. Not
// collective. Memory: 144 bytes a bucket, of at most 1,024 and one for each rank.
mb_status mb_routing_open(mb_context *cx, const mb_layout *layout, const mb_positions *positions,
                          int64_t row_bytes, int64_t most, mb_routing *routing) MB_MUST_CHECK;

void mb_routing_close(mb_routing *routing);

// Counts the rows of n positions from a local one on: sets the starts. Not collective.
void mb_routing_count(mb_routing *routing, int64_t first, int64_t n);

// Writes the same rows, counted from the first of their ranks, into `out`. Not collective.
void mb_routing_scatter(mb_routing *routing, int64_t first, int64_t n, void *out);

// Of these positions, asked for in order, count <= MB_POSITION_ROWS at once: the place of each in
// `out`. Begins with mb_routing_rewind. Not collective.
void mb_routing_rewind(mb_routing *routing);
void mb_routing_places(mb_routing *routing, int64_t first, int64_t count, int64_t *places);

// Where the rows of a rank start in `out`; for the number of ranks: how many they are in all.
int64_t mb_routing_start(const mb_routing *routing, int rank);
