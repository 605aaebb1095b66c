// Routing: positions grouped by the ranks that own their rows, and for each rank by buckets, parts
// of its rows that stay in the caches, in stable order.
//
// The bucket of a row is (row >> shift) + rank: so buckets ascend with the rows, and those of a
// rank are contiguous.
#pragma once

#include "column/column.h"
#include "ops/move/positions.h"

typedef struct mb_routing {
    const mb_layout *layout; // of the rows
    const mb_positions *positions;
    int64_t missing; // the row of missing positions
    int shift;
    int64_t nbuckets;
    bool wide; // row numbers, counted from a rank's first, take 8 bytes, not 4
    mb_buffer *memory;
    int64_t *starts;  // of each bucket in the output of mb_routing_scatter; one more: the end
    int64_t *cursors; // of each bucket: the index of its next row
    void *stages;     // scratch of the scatter, or NULL
} mb_routing;

// Opens a routing of positions, at most `most` at once, to the rows of a layout, of which
// `row_bytes` bytes each are accessed. Memory: 144 bytes a bucket, of at most 1,024 and one for
// each rank. Not collective.
mb_status mb_routing_open(mb_context *cx, const mb_layout *layout, const mb_positions *positions,
                          int64_t row_bytes, int64_t most, mb_routing *routing) MB_MUST_CHECK;
void mb_routing_close(mb_routing *routing);

// Counts the rows of n positions from local row `first` on, and sets the starts. Not collective.
void mb_routing_count(mb_routing *routing, int64_t first, int64_t n);

// Writes the same rows, counted from the first of their ranks, into `out`. Not collective.
void mb_routing_scatter(mb_routing *routing, int64_t first, int64_t n, void *out);

// The index in `out` of each of these positions, read again in order, count <= MB_POSITION_ROWS at
// once. mb_routing_rewind begins. Not collective.
void mb_routing_rewind(mb_routing *routing);
void mb_routing_slots(mb_routing *routing, int64_t first, int64_t count, int64_t *slots);

// The index in `out` of the first row of a rank; for the number of ranks, the number of all rows.
// Not collective.
int64_t mb_routing_start(const mb_routing *routing, int rank);
