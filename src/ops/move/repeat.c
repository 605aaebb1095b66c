#include "ops/move/repeat.h"

#include "column/builder.h"
#include "comm/comm.h"
#include "comm/exchange.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"

// A position and how often it comes.
typedef struct run {
    int64_t position, times;
} run;

// How often a local row comes; 0 where the number is missing.
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
            return mb_fail(cx, MB_EINVALID, "repeat_by: %lld times, at row %lld", (long long)n,
                           (long long)row);
        if (n > most - *sum) return mb_fail(cx, MB_EOVERFLOW, "repeat_by: too many rows");
        *sum += n;
    }
    return MB_OK;
}

// The runs of this rank's rows, cut where the ranks of an even layout are. `first`: of the result,
// the row where they begin. Sets how many bytes of runs each rank gets.
static void cut_runs(const mb_column *times, const mb_layout *even, int64_t first, run *runs,
                     mb_pieces sent)
{
    enum { WIDTH = sizeof(run) };
    int rank = 0;
    int64_t rows = mb_column_rows(times), n = 0;
    int64_t position = times->layout->start[mb_rank(times->cx)];
    for (int r = 0; r < even->nranks; r++)
        sent.counts[r] = 0;
    for (int64_t i = 0; i < rows; i++) {
        int64_t left = times_of(times, i);
        position++;
        while (left > 0) {
            while (first >= even->start[rank + 1])
                rank++;
            int64_t room = even->start[rank + 1] - first, part = left < room ? left : room;
            runs[n++] = (run){position, part};
            sent.counts[rank] += WIDTH;
            first += part;
            left -= part;
        }
    }
    for (int r = 0; r < even->nranks; r++)
        sent.offsets[r] = r ? sent.offsets[r - 1] + sent.counts[r - 1] : 0;
}

// Positions of runs, appended in pieces: a run alone may be too short to be worth it, or too long.
static mb_status append_runs(mb_builder *builder, const run *runs, int64_t nruns)
{
    enum { PIECE = 2048 };
    int64_t piece[PIECE], n = 0;
    for (int64_t i = 0; i < nruns; i++) {
        for (int64_t left = runs[i].times; left > 0;) {
            int64_t length = left < PIECE - n ? left : PIECE - n;
            for (int64_t k = 0; k < length; k++)
                piece[n + k] = runs[i].position;
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

static mb_status expand(mb_context *cx, const run *runs, int64_t nruns, int64_t n,
                        mb_layout *layout, int64_t last, mb_column **positions)
{
    mb_range range = {1, (uint64_t)last};
    mb_builder *builder = NULL;
    mb_status status = mb_builder_open(cx, MB_INT, n, last ? &range : NULL, 8, &builder);
    if (!status) status = append_runs(builder, runs, nruns);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_builder_finish(cx, &builder, 1, &layout, 0, positions));
done:
    mb_builder_close(builder);
    return status;
}

// The layout of the result, and where this rank's rows begin in it.
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
    return mb_memory_need(cx, width * rows + (int64_t)sizeof(run) * (here + runs));
}

mb_status mb_repeat(mb_context *cx, mb_column *times, mb_column **positions)
{
    size_t nranks = (size_t)mb_nranks(cx);
    mb_buffer *words = NULL, *runs = NULL, *received = NULL;
    mb_layout *even = NULL;
    int64_t mine = 0, first = 0;
    mb_status status;
    MB_TRY(mb_materialise(cx, times));
    status = add_up(cx, times, &mine);
    if (!status) status = mb_buffer_new_array(cx, 4 * (int64_t)nranks, sizeof(int64_t), &words);
    if (!status)
        status =
            mb_buffer_new_array(cx, mb_column_rows(times) + (int64_t)nranks, sizeof(run), &runs);
    MB_TRY(mb_step(cx, status, NULL));
    int64_t *at = words->data;
    mb_pieces sent = {at, at + nranks}, taken = {at + 2 * nranks, at + 3 * nranks};
    MB_TRY(mb_step(cx, lay_out(cx, times, mine, at, &even, &first), NULL));
    cut_runs(times, even, first, runs->data, sent);
    mb_exchange_counts(cx, sent, taken);
    int64_t bytes = taken.offsets[nranks - 1] + taken.counts[nranks - 1];
    MB_TRY(mb_step(cx, mb_buffer_new(cx, (size_t)bytes, &received), NULL));
    mb_exchange(cx, runs->data, sent, received->data, taken);
    MB_TRY(expand(cx, received->data, bytes / (int64_t)sizeof(run),
                  mb_layout_rows(even, mb_rank(cx)), even, times->layout->n_global, positions));
done:
    mb_layout_release(even);
    mb_buffer_release(words);
    mb_buffer_release(runs);
    mb_buffer_release(received);
    return status;
}
