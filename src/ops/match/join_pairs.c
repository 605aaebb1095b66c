// The pairs of a join, from the runs of the left rows.

#include "column/builder.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"
#include "ops/count/counted.h"
#include "ops/match/join_internal.h"
#include "ops/move/gather.h"
#include "ops/move/runs.h"

enum { PIECE = 2048 }; // rows of a block

// A block of pairs, of left rows with indices in the sorted right rows, before it is appended.
typedef struct pairs {
    mb_builder *builders[2];
    uint64_t left[PIECE], right[PIECE];
    uint8_t paired[PIECE];
    int64_t n;
} pairs;

static mb_status flush(pairs *to)
{
    mb_status status = mb_builder_append(to->builders[0], to->left, NULL, to->n);
    if (!status) status = mb_builder_append(to->builders[1], to->right, to->paired, to->n);
    to->n = 0;
    return status;
}

// The run of a left row, counted from 0; a kept row without a partner is once paired with -1.
static mb_run run_of(const mb_joining *j, int64_t i)
{
    uint64_t run = ((const uint64_t *)j->runs->data)[i];
    int64_t row = j->join->left->layout->start[mb_rank(j->cx)] + i;
    if (run) return (mb_run){row, mb_run_start(run), mb_run_count(run)};
    return (mb_run){row, -1, j->join->keep ? 1 : 0};
}

static mb_status append_run(mb_run run, pairs *to)
{
    mb_status status = MB_OK;
    while (run.times > 0 && !status) {
        int64_t n = run.times < PIECE - to->n ? run.times : PIECE - to->n;
        for (int64_t i = to->n; i < to->n + n; i++) {
            to->left[i] = (uint64_t)(run.row + 1);
            to->right[i] = (uint64_t)(++run.start);
            to->paired[i] = run.start > 0;
        }
        to->n += n;
        run.times -= n;
        if (to->n == PIECE) status = flush(to);
    }
    return status;
}

// Sends the runs to ranks that each get an even part of the result.
static mb_status send_runs(mb_joining *j, mb_layout *even, int64_t first, mb_buffer **received,
                           int64_t *n)
{
    mb_runs runs = {0};
    int64_t used = 0;
    mb_status status;
    for (int64_t i = 0; i < j->filled; i++)
        used += run_of(j, i).times > 0;
    MB_TRY(mb_step(j->cx, mb_runs_open(j->cx, used, &runs), NULL));
    mb_runs_begin(&runs, even, first);
    for (int64_t i = 0; i < j->filled; i++)
        mb_runs_add(&runs, run_of(j, i));
    MB_TRY(mb_runs_send(&runs, received, n));
done:
    mb_runs_close(&runs);
    return status;
}

// Pairs from received runs, or from those of this rank's rows when `received` is NULL.
static mb_status build(mb_joining *j, mb_layout *layout, const mb_run *received, int64_t nreceived,
                       mb_column *made[2])
{
    mb_context *cx = j->cx;
    mb_range lefts = {1, (uint64_t)j->join->left->layout->n_global};
    mb_range rights = {1, (uint64_t)j->join->right->layout->n_global};
    mb_layout *layouts[2] = {layout, layout};
    pairs to = {.n = 0};
    int64_t rows = mb_layout_rows(layout, mb_rank(cx));
    mb_status status = mb_builder_open(cx, &mb_type_int, rows, &lefts, 8, &to.builders[0]);
    if (!status) status = mb_builder_open(cx, &mb_type_int, rows, &rights, 8, &to.builders[1]);
    for (int64_t i = 0; !received && i < j->filled && !status; i++)
        status = append_run(run_of(j, i), &to);
    for (int64_t i = 0; received && i < nreceived && !status; i++)
        status = append_run(received[i], &to);
    if (!status) status = flush(&to);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_builder_finish(cx, to.builders, 2, layouts, 0, made));
done:
    mb_builder_close(to.builders[0]);
    mb_builder_close(to.builders[1]);
    return status;
}

mb_status mb_join_check_size(mb_context *cx, int64_t here, int64_t total, int64_t row_bytes)
{
    const double giga = 1e9;
    double bytes = (double)here * (double)row_bytes, all = (double)total * (double)row_bytes;
    double left = mb_memory_left(cx);
    if (bytes <= left) return MB_OK;
    return mb_fail(
        cx, MB_EMEMORY,
        "out of memory: the result would have %lld row%s, %.3g GB in all; this rank would "
        "hold %.3g GB and has %.3g GB left",
        (long long)total, mb_plural(total), all / giga, bytes / giga, left / giga);
}

mb_status mb_join_pairs(mb_joining *j, mb_column *positions[2])
{
    mb_context *cx = j->cx;
    mb_layout *layout = NULL, *even = NULL;
    mb_buffer *received = NULL;
    mb_column *made[2] = {NULL, NULL};
    int64_t nreceived = 0;
    mb_status status;
    MB_TRY(mb_layout_gather(cx, MB_OK, j->n, NULL, &layout));
    status = mb_layout_even(cx, layout->n_global, &even);
    if (!status)
        status = mb_join_check_size(cx, mb_layout_rows(even, mb_rank(cx)), even->n_global,
                                    j->join->row_bytes);
    MB_TRY(mb_step(cx, status, NULL));
    if (mb_layout_skewed(layout)) {
        MB_TRY(send_runs(j, even, layout->start[mb_rank(cx)], &received, &nreceived));
        MB_TRY(build(j, even, received->data, nreceived, made));
    } else {
        MB_TRY(build(j, layout, NULL, 0, made));
    }
    MB_TRY(mb_gather(cx, &j->order, 1, made[1], &positions[1]));
    positions[1]->identity = mb_result_identity(cx, 1);
    positions[0] = made[0];
    made[0] = NULL;
done:
    mb_layout_release(layout);
    mb_layout_release(even);
    mb_buffer_release(received);
    mb_column_release(made[0]);
    mb_column_release(made[1]);
    return status;
}
