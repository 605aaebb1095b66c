#include "ops/group/group_top.h"

#include <string.h>

#include "column/builder.h"
#include "column/realign.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "order/order.h"

// A row by its code: the lowest ones are best, and of equal ones the first row.
typedef struct candidate {
    uint64_t code;
    int64_t row; // from 1 on
} candidate;

static inline bool is_better(candidate a, candidate b)
{
    return a.code != b.code ? a.code < b.code : a.row < b.row;
}

// Heaps of candidates, the worst one on top: that of list i has counts[i] of the candidates from
// starts[i] on, and room up to starts[i + 1].
typedef struct heaps {
    int64_t n;
    int64_t *starts, *counts;
    uint64_t *bounds; // no candidate with a larger code is wanted
    candidate *candidates;
    mb_buffer *memory, *candidate_memory;
} heaps;

typedef struct top {
    mb_context *cx;
    const mb_numbering *numbering;
    mb_column *column; // owned
    int64_t k;
    uint64_t flip; // makes order keys codes
    bool has_nan;
    int64_t first_row;  // of this rank, from 1
    heaps local, own;   // of this rank's local groups, and of the groups that it owns
    mb_shuffle shuffle; // of candidates
    mb_buffer *received, *received_counts;
    mb_builder *builders[3]; // values, positions, counts
    mb_column *made[3];
} top;

// --- Heaps.

static void sift_down(candidate *heap, int64_t n, int64_t at)
{
    candidate moved = heap[at];
    for (int64_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && is_better(heap[child], heap[child + 1])) child++;
        if (!is_better(moved, heap[child])) break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

static void sift_up(candidate *heap, int64_t at)
{
    candidate moved = heap[at];
    for (int64_t parent; at > 0; at = parent) {
        parent = (at - 1) / 2;
        if (!is_better(heap[parent], moved)) break;
        heap[at] = heap[parent];
    }
    heap[at] = moved;
}

// Adds a candidate to a list, unless it is full of better ones.
static void add(heaps *heaps, int64_t list, candidate candidate)
{
    struct candidate *heap = heaps->candidates + heaps->starts[list];
    int64_t room = heaps->starts[list + 1] - heaps->starts[list];
    if (heaps->counts[list] < room) {
        heap[heaps->counts[list]] = candidate;
        sift_up(heap, heaps->counts[list]++);
        if (heaps->counts[list] < room) return;
    } else if (room > 0 && is_better(candidate, heap[0])) {
        heap[0] = candidate;
        sift_down(heap, room, 0);
    } else {
        return;
    }
    heaps->bounds[list] = heap[0].code;
}

// Heapsort: the best candidate of each list first.
static void sort_lists(heaps *heaps)
{
    for (int64_t i = 0; i < heaps->n; i++) {
        candidate *heap = heaps->candidates + heaps->starts[i];
        for (int64_t n = heaps->counts[i]; n > 1;) {
            candidate worst = heap[0];
            heap[0] = heap[--n];
            sift_down(heap, n, 0);
            heap[n] = worst;
        }
    }
}

static mb_status open_lists(mb_context *cx, int64_t n, heaps *heaps)
{
    mb_status status = mb_buffer_new_zeroed(cx, 3 * n + 1, sizeof(int64_t), &heaps->memory);
    if (status) return status;
    heaps->n = n;
    heaps->starts = heaps->memory->data;
    heaps->counts = heaps->starts + n + 1;
    heaps->bounds = (uint64_t *)heaps->counts + n;
    return MB_OK;
}

// Makes room for as many candidates as `counts` says, at most k of a list, and empties the lists.
static mb_status open_heaps(mb_context *cx, int64_t k, heaps *heaps)
{
    for (int64_t i = 0; i < heaps->n; i++) {
        int64_t room = heaps->counts[i] < k ? heaps->counts[i] : k;
        heaps->starts[i + 1] = heaps->starts[i] + room;
        heaps->bounds[i] = UINT64_MAX;
        heaps->counts[i] = 0;
    }
    const int64_t all = heaps->starts[heaps->n], size = (int64_t)sizeof(candidate);
    mb_status status = mb_memory_need(cx, all * size);
    if (status) return status;
    status = mb_buffer_new_array(cx, all, sizeof(candidate), &heaps->candidate_memory);
    if (!status) heaps->candidates = heaps->candidate_memory->data;
    return status;
}

static void close_heaps(heaps *heaps)
{
    mb_buffer_release(heaps->memory);
    mb_buffer_release(heaps->candidate_memory);
}

// --- The pass over the rows.

static mb_status open_local(top *top)
{
    const mb_factors *groups = &top->numbering->local;
    mb_status status = open_lists(top->cx, groups->n, &top->local);
    if (status) return status;
    int64_t rows = mb_layout_rows(top->numbering->rows, mb_rank(top->cx));
    mb_factors_count(groups, rows, top->local.counts);
    return open_heaps(top->cx, top->k, &top->local);
}

static mb_status take_rows(void *state, const uint64_t *orders, const uint8_t *valid, int64_t first,
                           int64_t n)
{
    enum { AHEAD = 16 };
    top *top = state;
    heaps *local = &top->local;
    uint32_t room[MB_ORDER_ROWS];
    const uint32_t *groups = mb_factors_take(&top->numbering->local, first, n, room);
    for (int64_t i = 0; i < n; i++) {
        const uint64_t code = orders[i] ^ top->flip;
        const uint32_t group = groups[i];
        __builtin_prefetch(&local->bounds[groups[i + AHEAD < n ? i + AHEAD : i]]);
        if (code > local->bounds[group]) continue;
        if ((valid && !valid[i]) || (top->has_nan && orders[i] == MB_ORDER_NAN)) continue;
        add(local, group, (candidate){code, top->first_row + first + i});
    }
    return MB_OK;
}

// The status is this rank's own.
static mb_status find_local(top *top, mb_column *column)
{
    mb_status status = mb_settle(top->cx, column, top->numbering->rows, &top->column);
    if (!status) status = open_local(top);
    MB_TRY(mb_step(top->cx, status, NULL));
    status = mb_order_each(top->cx, top->column, take_rows, NULL, top);
    if (!status) sort_lists(&top->local);
done:
    return status;
}

// --- From local groups to their owners.

// Moves the candidates of all lists together.
static void close_gaps(heaps *heaps)
{
    int64_t at = 0;
    for (int64_t i = 0; i < heaps->n; i++) {
        memmove(heaps->candidates + at, heaps->candidates + heaps->starts[i],
                (size_t)heaps->counts[i] * sizeof(candidate));
        heaps->starts[i] = at;
        at += heaps->counts[i];
    }
    heaps->starts[heaps->n] = at;
}

static mb_status open_exchange(top *top)
{
    const mb_numbering *numbering = top->numbering;
    int64_t received = numbering->shuffle.n_received;
    close_gaps(&top->local);
    mb_status status =
        mb_buffer_new_array(top->cx, received, sizeof(int64_t), &top->received_counts);
    if (!status) status = mb_shuffle_open(top->cx, 0, &top->shuffle);
    if (!status) status = open_lists(top->cx, mb_numbering_share(numbering), &top->own);
    return status;
}

// Adds what has come to the heaps of this rank's groups: from rank after rank, whose rows ascend.
static void merge_received(top *top)
{
    const uint32_t *group_ids = top->numbering->group_ids->data;
    const int64_t *counts = top->received_counts->data;
    const candidate *received = top->received->data;
    for (int64_t i = 0; i < top->numbering->shuffle.n_received; i++)
        for (int64_t c = 0; c < counts[i]; c++)
            add(&top->own, group_ids[i], *received++);
    sort_lists(&top->own);
    close_gaps(&top->own);
}

static mb_status bring_candidates(top *top, mb_status status)
{
    mb_context *cx = top->cx;
    const mb_numbering *numbering = top->numbering;
    const uint32_t *group_ids = numbering->group_ids->data;
    if (!status) status = open_exchange(top);
    MB_TRY(mb_step(cx, status, NULL));
    int64_t *counts = top->received_counts->data;
    mb_shuffle_send(&numbering->shuffle, top->local.counts, sizeof *counts, counts);
    mb_shuffle_lengths(&numbering->shuffle, top->local.counts, counts, &top->shuffle);
    for (int64_t i = 0; i < numbering->shuffle.n_received; i++)
        top->own.counts[group_ids[i]] += counts[i];
    status = open_heaps(cx, top->k, &top->own);
    if (!status)
        status =
            mb_buffer_new_array(cx, top->shuffle.n_received, sizeof(candidate), &top->received);
    MB_TRY(mb_step(cx, status, NULL));
    mb_shuffle_send(&top->shuffle, top->local.candidates, sizeof(candidate), top->received->data);
    merge_received(top);
done:
    return status;
}

// --- The results.

static mb_status append_best(top *top)
{
    enum { PIECE = 1024 };
    mb_context *cx = top->cx;
    const heaps *own = &top->own;
    const mb_kind kind = top->column->type->kind;
    const mb_range guess = {1, (uint64_t)top->numbering->rows->n_global};
    const int64_t n = own->starts[own->n];
    mb_status status;
    int width = mb_column_pending(top->column) ? 8 : top->column->values.width;
    MB_TRY(mb_builder_open(cx, top->column->type, n, NULL, width, &top->builders[0]));
    MB_TRY(mb_builder_open(cx, &mb_type_int, n, &guess, 8, &top->builders[1]));
    MB_TRY(mb_builder_open(cx, &mb_type_int, own->n, NULL, 8, &top->builders[2]));
    MB_TRY(mb_builder_append(top->builders[2], own->counts, NULL, own->n));
    for (int64_t first = 0; first < n; first += PIECE) {
        int64_t some = n - first < PIECE ? n - first : PIECE, rows[PIECE];
        uint64_t words[PIECE];
        for (int64_t i = 0; i < some; i++) {
            words[i] = mb_unorder_value(kind, own->candidates[first + i].code ^ top->flip).bits;
            rows[i] = own->candidates[first + i].row;
        }
        MB_TRY(mb_builder_append_words(top->builders[0], words, NULL, some));
        MB_TRY(mb_builder_append(top->builders[1], rows, NULL, some));
    }
done:
    return status;
}

static mb_status build(top *top, mb_group_best *best)
{
    mb_context *cx = top->cx;
    mb_layout *found = NULL, *even = NULL;
    mb_column *columns[2] = {NULL, NULL};
    mb_status status;
    const int64_t n = top->own.starts[top->own.n];
    MB_TRY(mb_layout_gather(cx, append_best(top), n, NULL, &found));
    MB_TRY(mb_layout_even(cx, found->n_global, &even));
    mb_layout *layouts[] = {found, found, top->numbering->groups};
    MB_TRY(mb_builder_finish(cx, top->builders, 3, layouts, MB_GROUP_RESULTS, top->made));
    for (int i = 0; i < 2; i++)
        MB_TRY(mb_column_realign(cx, top->made[i], even, &columns[i]));
    *best = (mb_group_best){columns[0], columns[1], top->made[2]};
    columns[0] = columns[1] = top->made[2] = NULL;
done:
    for (int i = 0; i < 2; i++)
        mb_column_release(columns[i]);
    mb_layout_release(found);
    mb_layout_release(even);
    return status;
}

static void close_top(top *top)
{
    mb_column_release(top->column);
    close_heaps(&top->local);
    close_heaps(&top->own);
    mb_shuffle_close(&top->shuffle);
    mb_buffer_release(top->received);
    mb_buffer_release(top->received_counts);
    for (int i = 0; i < 3; i++) {
        mb_builder_close(top->builders[i]);
        mb_column_release(top->made[i]);
    }
}

mb_status mb_group_top(mb_numbering *numbering, mb_column *column, int64_t k, bool largest,
                       mb_group_best *best)
{
    top top = {.cx = numbering->cx, .numbering = numbering, .k = k};
    mb_status status;
    top.flip = largest ? UINT64_MAX : 0;
    top.has_nan = mb_kind_has_nan(column->type->kind);
    top.first_row = numbering->rows->start[mb_rank(top.cx)] + 1;
    MB_TRY(bring_candidates(&top, find_local(&top, column)));
    MB_TRY(build(&top, best));
done:
    close_top(&top);
    return status;
}
