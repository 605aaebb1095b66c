#include "ops/scan/rolling.h"

#include <string.h>

#include "column/builder.h"
#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"
#include "expr/evaluate.h"

// The last rows of a rank, as those after it see them: how many are of its last block of time, and
// of the block before that.
typedef struct tail {
    int64_t rows;
    int64_t blocks[2], counts[2];
} tail;

// A column, its rows of the ranks before this one that are needed, and a piece of rows.
typedef struct source {
    mb_column *column; // owned; NULL: there is none
    mb_buffer *ahead;
    mb_value piece[MB_WINDOW_ROWS];
    const mb_value *rows; // of the piece
} source;

typedef struct rolling {
    mb_context *cx;
    const mb_windowing *asked;
    const mb_kernels *kernels;
    mb_layout *layout;
    source values, before, times;
    int64_t before_first; // rows of its segment that are before the first one of this rank
    int64_t ahead;        // rows that are needed of ranks before
    mb_buffer *spans;     // twice nranks: where these begin and end
    mb_buffer *valid, *valid_ahead; // bytes; NULL: none is missing
    mb_windows *windows;
    mb_builder *builder;
    mb_value results[MB_WINDOW_ROWS];
    int64_t numbers[MB_WINDOW_ROWS];
    uint8_t there[MB_WINDOW_ROWS], has_result[MB_WINDOW_ROWS];
} rolling;

// --- The rows that are needed of ranks before.

static int64_t time_at(const rolling *work, int64_t row)
{
    mb_value value;
    mb_column_get(work->times.column, row, &value);
    return value.i;
}

// The last blocks of time of this rank.
static tail find_tail(const rolling *work)
{
    tail tail = {.rows = mb_layout_rows(work->layout, mb_rank(work->cx))};
    int64_t row = tail.rows;
    for (int i = 0; i < 2 && row > 0; i++) {
        tail.blocks[i] = mb_window_block(work->asked, time_at(work, row - 1));
        for (; row > 0; row--) {
            if (mb_window_block(work->asked, time_at(work, row - 1)) != tail.blocks[i]) break;
            tail.counts[i]++;
        }
    }
    return tail;
}

// How many of the rows at the end of a rank are of a block or of the block before it.
static int64_t rows_near(const tail *tail, int64_t block)
{
    int64_t rows = 0;
    for (int i = 0; i < 2; i++) {
        if (tail->blocks[i] != block && tail->blocks[i] != block - 1) break;
        rows += tail->counts[i];
    }
    return rows;
}

// Rows of the first row's block of time and of the block before it, on ranks before.
static mb_status rows_of_spans(rolling *work, int64_t *rows)
{
    mb_context *cx = work->cx;
    mb_buffer *all = NULL;
    mb_status status;
    MB_TRY(mb_step(cx, mb_buffer_new_array(cx, mb_nranks(cx), sizeof(tail), &all), NULL));
    tail mine = find_tail(work), *tails = all->data;
    mb_gather_all(cx, &mine, sizeof mine, tails);
    *rows = 0;
    if (mine.rows > 0) {
        const int64_t block = mb_window_block(work->asked, time_at(work, 0));
        for (int r = mb_rank(cx) - 1; r >= 0; r--) {
            const int64_t near = rows_near(&tails[r], block);
            *rows += near;
            if (near < tails[r].rows) break;
        }
    }
done:
    mb_buffer_release(all);
    return status;
}

// Rows of the first row's block and of the block before it, on ranks before, of windows of so many
// rows.
static int64_t rows_of_blocks(const rolling *work)
{
    const int64_t before = work->before_first, n = work->asked->rows;
    return before < n ? before : before % n + n;
}

static mb_status find_ahead(rolling *work)
{
    const int rank = mb_rank(work->cx);
    const bool any = mb_layout_rows(work->layout, rank) > 0;
    mb_value value = {.i = work->layout->start[rank]};
    mb_status status = MB_OK;
    if (any && work->before.column) mb_column_get(work->before.column, 0, &value);
    work->before_first = value.i;
    if (work->asked->span)
        status = rows_of_spans(work, &work->ahead);
    else
        work->ahead = rows_of_blocks(work);
    const int64_t most = work->before_first < work->layout->start[rank] ? work->before_first
                                                                        : work->layout->start[rank];
    if (!any) work->ahead = 0;
    if (work->ahead > most) work->ahead = most;
    return status;
}

static mb_status reserve(rolling *work)
{
    mb_context *cx = work->cx;
    const mb_column *values = work->values.column;
    const int64_t rows = mb_column_rows(values);
    const bool misses = values->facts.missing > 0;
    mb_status status;
    MB_TRY(mb_memory_need(cx, work->ahead * (8 + 8 + 1) + (misses ? rows : 0)));
    MB_TRY(mb_buffer_new_array(cx, 2 * mb_nranks(cx), sizeof(int64_t), &work->spans));
    MB_TRY(mb_buffer_new_array(cx, work->ahead, (size_t)values->values.width, &work->values.ahead));
    if (work->times.column)
        MB_TRY(mb_buffer_new_array(cx, work->ahead, (size_t)work->times.column->values.width,
                                   &work->times.ahead));
    if (misses) {
        MB_TRY(mb_buffer_new_array(cx, work->ahead, 1, &work->valid_ahead));
        MB_TRY(mb_buffer_new_array(cx, rows, 1, &work->valid));
        mb_validity_bytes(values->validity.data, rows, work->valid->data);
    }
done:
    return status;
}

static void bring(const rolling *work, mb_spans held, mb_spans wanted, const source *source)
{
    const mb_plane *plane = &source->column->values;
    mb_shuffle_spans(work->cx, plane->data, held, source->ahead->data, wanted,
                     (size_t)plane->width);
}

// Brings the rows that ranks need of those before them.
static void bring_ahead(rolling *work)
{
    const mb_layout *layout = work->layout;
    int64_t *first = work->spans->data;
    mb_gather_all(work->cx, &work->ahead, sizeof *first, first);
    int64_t most = 0;
    for (int r = 0; r < layout->nranks; r++) {
        most = first[r] > most ? first[r] : most;
        first[r] = layout->start[r] - first[r];
    }
    if (most == 0) return;
    const mb_spans held = {layout->start, layout->start + 1}, wanted = {first, layout->start};
    bring(work, held, wanted, &work->values);
    if (work->times.column) bring(work, held, wanted, &work->times);
    if (work->valid)
        mb_shuffle_spans(work->cx, work->valid->data, held, work->valid_ahead->data, wanted, 1);
}

// --- The rows of this rank, and before them those ahead.

// Reads n rows from `first` on into a piece, of those ahead or of this rank.
static void read_rows(const rolling *work, source *source, bool ahead, int64_t first, int64_t n)
{
    const mb_plane *plane = &source->column->values;
    const mb_kind kind = source->column->type->kind;
    const char *data = ahead ? source->ahead->data : plane->data;
    mb_block block = {.values = data + first * plane->width, .base = plane->base};
    block.form = mb_form_of(kind, plane->width);
    if (kind != MB_BOOL) {
        source->rows = mb_block_widen(work->kernels, &block, n, source->piece);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        source->piece[i].u = ((const uint8_t *)block.values)[i];
    source->rows = source->piece;
}

static mb_status descends(const rolling *work, int64_t row)
{
    const long long number = work->layout->start[mb_rank(work->cx)] + row + 1;
    return mb_fail(work->cx, MB_EINVALID, "rolling: the times of 'on' descend at row %lld%s",
                   number,
                   work->before.column ? " in the order of groups; sort by them first"
                                       : "; sort by them first");
}

// Takes n rows from `first` on; results of rows ahead are dropped.
static mb_status take_rows(rolling *work, bool ahead, int64_t first, int64_t n)
{
    const mb_buffer *valid = ahead ? work->valid_ahead : work->valid;
    mb_window_rows rows = {.before = work->numbers, .n = n};
    int64_t descent, number = first + work->before_first - (ahead ? work->ahead : 0);
    read_rows(work, &work->values, ahead, first, n);
    rows.values = work->values.rows;
    if (valid) rows.there = (const uint8_t *)valid->data + first;
    if (work->times.column) {
        read_rows(work, &work->times, ahead, first, n);
        rows.times = &work->times.rows->i;
    }
    if (work->before.column && !ahead) {
        read_rows(work, &work->before, false, first, n);
        rows.before = &work->before.rows->i;
    } else {
        for (int64_t i = 0; i < n; i++)
            work->numbers[i] = number + i;
    }
    mb_status status =
        mb_windows_take(work->windows, &rows, work->results, work->has_result, &descent);
    if (descent >= 0) return descends(work, first + descent - (ahead ? work->ahead : 0));
    if (status || ahead) return status;
    return mb_builder_append_words(work->builder, &work->results->bits, work->has_result, n);
}

static mb_status take_all(rolling *work)
{
    mb_status status = MB_OK;
    const int64_t parts[] = {work->ahead, mb_layout_rows(work->layout, mb_rank(work->cx))};
    for (int part = 0; part < 2; part++)
        for (int64_t first = 0; first < parts[part] && !status; first += MB_WINDOW_ROWS) {
            int64_t n = parts[part] - first;
            n = n < MB_WINDOW_ROWS ? n : MB_WINDOW_ROWS;
            status = take_rows(work, part == 0, first, n);
        }
    return status;
}

// --- The result.

static mb_status result_type(const rolling *work, const mb_type **type)
{
    const mb_type *of = work->values.column->type;
    switch (work->asked->fold) {
    case MB_WINDOW_SUM: return mb_operator_folded(work->cx, MB_ADD, "rolling", of, type);
    case MB_WINDOW_MIN:
    case MB_WINDOW_MAX: *type = of; return MB_OK;
    case MB_WINDOW_COUNT: *type = &mb_type_int; return MB_OK;
    default: *type = &mb_type_float; return MB_OK;
    }
}

static mb_status open_result(rolling *work)
{
    const mb_column *values = work->values.column;
    const mb_type *type;
    mb_range range;
    const bool chooses = work->asked->fold == MB_WINDOW_MIN || work->asked->fold == MB_WINDOW_MAX;
    const bool known = chooses && mb_column_range(values, &range);
    mb_status status = result_type(work, &type);
    if (!status)
        status = mb_builder_open(work->cx, type, mb_column_rows(values), known ? &range : NULL,
                                 chooses ? values->values.width : 8, &work->builder);
    if (!status)
        status = mb_windows_open(work->cx, work->asked, values->type->kind, &work->windows);
    return status;
}

static mb_status settle(rolling *work, mb_column *column, source *source)
{
    if (!column) return MB_OK;
    return mb_settle(work->cx, column, work->layout, &source->column);
}

static void close_source(source *source)
{
    mb_column_release(source->column);
    mb_buffer_release(source->ahead);
}

static void close_work(rolling *work)
{
    close_source(&work->values);
    close_source(&work->before);
    close_source(&work->times);
    mb_buffer_release(work->spans);
    mb_buffer_release(work->valid);
    mb_buffer_release(work->valid_ahead);
    mb_windows_close(work->windows);
    mb_builder_close(work->builder);
}

mb_status mb_rolling(mb_context *cx, const mb_windowing *asked, mb_column *values,
                     mb_column *before, mb_column *times, mb_column **result)
{
    mb_buffer *memory = NULL;
    rolling *work = NULL;
    mb_status status;
    MB_TRY(mb_materialise(cx, values));
    MB_TRY(mb_step(cx, mb_buffer_new(cx, sizeof *work, &memory), NULL));
    work = memory->data;
    *work = (rolling){
        .cx = cx, .asked = asked, .kernels = mb_kernels_of(cx->isa), .layout = values->layout};
    MB_TRY(settle(work, values, &work->values));
    MB_TRY(settle(work, before, &work->before));
    MB_TRY(settle(work, times, &work->times));
    MB_TRY(find_ahead(work));
    MB_TRY(mb_step(cx, reserve(work), NULL));
    bring_ahead(work);
    status = open_result(work);
    if (!status) status = take_all(work);
    MB_TRY(mb_step(cx, status, NULL));
    status = mb_builder_finish(cx, &work->builder, 1, &work->layout, 0, result);
done:
    if (work) close_work(work);
    mb_buffer_release(memory);
    return status;
}
