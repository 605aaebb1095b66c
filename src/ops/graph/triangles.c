#include "ops/graph/triangles.h"

#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "ops/graph/nodes.h"

enum { PIECE_ROWS = 1 << 16 };

// Numbers of nodes from 0.
typedef struct edge {
    uint32_t from, to;
} edge;

typedef struct counting {
    mb_context *cx;
    int64_t n, rows; // nodes; edges of this rank
    mb_buffer *memory[6];
    edge *mine, *piece;      // this rank's edges; room for a piece and a list before it
    uint32_t *first;         // n + 1: where the followers of each node begin among this rank's
    uint8_t *marked;         // n
    int64_t *corners, *sums; // n: of this rank, of all
    int64_t room;            // of `piece`
} counting;

// The longest list where edges lead to nodes with no fewer neighbours, in whole pieces.
static int64_t room_of(int64_t edges)
{
    int64_t longest = 1;
    while (longest * longest < 2 * edges)
        longest *= 2;
    return PIECE_ROWS + longest;
}

static mb_status open_counting(counting *of, int64_t edges)
{
    mb_context *cx = of->cx;
    of->room = room_of(edges);
    const int64_t counts[6] = {of->rows, of->room, of->n + 1, of->n, of->n, of->n};
    const size_t widths[6] = {sizeof(edge),    sizeof(edge),    sizeof(uint32_t),
                              sizeof(uint8_t), sizeof(int64_t), sizeof(int64_t)};
    for (int i = 0; i < 6; i++) {
        mb_status status = mb_buffer_new_array(cx, counts[i], widths[i], &of->memory[i]);
        if (status) return status;
    }
    of->mine = of->memory[0]->data;
    of->piece = of->memory[1]->data;
    of->first = of->memory[2]->data;
    of->marked = of->memory[3]->data;
    of->corners = of->memory[4]->data;
    of->sums = of->memory[5]->data;
    memset(of->first, 0, (size_t)(of->n + 1) * sizeof *of->first);
    memset(of->marked, 0, (size_t)of->n);
    memset(of->corners, 0, (size_t)of->n * sizeof *of->corners);
    return MB_OK;
}

static void take(void *state, const uint64_t *from, const uint64_t *to, int64_t first, int64_t n)
{
    counting *of = state;
    for (int64_t i = 0; i < n; i++) {
        of->mine[first + i] = (edge){(uint32_t)(from[i] - 1), (uint32_t)(to[i] - 1)};
        of->first[from[i]]++;
    }
}

// The list of one node, whole: its followers that follow each other, as far as this rank has the
// edges between them.
static void count_list(counting *of, const edge *list, int64_t n)
{
    int64_t all = 0;
    for (int64_t i = 0; i < n; i++)
        of->marked[list[i].to] = 1;
    for (int64_t i = 0; i < n; i++) {
        const uint32_t middle = list[i].to, end = of->first[middle + 1];
        int64_t found = 0;
        for (uint32_t k = of->first[middle]; k < end; k++) {
            if (!of->marked[of->mine[k].to]) continue;
            of->corners[of->mine[k].to]++;
            found++;
        }
        of->corners[middle] += found;
        all += found;
    }
    if (n > 0) of->corners[list->from] += all;
    for (int64_t i = 0; i < n; i++)
        of->marked[list[i].to] = 0;
}

// Counts the lists that end within the first n rows of the piece, or with `last` all; returns how
// many rows are left of one that may go on.
static int64_t count_lists(counting *of, int64_t n, bool last)
{
    int64_t begin = 0;
    for (int64_t i = 1; i <= n; i++) {
        if (i < n ? of->piece[i].from == of->piece[begin].from : !last) continue;
        count_list(of, of->piece + begin, i - begin);
        begin = i;
    }
    return n - begin;
}

// Passes the edges of all ranks by, in pieces; the beginning of a list is kept for the next one.
static mb_status pass_by(counting *of, const mb_layout *layout)
{
    const int64_t all = layout->n_global, start = layout->start[mb_rank(of->cx)];
    int64_t kept = 0;
    mb_status status = MB_OK;
    for (int64_t first = 0; first < all && !status; first += PIECE_ROWS) {
        const int64_t n = first + PIECE_ROWS < all ? PIECE_ROWS : all - first;
        const int64_t skipped = first > start ? first - start : 0;
        // Alike on all ranks, as the rows are.
        if (kept + n > of->room)
            status = mb_fail(of->cx, MB_EINVALID, "triangles: edges lead to nodes with fewer ones");
        status = mb_step(of->cx, status, NULL);
        if (status) break;
        mb_gather_rows(of->cx, of->mine + (skipped < of->rows ? skipped : of->rows), layout, first,
                       n, sizeof *of->mine, of->piece + kept);
        const int64_t rows = kept + n;
        kept = count_lists(of, rows, first + n == all);
        memmove(of->piece, of->piece + rows - kept, (size_t)kept * sizeof *of->piece);
    }
    return status;
}

static void give(void *state, int64_t first, int64_t n, int64_t *values)
{
    const counting *of = state;
    memcpy(values, of->sums + first, (size_t)n * sizeof *values);
}

mb_status mb_triangles(mb_context *cx, mb_column *from, mb_column *to, int64_t n,
                       mb_column **corners)
{
    const mb_edges edges = {"triangles", from, to, n};
    counting of = {.cx = cx, .n = n, .rows = mb_column_rows(from)};
    mb_status status = mb_edges_check(cx, &edges, of.rows);
    if (!status) status = open_counting(&of, from->layout->n_global);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_step(cx, mb_edges_read(cx, &edges, take, &of), NULL));
    for (int64_t i = 0; i < n; i++)
        of.first[i + 1] += of.first[i];
    MB_TRY(pass_by(&of, from->layout));
    MB_TRY(mb_step(cx, MB_OK, NULL));
    mb_sum_all(cx, of.corners, n, of.sums);
    status = mb_nodes_column(cx, n, give, &of, corners);
done:
    for (int i = 0; i < 6; i++)
        mb_buffer_release(of.memory[i]);
    return status;
}
