#include "ops/graph/triangles.h"

#include <string.h>

#include "column/builder.h"
#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"

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
    if (of->n >= UINT32_MAX || of->rows >= UINT32_MAX)
        return mb_fail(cx, MB_EINVALID,
                       "triangles: more than 4294967294 nodes, or edges of a rank");
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

static mb_status take(void *state, const mb_block *blocks, int64_t first, int64_t n)
{
    counting *of = state;
    uint64_t wide[2][MB_BLOCK_ROWS];
    const uint64_t *ends[2];
    for (int i = 0; i < 2; i++)
        ends[i] = mb_block_widen(mb_kernels_of(of->cx->isa), &blocks[i], n, wide[i]);
    for (int64_t i = 0; i < n; i++) {
        const uint64_t from = ends[0][i] - 1, to = ends[1][i] - 1, most = (uint64_t)of->n;
        const bool there = mb_block_valid(&blocks[0], i) && mb_block_valid(&blocks[1], i);
        const bool in_order = first + i == 0 || of->mine[first + i - 1].from <= from;
        if (!there || from >= most || to >= most || !in_order)
            return mb_fail(of->cx, MB_EINVALID,
                           "triangles: an edge is none of nodes from 1 to "
                           "%lld, or out of order",
                           (long long)most);
        of->mine[first + i] = (edge){(uint32_t)from, (uint32_t)to};
        of->first[from + 1]++;
    }
    return MB_OK;
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

static mb_status give(counting *of, mb_column **corners)
{
    mb_builder *builder = NULL;
    mb_layout *layout = NULL;
    mb_status status = mb_layout_even(of->cx, of->n, &layout);
    const int rank = mb_rank(of->cx);
    const int64_t rows = status ? 0 : mb_layout_rows(layout, rank);
    if (!status) status = mb_builder_open(of->cx, &mb_type_int, rows, NULL, 8, &builder);
    MB_TRY(mb_step(of->cx, status, NULL));
    mb_sum_all(of->cx, of->corners, of->n, of->sums);
    status = mb_builder_append(builder, of->sums + layout->start[rank], NULL, rows);
    MB_TRY(mb_step(of->cx, status, NULL));
    status = mb_builder_finish(of->cx, &builder, 1, &layout, 0, corners);
done:
    mb_builder_close(builder);
    mb_layout_release(layout);
    return status;
}

mb_status mb_triangles(mb_context *cx, mb_column *from, mb_column *to, int64_t n,
                       mb_column **corners)
{
    counting of = {.cx = cx, .n = n, .rows = mb_column_rows(from)};
    mb_status status;
    MB_TRY(mb_step(cx, open_counting(&of, from->layout->n_global), NULL));
    MB_TRY(mb_step(cx, mb_evaluate(cx, (mb_column *[]){from, to}, 2, take, &of), NULL));
    for (int64_t i = 0; i < n; i++)
        of.first[i + 1] += of.first[i];
    MB_TRY(pass_by(&of, from->layout));
    status = give(&of, corners);
done:
    for (int i = 0; i < 6; i++)
        mb_buffer_release(of.memory[i]);
    return status;
}
