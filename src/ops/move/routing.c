#include "ops/move/routing.h"

#include <string.h>

#include "comm/comm.h"
#include "ops/move/routing_kernels.h"
#include "ops/sort/sort_kernels.h"
#include "order/keys.h"

static MB_ISA_CHOICE(mb_routing_kernels, mb_routing_kernels, kernels_of);

enum { BLOCK = MB_POSITION_ROWS, FEW_BUCKETS = 16 };
_Static_assert((int)BLOCK <= (int)MB_KEY_ROWS, "a block is scattered at once");

// Chooses buckets whose rows stay in the second-level cache; where memory lies on the disk, fewer,
// whose rows stay in memory: from each file as many parts are read ahead as there are buckets.
static int choose_shift(mb_context *cx, int64_t n, int64_t row_bytes, int64_t most)
{
    enum { PART = 1 << 20, MOST = 1024, MOST_ON_DISK = 64, FEW = 64 };
    const int64_t buckets = cx->memory.spilled > 0 ? MOST_ON_DISK : MOST;
    int shift = 0;
    while ((row_bytes << shift) < PART)
        shift++;
    while (n >> shift >= buckets || (n >> shift) * FEW > most)
        shift++;
    return shift;
}

mb_status mb_routing_open(mb_context *cx, const mb_layout *layout, const mb_positions *positions,
                          int64_t row_bytes, int64_t most, mb_routing *routing)
{
    mb_routing made = {.layout = layout, .positions = positions};
    if (mb_layout_rows(layout, mb_rank(cx))) made.missing = layout->start[mb_rank(cx)];
    made.shift = choose_shift(cx, layout->n_global, row_bytes, most);
    made.nbuckets = (layout->n_global >> made.shift) + layout->nranks;
    for (int r = 0; r < layout->nranks; r++)
        made.wide |= mb_layout_rows(layout, r) > UINT32_MAX;
    const int64_t words = 2 * (made.nbuckets + 1), stages = made.nbuckets * MB_STAGE_BYTES / 8;
    const int64_t aligned =
        (words + MB_ALIGNMENT / 8 - 1) / (MB_ALIGNMENT / 8) * (MB_ALIGNMENT / 8);
    mb_status status = mb_buffer_new_array(cx, aligned + stages, 8, &made.memory);
    if (status) return status;
    made.starts = made.memory->data;
    made.cursors = made.starts + made.nbuckets + 1;
    if (made.nbuckets > FEW_BUCKETS) made.stages = made.starts + aligned;
    *routing = made;
    return MB_OK;
}

void mb_routing_close(mb_routing *routing)
{
    mb_buffer_release(routing->memory);
    routing->memory = NULL;
}

// The buckets of `count` positions from local row `first` on, and their local rows on their ranks.
static void route(const mb_routing *routing, int64_t first, int64_t count, int64_t *rows,
                  uint32_t *buckets)
{
    enum { FEW = 16 };
    const mb_layout *layout = routing->layout;
    mb_positions_rows(routing->positions, first, count, routing->missing, rows);
    if (layout->nranks <= FEW) {
        kernels_of(routing->positions->column->cx->isa)
            ->route(rows, count, layout->start, layout->nranks, routing->shift, buckets);
        return;
    }
    int owner = 0;
    for (int64_t i = 0; i < count; i++) {
        if (rows[i] < layout->start[owner] || rows[i] >= layout->start[owner + 1])
            owner = mb_layout_owner(layout, rows[i]);
        buckets[i] = (uint32_t)((rows[i] >> routing->shift) + owner);
        rows[i] -= layout->start[owner];
    }
}

void mb_routing_rewind(mb_routing *routing)
{
    memcpy(routing->cursors, routing->starts, (size_t)routing->nbuckets * sizeof(int64_t));
}

void mb_routing_count(mb_routing *routing, int64_t first, int64_t n)
{
    int64_t rows[BLOCK], *counts = routing->cursors, *starts = routing->starts, start = 0;
    uint32_t buckets[BLOCK];
    memset(counts, 0, (size_t)routing->nbuckets * sizeof *counts);
    for (int64_t at = 0; at < n; at += BLOCK) {
        int64_t count = n - at < BLOCK ? n - at : BLOCK;
        route(routing, first + at, count, rows, buckets);
        for (int64_t i = 0; i < count; i++)
            counts[buckets[i]]++;
    }
    for (int64_t b = 0; b < routing->nbuckets; b++) {
        starts[b] = start;
        start += counts[b];
    }
    starts[routing->nbuckets] = start;
}

void mb_routing_scatter(mb_routing *routing, int64_t first, int64_t n, void *out)
{
    const mb_sort_kernels *kernels = mb_sort_kernels_of(routing->positions->column->cx->isa);
    const mb_sort_form form = routing->wide ? MB_REST8 : MB_REST4;
    const mb_scatter to = {.nbuckets = routing->nbuckets,
                           .starts = routing->starts,
                           .cursors = routing->cursors,
                           .out = out,
                           .stages = routing->stages,
                           .mask = UINT64_MAX};
    int64_t rows[BLOCK];
    uint32_t buckets[BLOCK];
    mb_routing_rewind(routing);
    for (int64_t at = 0; at < n; at += BLOCK) {
        int64_t count = n - at < BLOCK ? n - at : BLOCK;
        route(routing, first + at, count, rows, buckets);
        kernels->scatter[form](&to, (const uint64_t *)rows, buckets, 0, count);
    }
    kernels->finish[form](&to);
}

void mb_routing_slots(mb_routing *routing, int64_t first, int64_t count, int64_t *slots)
{
    int64_t rows[BLOCK], *cursors = routing->cursors;
    uint32_t buckets[BLOCK];
    route(routing, first, count, rows, buckets);
    for (int64_t i = 0; i < count; i++)
        slots[i] = cursors[buckets[i]]++;
}

int64_t mb_routing_start(const mb_routing *routing, int rank)
{
    if (rank == routing->layout->nranks) return routing->starts[routing->nbuckets];
    return routing->starts[(routing->layout->start[rank] >> routing->shift) + rank];
}
