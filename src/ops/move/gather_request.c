// Gathering by requests to the owners of rows, one round of positions after another.

#include <string.h>

#include "comm/comm.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"
#include "core/spill.h"
#include "ops/move/gather_internal.h"
#include "ops/move/routing.h"

enum {
    BLOCK = MB_POSITION_ROWS,
    PART = 1024 * BLOCK, // positions whose replies are read from the disk at once
    PAGE_ROWS = 1024,
};

typedef struct requesting {
    mb_gathering *gathering;
    mb_routing routing;
    mb_buffer *requests, *replies; // of this rank: row numbers by their buckets, and packed rows
    mb_buffer *received, *answers; // of the other ranks
    mb_shuffle shuffle;            // of the row numbers
} requesting;

// Tells the others how many rows this rank requests of them; `most`: the largest number that any
// rank has to send. A rank's own rows are not sent.
static mb_status announce(requesting *call, int64_t *most)
{
    mb_context *cx = call->gathering->cx;
    mb_partition sent = call->shuffle.sent;
    for (int r = 0; r < mb_nranks(cx); r++) {
        sent.starts[r] = mb_routing_start(&call->routing, r);
        sent.counts[r] = mb_routing_start(&call->routing, r + 1) - sent.starts[r];
    }
    sent.counts[mb_rank(cx)] = 0;
    mb_shuffle_count(&call->shuffle);
    mb_payload payload = {.max = {(uint64_t)call->shuffle.n_received}};
    mb_status status = mb_step(cx, MB_OK, &payload);
    *most = (int64_t)payload.max[0];
    return status;
}

// Packs the rows of n row numbers of this rank.
static void pack_rows(const requesting *call, const char *rows, int64_t n, char *packed)
{
    const mb_gathering *gathering = call->gathering;
    const bool wide = call->routing.wide;
    for (int64_t first = 0; first < n; first += BLOCK) {
        int64_t count = n - first < BLOCK ? n - first : BLOCK;
        for (int i = 0; i < gathering->nplanes; i++) {
            const mb_gathered *plane = &gathering->planes[i];
            mb_gather_pick(plane->from, plane->width, rows + first * (wide ? 8 : 4), wide, count,
                           plane->width, packed + first * gathering->row_bytes + plane->offset,
                           gathering->row_bytes);
        }
    }
}

// Replies on the disk are read in parts, of each bucket what the next n positions may take.
static void fetch_replies(const requesting *call, int64_t n)
{
    const mb_routing *routing = &call->routing;
    const int64_t all = routing->starts[routing->nbuckets];
    for (int64_t b = 0; b < routing->nbuckets; b++) {
        int64_t rows = routing->starts[b + 1] - routing->starts[b];
        int64_t left = routing->starts[b + 1] - routing->cursors[b];
        int64_t wanted = (int64_t)((double)rows / (double)all * (double)n) + PAGE_ROWS;
        if (wanted > left) wanted = left;
        if (wanted > 0)
            mb_spill_fetch(call->replies->data,
                           (size_t)(routing->cursors[b] * call->gathering->row_bytes),
                           (size_t)(wanted * call->gathering->row_bytes));
    }
}

// Unpacks the replies into the rows of their positions. They are read in as many streams as there
// are buckets: too many for the hardware prefetcher.
static void place_replies(requesting *call, int64_t first, int64_t n)
{
    enum { AHEAD = 128 };
    const mb_gathering *gathering = call->gathering;
    const char *packed = call->replies->data;
    int64_t slots[BLOCK];
    mb_routing_rewind(&call->routing);
    if (call->replies->spilled) mb_spill_scattered(call->replies->data, call->replies->capacity);
    for (int64_t at = first; at < first + n; at += BLOCK) {
        int64_t count = first + n - at < BLOCK ? first + n - at : BLOCK;
        if (call->replies->spilled && (at - first) % PART == 0) fetch_replies(call, PART);
        mb_routing_slots(&call->routing, at, count, slots);
        for (int64_t i = 0; i < count; i++)
            __builtin_prefetch(packed + slots[i] * gathering->row_bytes + AHEAD);
        for (int i = 0; i < gathering->nplanes; i++) {
            const mb_gathered *plane = &gathering->planes[i];
            mb_gather_pick(packed + plane->offset, gathering->row_bytes, slots, true, count,
                           plane->width, plane->to + at * plane->width, plane->width);
        }
    }
}

// Sends the requests and replies of the round that was announced.
static mb_status exchange(requesting *call, int64_t first, int64_t n)
{
    const mb_gathering *gathering = call->gathering;
    mb_context *cx = gathering->cx;
    const int64_t packed = gathering->row_bytes, width = call->routing.wide ? 8 : 4;
    int me = mb_rank(cx);
    int64_t nreceived = call->shuffle.n_received;
    mb_status status = mb_buffer_scratch(cx, (size_t)(n * width), &call->requests);
    if (!status) status = mb_buffer_scratch(cx, (size_t)(n * packed), &call->replies);
    if (!status) status = mb_buffer_scratch(cx, (size_t)(nreceived * width), &call->received);
    if (!status) status = mb_buffer_scratch(cx, (size_t)(nreceived * packed), &call->answers);
    if (!status) mb_routing_scatter(&call->routing, first, n, call->requests->data);
    status = mb_step(cx, status, NULL);
    if (status) return status;
    mb_shuffle_send(&call->shuffle, call->requests->data, (size_t)width, call->received->data);
    pack_rows(call, call->received->data, nreceived, call->answers->data);
    mb_shuffle_reply(&call->shuffle, call->answers->data, (size_t)packed, call->replies->data);
    int64_t own = mb_routing_start(&call->routing, me);
    pack_rows(call, (char *)call->requests->data + own * width,
              mb_routing_start(&call->routing, me + 1) - own,
              (char *)call->replies->data + own * packed);
    place_replies(call, first, n);
    return MB_OK;
}

// Gathers positions first .. first + *round - 1 of each rank, or fewer, halved until no rank has to
// send more than `limit` rows.
static mb_status request_round(requesting *call, int64_t first, int64_t *round, int64_t limit)
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

static void close(requesting *call)
{
    mb_buffer *buffers[] = {call->requests, call->replies, call->received, call->answers};
    mb_routing_close(&call->routing);
    mb_shuffle_close(&call->shuffle);
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        mb_buffer_release(buffers[i]);
}

mb_status mb_gather_request(mb_gathering *gathering)
{
    enum { LEAST = 1 << 20 };
    mb_context *cx = gathering->cx;
    requesting call = {.gathering = gathering};
    int64_t most = mb_layout_most(gathering->positions.column->layout);
    int64_t rounds = most / MB_GATHER_ROUND + 1, round = (most + rounds - 1) / rounds, taken;
    int64_t limit = 2 * round > LEAST ? 2 * round : LEAST;
    mb_status status = mb_routing_open(cx, gathering->layout, &gathering->positions,
                                       gathering->row_bytes, round, &call.routing);
    if (!status) status = mb_shuffle_open(cx, 0, &call.shuffle);
    MB_TRY(mb_step(cx, status, NULL));
    for (int64_t first = 0; first < most; first += taken) {
        MB_TRY(request_round(&call, first, &round, limit));
        taken = round;
    }
done:
    close(&call);
    return status;
}
