#include "io/csv/realign.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "comm/comm.h"
#include "io/hdf/encode.h"

typedef struct span {
    int64_t first, end;
} span;

mb_status mb_realign_open(mb_context *cx, int n_columns, mb_realign *realign)
{
    size_t words = (size_t)mb_nranks(cx) + 1, width = sizeof(int64_t) * (size_t)n_columns;
    mb_status status;
    int64_t *all = mb_allocate(cx, 2 * words, sizeof *all);
    if (!all) return MB_EMEMORY;
    realign->cx = cx;
    realign->n_columns = n_columns;
    realign->start = all;
    realign->chunk = all + words;
    MB_TRY(mb_shuffle_open(cx, 0, &realign->shuffle));
    // The rows before the first chunk of a rank, and those behind the last chunk of all.
    MB_TRY(mb_buffer_new_array(cx, 2 * MB_CHUNK_ROWS, width, &realign->sending));
    MB_TRY(mb_buffer_new_array(cx, 2 * MB_CHUNK_ROWS, width, &realign->receiving));
done:
    if (status) mb_realign_close(realign);
    return status;
}

void mb_realign_close(mb_realign *realign)
{
    free(realign->start);
    mb_shuffle_close(&realign->shuffle);
    mb_buffer_release(realign->sending);
    mb_buffer_release(realign->receiving);
    memset(realign, 0, sizeof *realign);
}

int64_t mb_realign_chunks(const mb_realign *realign, int rank)
{
    return (realign->chunk[rank + 1] - realign->chunk[rank]) / MB_CHUNK_ROWS;
}

void mb_realign_plan(mb_realign *realign, const int64_t *rows)
{
    int nranks = mb_nranks(realign->cx);
    realign->start[0] = 0;
    for (int r = 0; r < nranks; r++)
        realign->start[r + 1] = realign->start[r] + rows[r];
    int64_t full = realign->start[nranks] / MB_CHUNK_ROWS * MB_CHUNK_ROWS;
    for (int r = 0; r < nranks; r++) {
        int64_t next = (realign->start[r] + MB_CHUNK_ROWS - 1) / MB_CHUNK_ROWS * MB_CHUNK_ROWS;
        realign->chunk[r] = next < full ? next : full;
    }
    realign->chunk[nranks] = full;
}

static span overlap(span a, span b)
{
    span both = {a.first > b.first ? a.first : b.first, a.end < b.end ? a.end : b.end};
    if (both.end < both.first) both.end = both.first;
    return both;
}

// The rows of rank `from` that rank `to` needs: first for its chunks, then to be left over.
static void find_rows(const mb_realign *realign, int from, int to, span *chunks, span *rest)
{
    int nranks = mb_nranks(realign->cx);
    span have = {realign->start[from], realign->start[from + 1]};
    span need = {realign->start[to + 1], realign->chunk[to + 1]},
         all = {realign->chunk[nranks], realign->start[nranks]};
    bool encodes = realign->chunk[to] < realign->chunk[to + 1];
    *chunks = *rest = (span){0, 0};
    if (from == to) return;
    if (encodes) *chunks = overlap(have, need);
    if (to == 0) *rest = overlap(have, all);
}

static int64_t span_words(const mb_realign *realign, span chunks, span rest)
{
    return (chunks.end - chunks.first + rest.end - rest.first) * realign->n_columns;
}

static void route(mb_realign *realign)
{
    const mb_partition sent = realign->shuffle.sent, received = realign->shuffle.received;
    int me = mb_rank(realign->cx);
    int64_t place = 0;
    span chunks, rest;
    for (int r = 0; r < mb_nranks(realign->cx); r++) {
        find_rows(realign, me, r, &chunks, &rest);
        sent.counts[r] = span_words(realign, chunks, rest);
        find_rows(realign, r, me, &chunks, &rest);
        received.counts[r] = span_words(realign, chunks, rest);
        received.starts[r] = place;
        place += received.counts[r];
    }
    mb_shuffle_route(&realign->shuffle);
}

// Copies the rows of a span from columns to a message or back, and returns where that goes on.
static int64_t *pack(const mb_realign *realign, int64_t *const *columns, span rows, int64_t local,
                     int64_t *message, bool back)
{
    int64_t n = rows.end - rows.first;
    for (int k = 0; k < realign->n_columns && n; k++) {
        int64_t *column = columns[k] + local;
        memcpy(back ? column : message, back ? message : column, (size_t)n * sizeof *column);
        message += n;
    }
    return message;
}

static int64_t *received_from(const mb_realign *realign, int rank)
{
    return (int64_t *)realign->receiving->data + realign->shuffle.received.starts[rank];
}

// What rank 0 is to keep waits in `receiving`.
void mb_realign_move(mb_realign *realign, int64_t *const *columns)
{
    mb_context *cx = realign->cx;
    int me = mb_rank(cx);
    int64_t start = realign->start[me];
    span chunks, rest;
    route(realign);
    for (int r = 0; r < mb_nranks(cx); r++) {
        int64_t *message = (int64_t *)realign->sending->data + realign->shuffle.sent.starts[r];
        find_rows(realign, me, r, &chunks, &rest);
        message = pack(realign, columns, chunks, chunks.first - start, message, false);
        pack(realign, columns, rest, rest.first - start, message, false);
    }
    mb_shuffle_send(&realign->shuffle, realign->sending->data, sizeof(int64_t),
                    realign->receiving->data);
    for (int r = 0; r < mb_nranks(cx); r++) {
        find_rows(realign, r, me, &chunks, &rest);
        pack(realign, columns, chunks, chunks.first - start, received_from(realign, r), true);
    }
}

void mb_realign_keep(mb_realign *realign, int64_t *const *columns)
{
    int nranks = mb_nranks(realign->cx);
    int64_t full = realign->chunk[nranks], own = realign->start[1] - full;
    for (int k = 0; k < realign->n_columns && own > 0; k++)
        memmove(columns[k], columns[k] + full, (size_t)own * sizeof(int64_t));
    for (int r = 1; r < nranks; r++) {
        span chunks, rest;
        find_rows(realign, r, 0, &chunks, &rest);
        pack(realign, columns, rest, rest.first - full,
             received_from(realign, r) + span_words(realign, chunks, (span){0, 0}), true);
    }
}
