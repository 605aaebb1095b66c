// Asking the owners of rows for them, a round of positions after another.

#include <string.h>

#include "comm/comm.h"
#include "comm/exchange.h"
#include "comm/lockstep.h"
#include "ops/move/gather_internal.h"
#include "ops/move/routing.h"

enum { BLOCK = MB_POSITION_ROWS };

typedef struct asking {
    mb_gathering *gathering;
    mb_routing routing;
    mb_buffer *asked, *replies;     // of this rank: rows by their buckets, and what they have
    mb_buffer *questions, *answers; // of others
    mb_pieces out, in, bytes[2];    // rows that are asked for, of others and of this rank
} asking;

// The rows that this rank asks others for and is asked for, in pieces; `most`: the largest number
// that any rank is asked for.
static mb_status announce(asking *call, int64_t *most)
{
    mb_context *cx = call->gathering->cx;
    int me = mb_rank(cx), nranks = call->gathering->layout->nranks;
    for (int r = 0; r < nranks; r++) {
        call->out.offsets[r] = mb_routing_start(&call->routing, r);
        call->out.counts[r] = mb_routing_start(&call->routing, r + 1) - call->out.offsets[r];
    }
    call->out.counts[me] = 0;
    mb_exchange_counts(cx, call->out, call->in);
    mb_payload payload = {0};
    payload.max[0] = (uint64_t)(call->in.offsets[nranks - 1] + call->in.counts[nranks - 1]);
    mb_status status = mb_step(cx, MB_OK, &payload);
    *most = (int64_t)payload.max[0];
    return status;
}

static mb_pieces scale(const asking *call, mb_pieces rows, int64_t width, mb_pieces bytes)
{
    for (int r = 0; r < call->gathering->layout->nranks; r++) {
        bytes.counts[r] = rows.counts[r] * width;
        bytes.offsets[r] = rows.offsets[r] * width;
    }
    return bytes;
}

// Packed rows, for n row numbers of this rank.
static void answer(const asking *call, const char *rows, int64_t n, char *packed)
{
    const mb_gathering *gathering = call->gathering;
    const bool wide = call->routing.wide;
    for (int64_t first = 0; first < n; first += BLOCK) {
        int64_t count = n - first < BLOCK ? n - first : BLOCK;
        for (int i = 0; i < gathering->nplanes; i++) {
            const mb_plane *plane = &gathering->planes[i];
            mb_gather_pick(plane->from, plane->width, rows + first * (wide ? 8 : 4), wide, count,
                           plane->width, packed + first * gathering->row_bytes + plane->offset,
                           gathering->row_bytes);
        }
    }
}

// Replies to where their positions are. They are read in as many places as there are buckets, in
// order: too many for the processor to see it.
static void place(asking *call, int64_t first, int64_t n)
{
    enum { AHEAD = 128 };
    const mb_gathering *gathering = call->gathering;
    const char *packed = call->replies->data;
    int64_t places[BLOCK];
    mb_routing_rewind(&call->routing);
    for (int64_t at = first; at < first + n; at += BLOCK) {
        int64_t count = first + n - at < BLOCK ? first + n - at : BLOCK;
        mb_routing_places(&call->routing, at, count, places);
        for (int64_t i = 0; i < count; i++)
            __builtin_prefetch(packed + places[i] * gathering->row_bytes + AHEAD);
        for (int i = 0; i < gathering->nplanes; i++) {
            const mb_plane *plane = &gathering->planes[i];
            mb_gather_pick(packed + plane->offset, gathering->row_bytes, places, true, count,
                           plane->width, plane->to + at * plane->width, plane->width);
        }
    }
}

static mb_status grow(mb_context *cx, int64_t n, int64_t width, mb_buffer **buffer)
{
    if (*buffer && (*buffer)->size >= (size_t)(n * width)) return MB_OK;
    mb_buffer_release(*buffer);
    *buffer = NULL;
    return mb_buffer_new_array(cx, n, (size_t)width, buffer);
}

// Questions and answers of the round that was announced.
static mb_status exchange(asking *call, int64_t first, int64_t n)
{
    const mb_gathering *gathering = call->gathering;
    mb_context *cx = gathering->cx;
    const int64_t packed = gathering->row_bytes, width = call->routing.wide ? 8 : 4;
    int me = mb_rank(cx), last = gathering->layout->nranks - 1;
    int64_t questions = call->in.offsets[last] + call->in.counts[last];
    mb_status status = grow(cx, n, width, &call->asked);
    if (!status) status = grow(cx, n, packed, &call->replies);
    if (!status) status = grow(cx, questions, width, &call->questions);
    if (!status) status = grow(cx, questions, packed, &call->answers);
    if (!status) mb_routing_scatter(&call->routing, first, n, call->asked->data);
    status = mb_step(cx, status, NULL);
    if (status) return status;
    mb_exchange(cx, call->asked->data, scale(call, call->out, width, call->bytes[0]),
                call->questions->data, scale(call, call->in, width, call->bytes[1]));
    answer(call, call->questions->data, questions, call->answers->data);
    mb_exchange(cx, call->answers->data, scale(call, call->in, packed, call->bytes[0]),
                call->replies->data, scale(call, call->out, packed, call->bytes[1]));
    int64_t own = mb_routing_start(&call->routing, me);
    answer(call, (char *)call->asked->data + own * width,
           mb_routing_start(&call->routing, me + 1) - own,
           (char *)call->replies->data + own * packed);
    place(call, first, n);
    return MB_OK;
}

// Positions first .. first + *round - 1 of each rank, or fewer, down to half of them and again, so
// that no rank is asked for more than `limit`.
static mb_status ask(asking *call, int64_t first, int64_t *round, int64_t limit)
{
    int64_t left = call->gathering->rows - first, most = 0, n;
    mb_status status;
    for (;; *round = (*round + 1) / 2) {
        n = left < 0 ? 0 : left < *round ? left : *round;
        mb_routing_count(&call->routing, left < 0 ? 0 : first, n);
        status = announce(call, &most);
        if (status) return status;
        if (most <= limit || *round == 1) break;
    }
    return exchange(call, left < 0 ? 0 : first, n);
}

static int64_t most_rows(const mb_layout *layout)
{
    int64_t most = 0;
    for (int r = 0; r < layout->nranks; r++)
        if (mb_layout_rows(layout, r) > most) most = mb_layout_rows(layout, r);
    return most;
}

static void close(asking *call)
{
    mb_buffer *buffers[] = {call->asked, call->replies, call->questions, call->answers};
    mb_routing_close(&call->routing);
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        mb_buffer_release(buffers[i]);
}

mb_status mb_gather_ask(mb_gathering *gathering)
{
    enum { LEAST = 1 << 20 };
    mb_context *cx = gathering->cx;
    asking call = {.gathering = gathering};
    size_t n = (size_t)gathering->layout->nranks;
    int64_t *at = gathering->words->data, most = most_rows(gathering->positions.column->layout);
    int64_t rounds = most / MB_GATHER_ROUND + 1, round = (most + rounds - 1) / rounds, taken;
    int64_t limit = 2 * round > LEAST ? 2 * round : LEAST;
    call.out = (mb_pieces){at, at + n};
    call.in = (mb_pieces){at + 2 * n, at + 3 * n};
    call.bytes[0] = (mb_pieces){at + 4 * n, at + 5 * n};
    call.bytes[1] = (mb_pieces){at + 6 * n, at + 7 * n};
    mb_status status = mb_routing_open(cx, gathering->layout, &gathering->positions,
                                       gathering->row_bytes, round, &call.routing);
    MB_TRY(mb_step(cx, status, NULL));
    for (int64_t first = 0; first < most; first += taken) {
        MB_TRY(ask(&call, first, &round, limit));
        taken = round;
    }
done:
    close(&call);
    return status;
}
