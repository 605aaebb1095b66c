#include "ops/graph/cores.h"

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"
#include "ops/graph/bounds.h"
#include "ops/graph/nodes.h"

enum {
    MOST_WAITS = 64,  // rounds in which all ranks have done what they can, before one does all
    MANY_CHANGES = 16 // so many changes are many: one in so many nodes
};

typedef struct peeling {
    mb_context *cx;
    int64_t n;         // nodes
    mb_layout *layout; // of the edges, and
    mb_buffer *to;     // where this rank's lead, from 0
    int64_t *degrees;  // n: of all ranks
    void *room;        // n: 8 bytes for each node
    uint32_t *bounds;  // n
    mb_bounds part;
    mb_buffer *memory[3];
} peeling;

static mb_status open_peeling(peeling *of, int64_t rows)
{
    const size_t widths[3] = {sizeof(int64_t), sizeof(int64_t), sizeof(uint32_t)};
    for (int i = 0; i < 3; i++) {
        mb_status status = mb_buffer_new_array(of->cx, of->n, widths[i], &of->memory[i]);
        if (status) return status;
    }
    of->degrees = of->memory[0]->data;
    of->room = of->memory[1]->data;
    of->bounds = of->memory[2]->data;
    int64_t *counts = of->room;
    for (int64_t i = 0; i < of->n; i++)
        counts[i] = 0;
    return mb_buffer_new_array(of->cx, rows, sizeof(uint32_t), &of->to);
}

static void take(void *state, const uint64_t *from, const uint64_t *to, int64_t first, int64_t n)
{
    peeling *of = state;
    int64_t *counts = of->room;
    uint32_t *ends = of->to->data;
    for (int64_t i = 0; i < n; i++) {
        counts[from[i] - 1]++;
        ends[first + i] = (uint32_t)(to[i] - 1);
    }
}

// The layout of the edges in which each rank has all edges of its nodes, which are those from
// nodes[r] to nodes[r + 1] - 1: split evenly, or all on rank 0. Not collective.
static mb_status split(const peeling *of, bool evenly, int64_t *nodes, mb_layout **layout)
{
    const int nranks = mb_nranks(of->cx);
    const int64_t all = of->layout->n_global;
    mb_buffer *counts = NULL;
    mb_status status = mb_buffer_new_zeroed(of->cx, nranks, sizeof(int64_t), &counts);
    if (status) return status;
    int64_t *rows = counts->data, before = 0;
    int rank = 0; // whose nodes these are
    nodes[0] = 0;
    for (int64_t i = 0; i < of->n; i++) {
        while (rank + 1 < nranks && before >= (evenly ? mb_even_start(all, nranks, rank + 1) : all))
            nodes[++rank] = i;
        rows[rank] += of->degrees[i];
        before += of->degrees[i];
    }
    while (rank < nranks)
        nodes[++rank] = of->n;
    status = mb_layout_counts(of->cx, rows, layout);
    mb_buffer_release(counts);
    return status;
}

// Moves the edges to the ranks that have their nodes, and opens this rank's part.
static mb_status place(peeling *of, bool evenly)
{
    const int rank = mb_rank(of->cx);
    mb_buffer *nodes = NULL, *moved = NULL;
    mb_layout *layout = NULL;
    mb_bounds_close(&of->part);
    mb_status status = mb_buffer_new_array(of->cx, mb_nranks(of->cx) + 1, sizeof(int64_t), &nodes);
    if (!status) status = split(of, evenly, nodes->data, &layout);
    const int64_t rows = status ? 0 : mb_layout_rows(layout, rank);
    const mb_edges edges = {.operation = "cores", .nodes = of->n};
    if (!status) status = mb_edges_check(of->cx, &edges, rows);
    if (!status) status = mb_buffer_new_array(of->cx, rows, sizeof(uint32_t), &moved);
    MB_TRY(mb_step(of->cx, status, NULL));
    mb_shuffle_rows(of->cx, of->to->data, of->layout, moved->data, layout, sizeof(uint32_t));
    mb_buffer_release(of->to);
    mb_layout_release(of->layout);
    of->to = mb_buffer_retain(moved);
    of->layout = mb_layout_retain(layout);
    const int64_t *first = nodes->data;
    of->part = (mb_bounds){.cx = of->cx,
                           .n = of->n,
                           .bounds = of->bounds,
                           .low = first[rank],
                           .high = first[rank + 1],
                           .rows = rows,
                           .order = of->room,
                           .places = (uint32_t *)of->room + of->n,
                           .to = moved->data};
    status = mb_bounds_open(&of->part, of->degrees);
done:
    mb_buffer_release(nodes);
    mb_buffer_release(moved);
    mb_layout_release(layout);
    return status;
}

// Whether rank 0 could have the whole graph, without using more than half of the memory that is
// left. On other ranks it is true.
static bool fits(const peeling *of)
{
    const int64_t rows = of->layout->n_global;
    if (mb_rank(of->cx) > 0) return true;
    const double bytes = (double)(mb_bounds_memory(of->n, of->n, 0) + 4 * rows);
    return rows < UINT32_MAX && bytes < mb_memory_left(of->cx) / 2;
}

// Lowers bounds as far as the ranks can without each other, or for a while.
static mb_status lower_here(peeling *of, bool by_peeling)
{
    mb_payload left = {.count = by_peeling};
    mb_status status = MB_OK;
    while (!status && left.count > 0) {
        left = (mb_payload){.count = !mb_bounds_peel(&of->part)};
        status = mb_step(of->cx, MB_OK, &left);
    }
    if (!status) mb_bounds_lower(&of->part);
    return status;
}

// What all ranks tell each other after a round, added up.
typedef struct round_end {
    uint64_t n_changes;
    bool is_waiting; // no rank can do more without the others
    bool fits;       // the graph on rank 0; where it is asked
} round_end;

static mb_status end_round(peeling *of, mb_status status, bool is_asking, round_end *end)
{
    mb_payload told = {.count = (uint64_t)of->part.n_changes, .sum = of->part.n_queued};
    told.max[0] = is_asking && !fits(of);
    status = mb_step(of->cx, status, &told);
    if (status) return status;
    *end = (round_end){told.count, told.sum == 0, is_asking && !told.max[0]};
    const int64_t n = mb_gather_lists(of->cx, of->part.changes, of->part.n_changes,
                                      sizeof(mb_bound_change), of->room);
    mb_bounds_take(&of->part, of->room, n);
    return MB_OK;
}

// Lowers bounds until no rank finds one to lower. While many change, nodes are peeled again.
static mb_status lower_all(peeling *of)
{
    round_end end = {.n_changes = 1};
    bool by_peeling = true, has_asked = false, is_alone = mb_nranks(of->cx) == 1;
    mb_status status = place(of, true);
    for (int waits = 0; !status && !(end.is_waiting && end.n_changes == 0);) {
        const bool is_asking = waits == MOST_WAITS && !has_asked && !is_alone;
        status = end_round(of, lower_here(of, by_peeling), is_asking, &end);
        waits += end.is_waiting;
        has_asked = has_asked || is_asking;
        by_peeling = end.fits || end.n_changes * MANY_CHANGES > (uint64_t)of->n;
        if (!status && end.fits)
            status = place(of, false);
        else if (!status && by_peeling)
            mb_bounds_begin(&of->part);
    }
    return status;
}

static void give(void *state, int64_t first, int64_t n, int64_t *values)
{
    const peeling *of = state;
    for (int64_t i = 0; i < n; i++)
        values[i] = of->bounds[first + i];
}

mb_status mb_cores(mb_context *cx, mb_column *from, mb_column *to, int64_t n, mb_column **cores)
{
    const mb_edges edges = {"cores", from, to, n};
    peeling of = {.cx = cx, .n = n, .layout = mb_layout_retain(from->layout)};
    mb_status status = mb_edges_check(cx, &edges, mb_column_rows(from));
    if (!status) status = open_peeling(&of, mb_column_rows(from));
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_step(cx, mb_edges_read(cx, &edges, take, &of), NULL));
    mb_sum_all(cx, of.room, n, of.degrees);
    for (int64_t i = 0; i < n; i++)
        of.bounds[i] = (uint32_t)of.degrees[i];
    MB_TRY(lower_all(&of));
    status = mb_nodes_column(cx, n, give, &of, cores);
done:
    mb_bounds_close(&of.part);
    mb_buffer_release(of.to);
    mb_layout_release(of.layout);
    for (int i = 0; i < 3; i++)
        mb_buffer_release(of.memory[i]);
    return status;
}
