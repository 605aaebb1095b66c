#include "ops/graph/nodes.h"

#include "column/builder.h"
#include "comm/comm.h"
#include "expr/evaluate.h"

typedef struct reading {
    mb_context *cx;
    const mb_edges *edges;
    mb_take_edges *take;
    void *state;
    uint64_t last; // where the last edge comes from
} reading;

static mb_status take_block(void *state, const mb_block *blocks, int64_t first, int64_t n)
{
    reading *of = state;
    uint64_t wide[2][MB_BLOCK_ROWS];
    const uint64_t *ends[2];
    for (int i = 0; i < 2; i++)
        ends[i] = mb_block_widen(mb_kernels_of(of->cx->isa), &blocks[i], n, wide[i]);
    const uint64_t most = (uint64_t)of->edges->nodes;
    for (int64_t i = 0; i < n; i++) {
        const uint64_t from = ends[0][i], to = ends[1][i];
        const bool there = mb_block_valid(&blocks[0], i) && mb_block_valid(&blocks[1], i);
        if (!there || from - 1 >= most || to - 1 >= most || from < of->last)
            return mb_fail(of->cx, MB_EINVALID,
                           "%s: an edge is none of nodes from 1 to %lld, or out of order",
                           of->edges->operation, (long long)most);
        of->last = from;
    }
    of->take(of->state, ends[0], ends[1], first, n);
    return MB_OK;
}

mb_status mb_edges_read(mb_context *cx, const mb_edges *edges, mb_take_edges *take, void *state)
{
    reading of = {.cx = cx, .edges = edges, .take = take, .state = state};
    return mb_evaluate(cx, (mb_column *[]){edges->from, edges->to}, 2, take_block, &of);
}

mb_status mb_edges_check(mb_context *cx, const mb_edges *edges, int64_t rows)
{
    if (edges->nodes <= MB_MOST_NODES && rows < UINT32_MAX) return MB_OK;
    return mb_fail(cx, MB_EINVALID, "%s: more than %lld nodes, or edges of a rank",
                   edges->operation, (long long)MB_MOST_NODES);
}

enum { GIVEN_ROWS = 1024 };

static mb_status append(mb_builder *builder, int64_t first, int64_t end, mb_give_nodes *give,
                        void *state)
{
    int64_t values[GIVEN_ROWS];
    mb_status status = MB_OK;
    for (; first < end && !status; first += GIVEN_ROWS) {
        const int64_t n = end - first < GIVEN_ROWS ? end - first : GIVEN_ROWS;
        give(state, first, n, values);
        status = mb_builder_append(builder, values, NULL, n);
    }
    return status;
}

mb_status mb_nodes_column(mb_context *cx, int64_t n, mb_give_nodes *give, void *state,
                          mb_column **column)
{
    mb_builder *builder = NULL;
    mb_layout *layout = NULL;
    mb_status status = mb_layout_even(cx, n, &layout);
    const int rank = mb_rank(cx);
    const int64_t rows = status ? 0 : mb_layout_rows(layout, rank);
    if (!status) status = mb_builder_open(cx, &mb_type_int, rows, NULL, 8, &builder);
    if (!status)
        status = append(builder, layout->start[rank], layout->start[rank + 1], give, state);
    MB_TRY(mb_step(cx, status, NULL));
    status = mb_builder_finish(cx, &builder, 1, &layout, 0, column);
done:
    mb_builder_close(builder);
    mb_layout_release(layout);
    return status;
}
