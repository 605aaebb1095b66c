#include "ops/move/repeat.h"

#include "column/builder.h"
#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/move/runs.h"

// How many times a local row is repeated; 0 where the number is missing.
static int64_t times_of(const mb_column *times, int64_t row)
{
    mb_value value;
    return mb_column_get(times, row, &value) ? value.i : 0;
}

static mb_status add_up(mb_context *cx, const mb_column *times, int64_t *sum)
{
    const int64_t most = INT64_MAX / 16 / mb_nranks(cx);
    int64_t rows = mb_column_rows(times);
    *sum = 0;
    for (int64_t i = 0; i < rows; i++) {
        int64_t n = times_of(times, i), row = times->layout->start[mb_rank(cx)] + i + 1;
        if (n < 0)
            return mb_fail(cx, MB_EINVALID, "repeat_by: %lld times, at row %lld; 0 is the least",
                           (long long)n, (long long)row);
        if (n > most - *sum) return mb_fail(cx, MB_EOVERFLOW, "repeat_by: too many rows");
        *sum += n;
    }
    return MB_OK;
}

// Adds the runs of this rank's rows, which begin at row `first` of the result.
static void cut_runs(const mb_column *times, const mb_layout *even, int64_t first, mb_runs *runs)
{
    int64_t rows = mb_column_rows(times), start = times->layout->start[mb_rank(times->cx)];
    mb_runs_begin(runs, even, first);
    for (int64_t i = 0; i < rows; i++)
        mb_runs_add(runs, (mb_run){.row = start + i + 1, .times = times_of(times, i)});
}

// Appends the positions of runs in blocks, since a run may be short or very long.
static mb_status append_runs(mb_builder *builder, const mb_run *runs, int64_t nruns)
{
    enum { PIECE = 2048 };
    int64_t piece[PIECE], n = 0;
    for (int64_t i = 0; i < nruns; i++) {
        for (int64_t left = runs[i].times; left > 0;) {
            int64_t length = left < PIECE - n ? left : PIECE - n;
            for (int64_t k = 0; k < length; k++)
                piece[n + k] = runs[i].row;
            n += length;
            left -= length;
            if (n < PIECE) continue;
            mb_status status = mb_builder_append(builder, piece, NULL, n);
            if (status) return status;
            n = 0;
        }
    }
    return mb_builder_append(builder, piece, NULL, n);
}

static mb_status expand(mb_context *cx, const mb_run *runs, int64_t nruns, int64_t n,
                        mb_layout *layout, int64_t last, mb_column **positions)
{
    mb_range range = {1, (uint64_t)last};
    mb_builder *builder = NULL;
    mb_status status = mb_builder_open(cx, &mb_type_int, n, last ? &range : NULL, 8, &builder);
    if (!status) status = append_runs(builder, runs, nruns);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_builder_finish(cx, &builder, 1, &layout, 0, positions));
done:
    mb_builder_close(builder);
    return status;
}

// The layout of the result, and the row of it where this rank's runs begin.
static mb_status lay_out(mb_context *cx, const mb_column *times, int64_t mine, int64_t *sums,
                         mb_layout **even, int64_t *first)
{
    int64_t total = 0, width = times->layout->n_global > UINT32_MAX ? 8 : 4;
    mb_gather_all(cx, &mine, sizeof mine, sums);
    for (int r = 0; r < mb_nranks(cx); r++) {
        if (r == mb_rank(cx)) *first = total;
        total += sums[r];
    }
    mb_status status = mb_layout_even(cx, total, even);
    if (status) return status;
    int64_t rows = mb_layout_rows(*even, mb_rank(cx)), here = mb_column_rows(times);
    int64_t runs = rows < times->layout->n_global ? rows : times->layout->n_global;
    return mb_memory_need(cx, width * rows + (int64_t)sizeof(mb_run) * (here + runs));
}

mb_status mb_repeat(mb_context *cx, mb_column *times, mb_column **positions)
{
    mb_runs runs = {0};
    mb_buffer *sums = NULL, *received = NULL;
    mb_layout *even = NULL;
    int64_t mine = 0, first = 0, n;
    mb_status status;
    MB_TRY(mb_materialise(cx, times));
    status = add_up(cx, times, &mine);
    if (!status) status = mb_buffer_new_array(cx, mb_nranks(cx), sizeof(int64_t), &sums);
    if (!status) status = mb_runs_open(cx, mb_column_rows(times), &runs);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_step(cx, lay_out(cx, times, mine, sums->data, &even, &first), NULL));
    cut_runs(times, even, first, &runs);
    MB_TRY(mb_runs_send(&runs, &received, &n));
    MB_TRY(expand(cx, received->data, n, mb_layout_rows(even, mb_rank(cx)), even,
                  times->layout->n_global, positions));
done:
    mb_layout_release(even);
    mb_runs_close(&runs);
    mb_buffer_release(sums);
    mb_buffer_release(received);
    return status;
}
