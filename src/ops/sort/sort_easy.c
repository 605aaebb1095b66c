// Sorts of few rows, and of rows in descending order.

#include <string.h>

#include "column/storage.h"
#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"
#include "ops/sort/sort_internal.h"

// --- Few rows: every rank sorts all of them, and keeps its share.

typedef struct collected {
    uint64_t *keys;
} collected;

static mb_status collect_block(void *state, uint64_t *const *words, int64_t first, int64_t n)
{
    collected *collected = state;
    memcpy(collected->keys + first, words[0], (size_t)n * sizeof(uint64_t));
    return MB_OK;
}

static uint64_t collected_key(const void *state, int64_t index)
{
    return ((const collected *)state)->keys[index];
}

static void emit_few(const mb_sorting *sorting, const uint64_t *sorted, int index_bits,
                     uint64_t *keys, uint64_t *spare, mb_column *result)
{
    int rank = mb_rank(sorting->cx);
    int64_t first = sorting->to->start[rank], n = mb_layout_rows(sorting->to, rank);
    mb_moved_words how = {.row_bits = index_bits};
    if (!sorting->values) {
        sorting->kernels->emit_rows(sorted + first, n, &how, result->values.buffer->data);
        return;
    }
    uint64_t mask = (UINT64_C(1) << index_bits) - 1;
    for (int64_t i = 0; i < n; i++)
        spare[i] = keys[sorted[first + i] & mask];
    if (n) mb_sort_emit_values(sorting, spare, n, 0, result, 0);
}

mb_status mb_sort_small(mb_sorting *sorting, mb_column *result)
{
    mb_context *cx = sorting->cx;
    int64_t n = sorting->from->n_global;
    mb_buffer *memory = NULL;
    collected mine, all;
    mb_status status = mb_buffer_new_array(cx, 4 * n, sizeof(uint64_t), &memory);
    if (status) return status;
    all.keys = memory->data;
    mine.keys = all.keys + n;
    uint64_t *words = mine.keys, *scratch = words + n, *spare = scratch + n;
    status = mb_keys_each(cx, &sorting->keys, sorting->columns, collect_block, &mine);
    MB_TRY(mb_step(cx, status, NULL));
    mb_gather_rows(cx, mine.keys, sorting->from, 0, n, sizeof(uint64_t), all.keys);
    int index_bits = mb_bits_below(n), over = sorting->keys.bits[0] + index_bits - 64;
    int drop = over > 0 ? over : 0;
    for (int64_t i = 0; i < n; i++)
        words[i] = all.keys[i] >> drop << index_bits | (uint64_t)i;
    const uint64_t *sorted =
        mb_sort_words(sorting->cx->isa, words, scratch, n, index_bits, drop, collected_key, &all);
    emit_few(sorting, sorted, index_bits, all.keys, spare, result);
done:
    mb_buffer_release(memory);
    return status;
}

// --- Descending order: rows are reversed, except that rows of one key keep their order.

// Of each rank, on all ranks: its first and last key, and how many rows have these.
typedef struct edge {
    uint64_t first, last;
    int64_t first_run, last_run;
} edge;

typedef struct mirroring {
    mb_sorting *sorting;
    int64_t rows; // of this rank
    edge edge;
    int64_t run; // local row that the current run begins with
    bool wide;
    void *positions; // of 4 or 8 bytes, backwards
} mirroring;

// Positions of a run of rows with one key, global rows first .. end - 1, of those from `low` to
// below `high`: the run backwards, so that it is forwards in the mirrored order.
static void place_run(const mirroring *pass, int64_t first, int64_t end, int64_t low, int64_t high)
{
    const mb_sorting *sorting = pass->sorting;
    int64_t start = sorting->from->start[mb_rank(sorting->cx)], last = start + pass->rows - 1;
    for (int64_t row = low; row < high; row++) {
        int64_t position = first + end - row;
        if (pass->wide)
            ((int64_t *)pass->positions)[last - row] = position;
        else
            ((uint32_t *)pass->positions)[last - row] = (uint32_t)position;
    }
}

static mb_status mirror_block(void *state, uint64_t *const *words, int64_t first, int64_t n)
{
    mirroring *pass = state;
    edge *edge = &pass->edge;
    int64_t start = pass->sorting->from->start[mb_rank(pass->sorting->cx)];
    const uint64_t *keys = words[0];
    if (first == 0) edge->first = edge->last = keys[0];
    for (int64_t i = 0; i < n; i++) {
        if (keys[i] == edge->last) continue;
        int64_t begin = start + pass->run, end = start + first + i;
        if (pass->run == 0)
            edge->first_run = first + i;
        else
            place_run(pass, begin, end, begin, end);
        pass->run = first + i;
        edge->last = keys[i];
    }
    return MB_OK;
}

// The first row of the run that goes on at the start of a rank, and the end of the one at its end.
static int64_t run_begin(const mb_layout *layout, const edge *edges, int rank)
{
    int64_t begin = layout->start[rank];
    uint64_t key = edges[rank].first;
    for (int r = rank - 1; r >= 0; r--) {
        int64_t rows = mb_layout_rows(layout, r);
        if (rows == 0) continue;
        if (edges[r].last != key) break;
        begin -= edges[r].last_run;
        if (edges[r].last_run < rows) break;
    }
    return begin;
}

static int64_t run_end(const mb_layout *layout, const edge *edges, int rank)
{
    int64_t end = layout->start[rank + 1];
    uint64_t key = edges[rank].last;
    for (int r = rank + 1; r < layout->nranks; r++) {
        int64_t rows = mb_layout_rows(layout, r);
        if (rows == 0) continue;
        if (edges[r].first != key) break;
        end += edges[r].first_run;
        if (edges[r].first_run < rows) break;
    }
    return end;
}

// The runs at a rank's ends, which may go on on others.
static void place_edges(const mirroring *pass, const edge *edges)
{
    const mb_layout *from = pass->sorting->from;
    int rank = mb_rank(pass->sorting->cx);
    if (pass->rows == 0) return;
    int64_t start = from->start[rank], end = from->start[rank + 1];
    int64_t begin = run_begin(from, edges, rank), over = run_end(from, edges, rank);
    if (pass->run == 0) {
        place_run(pass, begin, over, start, end);
        return;
    }
    place_run(pass, begin, start + pass->edge.first_run, start, start + pass->edge.first_run);
    place_run(pass, start + pass->run, over, start + pass->run, end);
}

static mb_status mirror_positions(mb_sorting *sorting, mb_column *result, mb_buffer *send)
{
    mb_context *cx = sorting->cx;
    mirroring pass = {
        .sorting = sorting, .positions = send->data, .wide = result->values.width == 8};
    mb_buffer *edges = NULL;
    pass.rows = mb_layout_rows(sorting->from, mb_rank(cx));
    mb_status status = mb_buffer_new_array(cx, mb_nranks(cx), sizeof(edge), &edges);
    if (!status) status = mb_keys_each(cx, &sorting->keys, sorting->columns, mirror_block, &pass);
    MB_TRY(mb_step(cx, status, NULL));
    pass.edge.last_run = pass.rows - pass.run;
    if (pass.run == 0) pass.edge.first_run = pass.rows;
    mb_gather_all(cx, &pass.edge, sizeof pass.edge, edges->data);
    place_edges(&pass, edges->data);
done:
    mb_buffer_release(edges);
    return status;
}

#define REVERSE(type)                                                                              \
    for (int64_t i = 0; i < n; i++)                                                                \
    ((type *)out)[i] = ((const type *)in)[n - 1 - i]

static void reverse_block(const void *in, int64_t n, int width, void *out)
{
    switch (width) {
    case 1: REVERSE(uint8_t); break;
    case 2: REVERSE(uint16_t); break;
    case 4: REVERSE(uint32_t); break;
    default: REVERSE(uint64_t); break;
    }
}

// Writes past the caches; `out` is the memory of a buffer.
static void reverse_values(mb_isa isa, const void *in, int64_t n, int width, void *out)
{
    const mb_storage_kernels *storage = mb_storage_kernels_of(isa);
    _Alignas(MB_ALIGNMENT) uint64_t room[MB_KEY_ROWS];
    for (int64_t at = 0, rows; at < n; at += rows) {
        rows = n - at < MB_KEY_ROWS ? n - at : MB_KEY_ROWS;
        reverse_block((const char *)in + (n - at - rows) * width, rows, width, room);
        storage->stream(room, (size_t)(rows * width), (char *)out + at * width);
    }
}

mb_status mb_sort_mirror(mb_sorting *sorting, mb_column *result)
{
    mb_context *cx = sorting->cx;
    mb_buffer *send = NULL;
    int64_t rows = mb_layout_rows(sorting->from, mb_rank(cx));
    mb_status status = mb_buffer_new_array(cx, rows, (size_t)result->values.width, &send);
    if (status) return status;
    if (!sorting->values)
        MB_TRY(mirror_positions(sorting, result, send));
    else
        reverse_values(cx->isa, sorting->columns[0]->values.data, rows, result->values.width,
                       send->data);
    MB_TRY(mb_step(cx, status, NULL));
    mb_shuffle_mirrored(cx, send->data, sorting->from, result->values.buffer->data, sorting->to,
                        (size_t)result->values.width);
done:
    mb_buffer_release(send);
    return status;
}
