// Asking the owners of rows for them.

#include <string.h>

#include "comm/comm.h"
#include "comm/exchange.h"
#include "comm/lockstep.h"
#include "ops/move/gather_internal.h"

enum { BLOCK = MB_POSITION_ROWS };

// to[i] = from[rows[i]], of `width` bytes, where entries are `stride` bytes apart.
void mb_gather_pick(const char *from, int64_t from_stride, const int64_t *rows, int64_t n,
                    int width, char *to, int64_t to_stride)
{
    switch (width) {
    case 1:
        for (int64_t i = 0; i < n; i++)
            to[i * to_stride] = from[rows[i] * from_stride];
        return;
    case 2:
        for (int64_t i = 0; i < n; i++)
            memcpy(to + i * to_stride, from + rows[i] * from_stride, 2);
        return;
    case 4:
        for (int64_t i = 0; i < n; i++)
            memcpy(to + i * to_stride, from + rows[i] * from_stride, 4);
        return;
    default:
        for (int64_t i = 0; i < n; i++)
            memcpy(to + i * to_stride, from + rows[i] * from_stride, 8);
    }
}

// The owners of rows, and how many each has.
static void find_owners(const mb_layout *layout, const int64_t *rows, int64_t n, int32_t *owners,
                        int64_t *counts)
{
    enum { FEW = 16 };
    memset(owners, 0, (size_t)n * sizeof *owners);
    for (int r = 1; r < layout->nranks && layout->nranks <= FEW; r++) {
        int64_t start = layout->start[r];
        for (int64_t i = 0; i < n; i++)
            owners[i] += rows[i] >= start;
    }
    for (int64_t i = 0; i < n; i++) {
        if (layout->nranks > FEW) owners[i] = mb_layout_owner(layout, rows[i]);
        counts[owners[i]]++;
    }
}

// The pieces of a round, in rows; scaled to bytes for each exchange.
typedef struct pieces {
    mb_pieces asked, questions, bytes[2];
} pieces;

static pieces pieces_of(const mb_gathering *gathering)
{
    size_t n = (size_t)gathering->layout->nranks;
    int64_t *at = gathering->words->data;
    return (pieces){{at, at + n},
                    {at + 2 * n, at + 3 * n},
                    {{at + 4 * n, at + 5 * n}, {at + 6 * n, at + 7 * n}}};
}

// Orders the rows of a round by their owners; slots[i] is the place of position first + i.
static void sort_by_owner(const mb_gathering *gathering, int64_t first, int64_t n, mb_pieces asked)
{
    int32_t *owners = gathering->owners->data;
    int64_t *slots = gathering->slots->data, *rows = gathering->asked->data;
    const mb_layout *layout = gathering->layout;
    int64_t mine = layout->start[mb_rank(gathering->cx)], offset = 0;
    memset(asked.counts, 0, (size_t)layout->nranks * sizeof *asked.counts);
    for (int64_t at = 0; at < n; at += BLOCK) {
        int64_t count = n - at < BLOCK ? n - at : BLOCK;
        mb_positions_rows(&gathering->positions, first + at, count, mine, slots + at);
        find_owners(layout, slots + at, count, owners + at, asked.counts);
    }
    for (int r = 0; r < layout->nranks; r++) {
        asked.offsets[r] = offset;
        offset += asked.counts[r];
    }
    for (int64_t i = 0; i < n; i++) {
        int64_t slot = asked.offsets[owners[i]]++;
        rows[slot] = slots[i] - layout->start[owners[i]];
        slots[i] = slot;
    }
    for (int r = 0; r < layout->nranks; r++)
        asked.offsets[r] -= asked.counts[r];
}

// Packed rows, for n row numbers of this rank.
static void answer(const mb_gathering *gathering, const int64_t *rows, int64_t n, char *packed)
{
    for (int64_t first = 0; first < n; first += BLOCK) {
        int64_t count = n - first < BLOCK ? n - first : BLOCK;
        for (int i = 0; i < gathering->nplanes; i++) {
            const mb_plane *plane = &gathering->planes[i];
            mb_gather_pick(plane->from, plane->width, rows + first, count, plane->width,
                           packed + first * gathering->row_bytes + plane->offset,
                           gathering->row_bytes);
        }
    }
}

static void place(const mb_gathering *gathering, int64_t first, int64_t n)
{
    const char *packed = gathering->replies->data;
    const int64_t *slots = gathering->slots->data;
    for (int64_t at = 0; at < n; at += BLOCK) {
        int64_t count = n - at < BLOCK ? n - at : BLOCK;
        for (int i = 0; i < gathering->nplanes; i++) {
            const mb_plane *plane = &gathering->planes[i];
            mb_gather_pick(packed + plane->offset, gathering->row_bytes, slots + at, count,
                           plane->width, plane->to + (first + at) * plane->width, plane->width);
        }
    }
}

// The pieces in bytes, without this rank's own.
static mb_pieces scale(const mb_gathering *gathering, mb_pieces rows, int64_t width,
                       mb_pieces bytes)
{
    for (int r = 0; r < gathering->layout->nranks; r++) {
        bytes.counts[r] = r == mb_rank(gathering->cx) ? 0 : rows.counts[r] * width;
        bytes.offsets[r] = rows.offsets[r] * width;
    }
    return bytes;
}

// Tells all ranks how many rows they are asked for; returns that of this one.
static int64_t exchange_numbers(const mb_gathering *gathering, const pieces *pieces)
{
    int me = mb_rank(gathering->cx), last = gathering->layout->nranks - 1;
    int64_t own = pieces->asked.counts[me];
    pieces->asked.counts[me] = 0;
    mb_exchange_counts(gathering->cx, pieces->asked, pieces->questions);
    pieces->asked.counts[me] = own;
    return pieces->questions.offsets[last] + pieces->questions.counts[last];
}

static mb_status grow(mb_context *cx, int64_t n, int64_t width, mb_buffer **buffer)
{
    if (*buffer && (*buffer)->size >= (size_t)(n * width)) return MB_OK;
    mb_buffer_release(*buffer);
    *buffer = NULL;
    return mb_buffer_new_array(cx, n, (size_t)width, buffer);
}

// A round: positions first .. first + n - 1 of this rank.
static mb_status ask(mb_gathering *gathering, int64_t first, int64_t n)
{
    enum { WIDTH = sizeof(int64_t) };
    mb_context *cx = gathering->cx;
    int me = mb_rank(cx);
    int64_t packed = gathering->row_bytes;
    pieces at = pieces_of(gathering);
    sort_by_owner(gathering, first, n, at.asked);
    int64_t questions = exchange_numbers(gathering, &at);
    mb_status status = grow(cx, questions, WIDTH, &gathering->questions);
    if (!status) status = grow(cx, questions, packed, &gathering->answers);
    status = mb_step(cx, status, NULL);
    if (status) return status;
    mb_exchange(cx, gathering->asked->data, scale(gathering, at.asked, WIDTH, at.bytes[0]),
                gathering->questions->data, scale(gathering, at.questions, WIDTH, at.bytes[1]));
    answer(gathering, gathering->questions->data, questions, gathering->answers->data);
    mb_exchange(cx, gathering->answers->data, scale(gathering, at.questions, packed, at.bytes[0]),
                gathering->replies->data, scale(gathering, at.asked, packed, at.bytes[1]));
    answer(gathering, (int64_t *)gathering->asked->data + at.asked.offsets[me], at.asked.counts[me],
           (char *)gathering->replies->data + at.asked.offsets[me] * packed);
    place(gathering, first, n);
    return MB_OK;
}

mb_status mb_gather_prepare(mb_gathering *gathering)
{
    enum { MOST = 1 << 18, LEAST = 1 << 12, TOGETHER = 1 << 24 };
    mb_context *cx = gathering->cx;
    int64_t round = TOGETHER / gathering->layout->nranks;
    gathering->round = round < LEAST ? LEAST : round > MOST ? MOST : round;
    int64_t room = gathering->rows < gathering->round ? gathering->rows : gathering->round;
    mb_status status = mb_buffer_new_array(cx, room, sizeof(int32_t), &gathering->owners);
    if (!status) status = mb_buffer_new_array(cx, room, sizeof(int64_t), &gathering->slots);
    if (!status) status = mb_buffer_new_array(cx, room, sizeof(int64_t), &gathering->asked);
    if (!status)
        status = mb_buffer_new_array(cx, room, (size_t)gathering->row_bytes, &gathering->replies);
    return status;
}

mb_status mb_gather_ask(mb_gathering *gathering)
{
    const mb_layout *positions = gathering->positions.column->layout;
    int64_t most = 0;
    for (int r = 0; r < positions->nranks; r++)
        if (mb_layout_rows(positions, r) > most) most = mb_layout_rows(positions, r);
    mb_status status = MB_OK;
    for (int64_t first = 0; first < most && !status; first += gathering->round) {
        int64_t left = gathering->rows - first;
        status = ask(gathering, first,
                     left < 0                  ? 0
                     : left < gathering->round ? left
                                               : gathering->round);
    }
    return status;
}

void mb_gather_close(mb_gathering *gathering)
{
    mb_buffer *buffers[] = {gathering->owners,  gathering->slots,     gathering->asked,
                            gathering->replies, gathering->questions, gathering->answers};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        mb_buffer_release(buffers[i]);
}
