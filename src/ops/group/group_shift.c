// Each rank keeps of every local group the last n values that it has walked past, or all where it
// has fewer, in slots that are used in turn. At first slots have what is before the rows of this
// rank: a group's owner hears from each rank, in rank order, the last values of its rows and how
// many rows it has, and so knows what is before those of the next. Only as many values are told,
// and kept, as a rank has rows of a group. For rows behind, all of it runs from the last row to the
// first.

#include "ops/group/group_shift.h"

#include <string.h>

#include "comm/comm.h"
#include "comm/lockstep.h"
#include "ops/move/widen.h"

enum { PIECE = 4096 };
MB_WHOLE_WORDS(PIECE);

typedef struct shifting {
    mb_context *cx;
    const mb_numbering *numbering;
    mb_column *column; // owned; laid out as the grouped rows
    mb_column *made;
    mb_storage storage;
    int64_t rows;
    uint64_t n; // how far
    bool back;  // rows behind are asked for
    const mb_value *fill;
    mb_buffer *values;                 // in the result's storage, if that is another
    mb_buffer *counts, *slots;         // int64_t, of each local group: rows, slots
    mb_buffer *counts_got, *slots_got; // of each group received
    mb_buffer *starts, *used;          // int64_t, of each local group: its first slot, slots used
    mb_buffer *kept, *got;             // uint64_t: the values of slots, and those received
    mb_buffer *kept_there, *got_there; // whether there is one
    mb_shuffle of_slots;               // of the slots of local groups to their owners
    int64_t nslots;
    mb_buffer *told, *told_there; // what is told the ranks: as long as those received
    mb_buffer *ends;              // int64_t: where the values of a received group end
    mb_buffer *earlier, *last;    // of each received group the one before it, -1: none
    mb_buffer *there;             // a byte for each row of the result
} shifting;

static const void *rows_of(const shifting *work)
{
    return work->values ? work->values->data : work->column->values.data;
}

// --- Slots.

static mb_status count_slots(shifting *work)
{
    const mb_numbering *numbering = work->numbering;
    const int64_t ngroups = numbering->local.n;
    mb_status status;
    MB_TRY(mb_buffer_new_zeroed(work->cx, ngroups, sizeof(int64_t), &work->counts));
    MB_TRY(mb_buffer_new_array(work->cx, ngroups, sizeof(int64_t), &work->slots));
    MB_TRY(mb_buffer_new_array(work->cx, ngroups, sizeof(int64_t), &work->starts));
    MB_TRY(mb_buffer_new_zeroed(work->cx, ngroups, sizeof(int64_t), &work->used));
    int64_t *counts = work->counts->data, *slots = work->slots->data, *starts = work->starts->data;
    mb_factors_count(&numbering->local, work->rows, counts);
    for (int64_t g = 0; g < ngroups; g++) {
        starts[g] = work->nslots;
        slots[g] = (uint64_t)counts[g] < work->n ? counts[g] : (int64_t)work->n;
        work->nslots += slots[g];
    }
    MB_TRY(mb_memory_need(work->cx, 9 * work->nslots));
    MB_TRY(mb_buffer_new_zeroed(work->cx, work->nslots, sizeof(uint64_t), &work->kept));
    MB_TRY(mb_buffer_new_zeroed(work->cx, work->nslots, 1, &work->kept_there));
done:
    return status;
}

static uint64_t load(const void *rows, int width, int64_t row)
{
    uint64_t word = 0;
    memcpy(&word, (const char *)rows + row * width, (size_t)width);
    return word;
}

// Fills the slots of each group with its last rows on this rank, in the order of the walk: walks
// against it until all slots are filled.
static void keep_last(shifting *work)
{
    const mb_numbering *numbering = work->numbering;
    const int64_t *slots = work->slots->data, *starts = work->starts->data;
    const void *rows = rows_of(work);
    int64_t *used = work->used->data, left = work->nslots;
    uint64_t *kept = work->kept->data;
    uint8_t *there = work->kept_there->data;
    uint32_t room[PIECE];
    for (int64_t done = 0; done < work->rows && left > 0; done += PIECE) {
        int64_t n = work->rows - done < PIECE ? work->rows - done : PIECE;
        int64_t first = work->back ? done : work->rows - done - n;
        const uint32_t *groups = mb_factors_take(&numbering->local, first, n, room);
        for (int64_t k = 0; k < n; k++) {
            const int64_t i = work->back ? k : n - 1 - k;
            const uint32_t g = groups[i];
            if (used[g] == slots[g]) continue;
            const int64_t slot = starts[g] + slots[g] - ++used[g];
            kept[slot] = load(rows, work->storage.width, first + i);
            there[slot] = mb_column_valid(work->column, first + i);
            left--;
        }
    }
}

// --- What is before the rows of each rank.

static mb_status open_owned(shifting *work)
{
    const mb_numbering *numbering = work->numbering;
    const mb_shuffle *shuffle = &numbering->shuffle;
    mb_context *cx = work->cx;
    const int64_t n = shuffle->n_received;
    mb_status status;
    MB_TRY(mb_shuffle_open(cx, 0, &work->of_slots));
    mb_shuffle_lengths(shuffle, work->slots->data, work->slots_got->data, &work->of_slots);
    const int64_t slots = work->of_slots.n_received;
    MB_TRY(mb_memory_need(cx, 18 * slots + 16 * n));
    MB_TRY(mb_buffer_new_array(cx, slots, sizeof(uint64_t), &work->got));
    MB_TRY(mb_buffer_new_array(cx, slots, 1, &work->got_there));
    MB_TRY(mb_buffer_new_array(cx, slots, sizeof(uint64_t), &work->told));
    MB_TRY(mb_buffer_new_array(cx, slots, 1, &work->told_there));
    MB_TRY(mb_buffer_new_array(cx, n, sizeof(int64_t), &work->ends));
    MB_TRY(mb_buffer_new_array(cx, n, sizeof(int64_t), &work->earlier));
    MB_TRY(mb_buffer_new_array(cx, mb_numbering_share(numbering), sizeof(int64_t), &work->last));
done:
    return status;
}

// Links each received group to the same group of the rank before it in the order of the walk.
static void link_ranks(shifting *work)
{
    const mb_numbering *numbering = work->numbering;
    const uint32_t *group_ids = numbering->group_ids->data;
    const int64_t n = numbering->shuffle.n_received, *slots = work->slots_got->data;
    int64_t *ends = work->ends->data, *earlier = work->earlier->data, *last = work->last->data;
    int64_t end = 0;
    for (int64_t i = 0; i < n; i++)
        ends[i] = end += slots[i];
    memset(last, 0xff, (size_t)mb_numbering_share(numbering) * sizeof *last);
    for (int64_t k = 0; k < n; k++) {
        const int64_t i = work->back ? n - 1 - k : k;
        earlier[i] = last[group_ids[i]];
        last[group_ids[i]] = i;
    }
}

// Tells each rank what is n before the first rows that it has of a group.
static void tell(shifting *work)
{
    const int64_t *slots = work->slots_got->data, *counts = work->counts_got->data;
    const int64_t *ends = work->ends->data, *earlier = work->earlier->data;
    const uint64_t *got = work->got->data;
    const uint8_t *got_there = work->got_there->data;
    uint64_t *told = work->told->data;
    uint8_t *told_there = work->told_there->data;
    for (int64_t i = 0; i < work->numbering->shuffle.n_received; i++) {
        int64_t rank = earlier[i]; // in which the value is so far from the end
        uint64_t far = work->n - (uint64_t)slots[i];
        for (int64_t slot = ends[i] - 1; slot >= ends[i] - slots[i]; slot--) {
            far++;
            while (rank >= 0 && far > (uint64_t)counts[rank]) {
                far -= (uint64_t)counts[rank];
                rank = earlier[rank];
            }
            const int64_t from = rank < 0 ? -1 : ends[rank] - (int64_t)far;
            told[slot] = from < 0 ? 0 : got[from];
            told_there[slot] = from < 0 ? 2 : got_there[from]; // 2: there is no such row
        }
    }
}

static mb_status bring(shifting *work)
{
    const mb_shuffle *shuffle = &work->numbering->shuffle;
    const int64_t n = shuffle->n_received;
    mb_context *cx = work->cx;
    mb_status status = mb_buffer_new_array(cx, n, sizeof(int64_t), &work->counts_got);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(int64_t), &work->slots_got);
    MB_TRY(mb_step(cx, status, NULL));
    mb_shuffle_send(shuffle, work->counts->data, sizeof(int64_t), work->counts_got->data);
    mb_shuffle_send(shuffle, work->slots->data, sizeof(int64_t), work->slots_got->data);
    MB_TRY(mb_step(cx, open_owned(work), NULL));
    mb_shuffle_send(&work->of_slots, work->kept->data, sizeof(uint64_t), work->got->data);
    mb_shuffle_send(&work->of_slots, work->kept_there->data, 1, work->got_there->data);
    link_ranks(work);
    tell(work);
    mb_shuffle_reply(&work->of_slots, work->told->data, sizeof(uint64_t), work->kept->data);
    mb_shuffle_reply(&work->of_slots, work->told_there->data, 1, work->kept_there->data);
done:
    return status;
}

// --- The walk.

// Puts the fill into slots of rows that are not there.
static void fill_slots(shifting *work)
{
    uint64_t *kept = work->kept->data;
    uint8_t *there = work->kept_there->data;
    const mb_kind kind = work->column->type->kind;
    const uint64_t word = work->fill ? mb_widen_word(kind, work->storage, *work->fill) : 0;
    for (int64_t i = 0; i < work->nslots; i++) {
        if (there[i] != 2) continue;
        kept[i] = word;
        there[i] = work->fill != NULL;
    }
}

// Takes the rows of a piece out of the slots of their groups, and puts those of the column there;
// a slot has a value and whether there is one.
#define WALK(type)                                                                                 \
    static void walk_##type(const shifting *work, const uint32_t *groups, int64_t first,           \
                            int64_t n)                                                             \
    {                                                                                              \
        const type *values = (const type *)rows_of(work) + first;                                  \
        type *out = (type *)work->made->values.buffer->data + first;                               \
        uint8_t *there = (uint8_t *)work->there->data + first;                                     \
        const int64_t *slots = work->slots->data, *starts = work->starts->data;                    \
        int64_t *used = work->used->data;                                                          \
        uint64_t *kept = work->kept->data;                                                         \
        uint8_t *kept_there = work->kept_there->data;                                              \
        const bool misses = work->column->validity.data != NULL, single = work->n == 1;            \
        for (int64_t k = 0; k < n; k++) {                                                          \
            const int64_t i = work->back ? n - 1 - k : k;                                          \
            const uint32_t g = groups[i];                                                          \
            int64_t slot = g;                                                                      \
            if (!single) {                                                                         \
                slot = starts[g] + used[g];                                                        \
                used[g] = used[g] + 1 == slots[g] ? 0 : used[g] + 1;                               \
            }                                                                                      \
            out[i] = (type)kept[slot];                                                             \
            there[i] = kept_there[slot];                                                           \
            kept[slot] = values[i];                                                                \
            kept_there[slot] = !misses || mb_column_valid(work->column, first + i);                \
        }                                                                                          \
    }

WALK(uint8_t)
WALK(uint16_t)
WALK(uint32_t)
WALK(uint64_t)

static void walk(shifting *work)
{
    static void (*const walks[])(const shifting *, const uint32_t *, int64_t, int64_t) = {
        walk_uint8_t, walk_uint16_t, walk_uint32_t, walk_uint64_t};
    uint32_t room[PIECE];
    memset(work->used->data, 0, (size_t)work->numbering->local.n * sizeof(int64_t));
    for (int64_t done = 0; done < work->rows; done += PIECE) {
        int64_t n = work->rows - done < PIECE ? work->rows - done : PIECE;
        int64_t first = work->back ? work->rows - done - n : done;
        const uint32_t *groups = mb_factors_take(&work->numbering->local, first, n, room);
        walks[mb_width_index(work->storage.width)](work, groups, first, n);
    }
    if (!work->made->validity.data) return;
    const uint8_t *there = work->there->data;
    uint64_t *words = work->made->validity.buffer->data;
    memset(words, 0, (size_t)mb_validity_words(work->rows) * sizeof *words);
    for (int64_t i = 0; i < work->rows; i++)
        words[i / 64] |= (uint64_t)there[i] << (i % 64);
}

// --- The operation.

static mb_status prepare(shifting *work)
{
    const mb_column *column = work->column;
    const mb_new_values added = {.scalar = work->fill};
    const bool may_miss = column->facts.missing || !work->fill;
    mb_status status;
    work->storage = mb_widen_storage(column, added);
    const mb_storage storage = work->storage;
    bool same = storage.width == column->values.width && storage.base == column->values.base;
    MB_TRY(mb_memory_need(work->cx, work->rows * (storage.width * (same ? 1 : 2) + 1) +
                                        32 * work->numbering->local.n));
    if (!same) {
        MB_TRY(mb_buffer_new_array(work->cx, work->rows, (size_t)storage.width, &work->values));
        mb_widen_copy(column, storage, work->values->data);
    }
    MB_TRY(mb_buffer_new_array(work->cx, work->rows, 1, &work->there));
    MB_TRY(mb_widen_new(work->cx, column, added, storage, may_miss, &work->made));
    MB_TRY(count_slots(work));
done:
    return status;
}

static void release(shifting *work)
{
    mb_buffer *buffers[] = {work->values,     work->counts,     work->slots,     work->counts_got,
                            work->slots_got,  work->starts,     work->used,      work->kept,
                            work->got,        work->kept_there, work->got_there, work->told,
                            work->told_there, work->ends,       work->earlier,   work->last,
                            work->there};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        mb_buffer_release(buffers[i]);
    mb_shuffle_close(&work->of_slots);
    mb_column_release(work->column);
    mb_column_release(work->made);
}

mb_status mb_group_shift(mb_numbering *numbering, mb_column *column, int64_t n,
                         const mb_value *fill, mb_column **result)
{
    mb_context *cx = numbering->cx;
    shifting work = {.cx = cx,
                     .numbering = numbering,
                     .rows = mb_layout_rows(numbering->rows, mb_rank(cx)),
                     .n = n < 0 ? -(uint64_t)n : (uint64_t)n,
                     .back = n < 0,
                     .fill = fill};
    mb_status status;
    MB_TRY(mb_settle(cx, column, numbering->rows, &work.column));
    MB_TRY(mb_step(cx, prepare(&work), NULL));
    if (mb_nranks(cx) > 1) {
        keep_last(&work);
        MB_TRY(bring(&work));
    } else {
        memset(work.kept_there->data, 2, (size_t)work.nslots);
    }
    fill_slots(&work);
    walk(&work);
    mb_payload payload = {.count = (uint64_t)mb_column_missing_here(work.made)};
    MB_TRY(mb_conclude(cx, MB_OK, &payload));
    mb_column_set_missing(work.made, (int64_t)payload.count);
    *result = mb_column_retain(work.made);
done:
    release(&work);
    return status;
}
