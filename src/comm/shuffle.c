#include "comm/shuffle.h"

#include <string.h>

#include "comm/collectives.h"
#include "comm/internal.h"

enum { UNDER_WAY = 16, TAG = 3 }; // messages of each direction at a time

// --- Messages. Each rank serves the others by their distance, so that not all send to one at a
// time. Of the least distance that is not complete both sides have posted a message: so no cycle of
// ranks waits for one another.

typedef struct direction {
    bool sends;
    const char *out;
    char *in;
    mb_partition part;
    int64_t width;
    int distance; // of the rank that is next, forwards to send, backwards to receive
    int64_t done; // bytes of those
} direction;

// Begins the next message of a direction; false when there is none.
static bool post(mb_context *cx, direction *to, MPI_Request *request)
{
    mb_comm *comm = cx->comm;
    for (; to->distance < comm->nranks; to->distance++, to->done = 0) {
        int away = to->sends ? to->distance : comm->nranks - to->distance;
        int rank = (comm->rank + away) % comm->nranks;
        int64_t left = to->part.counts[rank] * to->width - to->done;
        if (left == 0) continue;
        int64_t at = to->part.starts[rank] * to->width + to->done;
        int size = left < MB_SHUFFLE_MESSAGE ? (int)left : MB_SHUFFLE_MESSAGE;
        to->done += size;
        if (!to->sends) {
            MB_MPI(cx, MPI_Irecv(to->in + at, size, MPI_BYTE, rank, TAG, comm->data, request));
            return true;
        }
        comm->traffic.bytes += size;
        comm->traffic.messages++;
        if (size > comm->traffic.largest) comm->traffic.largest = size;
        MB_MPI(cx, MPI_Isend(to->out + at, size, MPI_BYTE, rank, TAG, comm->data, request));
        return true;
    }
    *request = MPI_REQUEST_NULL;
    return false;
}

static void copy_own(const mb_comm *comm, const direction *out, const direction *in)
{
    int me = comm->rank;
    size_t size = (size_t)(out->part.counts[me] * out->width);
    if (size)
        memmove(in->in + in->part.starts[me] * in->width,
                out->out + out->part.starts[me] * out->width, size);
}

static void move(mb_context *cx, const void *send, mb_partition sent, void *receive,
                 mb_partition received, size_t width)
{
    mb_comm *comm = cx->comm;
    MPI_Request requests[2 * UNDER_WAY]; // receives and sends, alternately
    direction out = {.sends = true, .out = send, .part = sent, .width = (int64_t)width};
    direction in = {.in = receive, .part = received, .width = (int64_t)width};
    out.distance = in.distance = 1;
    copy_own(comm, &out, &in);
    if (comm->nranks == 1) return;
    int n = 0;
    for (bool more = true; more && n < 2 * UNDER_WAY; n += 2) {
        more = post(cx, &in, &requests[n]);
        more |= post(cx, &out, &requests[n + 1]);
    }
    for (int i; (i = mb_wait_transfers(cx, requests, n)) >= 0;)
        post(cx, i % 2 ? &out : &in, &requests[i]);
}

// --- Rows by their owners.

mb_status mb_shuffle_open(mb_context *cx, int64_t n, mb_shuffle *shuffle)
{
    int64_t nranks = cx->comm->nranks;
    mb_buffer *memory;
    mb_status status = mb_memory_need(cx, n * (int64_t)sizeof(uint32_t));
    if (!status) status = mb_buffer_new_array(cx, 5 * nranks + (n + 1) / 2, 8, &memory);
    if (status) return status;
    int64_t *at = memory->data;
    memset(at, 0, (size_t)(5 * nranks) * sizeof *at);
    *shuffle = (mb_shuffle){.cx = cx, .memory = memory, .n = n};
    shuffle->sent = (mb_partition){at, at + nranks};
    shuffle->received = (mb_partition){at + 2 * nranks, at + 3 * nranks};
    shuffle->cursors = at + 4 * nranks;
    if (n) shuffle->owners = (uint32_t *)(at + 5 * nranks);
    return MB_OK;
}

void mb_shuffle_close(mb_shuffle *shuffle)
{
    mb_buffer_release(shuffle->memory);
    *shuffle = (mb_shuffle){0};
}

// Sets displacements from counts; returns the number of all rows.
static int64_t pack(mb_partition part, int nranks)
{
    int64_t n = 0;
    for (int r = 0; r < nranks; r++) {
        part.starts[r] = n;
        n += part.counts[r];
    }
    return n;
}

void mb_shuffle_route(mb_shuffle *shuffle)
{
    int nranks = shuffle->cx->comm->nranks;
    int64_t *counts = shuffle->sent.counts;
    if (shuffle->owners) memset(counts, 0, (size_t)nranks * sizeof *counts);
    for (int64_t i = 0; i < shuffle->n; i++)
        if (shuffle->owners[i] != MB_NO_OWNER) counts[shuffle->owners[i]]++;
    shuffle->n_sent = pack(shuffle->sent, nranks);
}

void mb_shuffle_count(mb_shuffle *shuffle)
{
    mb_context *cx = shuffle->cx;
    mb_comm *comm = cx->comm;
    int64_t others = comm->nranks - 1;
    MPI_Request request;
    comm->traffic.bytes += others * (int64_t)sizeof others;
    comm->traffic.messages += others;
    MB_MPI(cx, MPI_Ialltoall(shuffle->sent.counts, 1, MPI_INT64_T, shuffle->received.counts, 1,
                             MPI_INT64_T, comm->data, &request));
    mb_wait_transfer(cx, &request);
    shuffle->n_received = pack(shuffle->received, comm->nranks);
}

void mb_shuffle_send(const mb_shuffle *shuffle, const void *rows, size_t width, void *received)
{
    move(shuffle->cx, rows, shuffle->sent, received, shuffle->received, width);
}

void mb_shuffle_reply(const mb_shuffle *shuffle, const void *answers, size_t width, void *replies)
{
    move(shuffle->cx, answers, shuffle->received, replies, shuffle->sent, width);
}

// Runs COPY(place, i) for each row i that is sent, with its index `place` in the order of owners.
#define EACH_PLACE(COPY, width)                                                                    \
    for (int64_t i = 0; i < shuffle->n; i++) {                                                     \
        if (shuffle->owners[i] == MB_NO_OWNER) continue;                                           \
        int64_t place = cursors[shuffle->owners[i]]++;                                             \
        COPY(width);                                                                               \
    }

#define ARRANGE(width) memcpy(to + place * (width), from + i * (width), (size_t)(width))
#define RESTORE(width) memcpy(to + i * (width), from + place * (width), (size_t)(width))

#define BY_WIDTH(COPY)                                                                             \
    switch (width) {                                                                               \
    case 1: EACH_PLACE(COPY, 1) break;                                                             \
    case 4: EACH_PLACE(COPY, 4) break;                                                             \
    case 8: EACH_PLACE(COPY, 8) break;                                                             \
    case 16: EACH_PLACE(COPY, 16) break;                                                           \
    default: EACH_PLACE(COPY, (int64_t)width)                                                      \
    }

static int64_t *rewind_cursors(const mb_shuffle *shuffle)
{
    size_t nranks = (size_t)shuffle->cx->comm->nranks;
    return memcpy(shuffle->cursors, shuffle->sent.starts, nranks * sizeof(int64_t));
}

void mb_shuffle_arrange(const mb_shuffle *shuffle, const void *rows, size_t width, void *out)
{
    int64_t *cursors = rewind_cursors(shuffle);
    const char *from = rows;
    char *to = out;
    BY_WIDTH(ARRANGE)
}

void mb_shuffle_restore(const mb_shuffle *shuffle, const void *replies, size_t width, void *out)
{
    int64_t *cursors = rewind_cursors(shuffle);
    const char *from = replies;
    char *to = out;
    BY_WIDTH(RESTORE)
}

// Arranges the planes in the order of owners.
static mb_status arrange(const mb_shuffle *shuffle, mb_shuffle_plane *planes, int nplanes)
{
    for (int p = 0; p < nplanes && shuffle->n; p++) {
        mb_shuffle_plane *plane = &planes[p];
        mb_buffer *arranged;
        if (!plane->width) continue;
        mb_status status =
            mb_buffer_new_array(shuffle->cx, shuffle->n_sent, plane->width, &arranged);
        if (status) return status;
        mb_shuffle_arrange(shuffle, plane->rows->data, plane->width, arranged->data);
        mb_buffer_release(plane->rows);
        plane->rows = arranged;
    }
    return MB_OK;
}

static mb_status take_memory(const mb_shuffle *shuffle, const mb_shuffle_plane *planes, int nplanes,
                             mb_buffer **received)
{
    int64_t row = 0, n = shuffle->n_received;
    for (int p = 0; p < nplanes; p++)
        row += (int64_t)planes[p].width;
    mb_status status = mb_memory_need(shuffle->cx, row * n);
    for (int p = 0; p < nplanes && !status; p++)
        if (planes[p].width)
            status = mb_buffer_new_array(shuffle->cx, n, planes[p].width, &received[p]);
    return status;
}

mb_status mb_shuffle_deliver(mb_shuffle *shuffle, mb_status status, mb_shuffle_plane *planes,
                             int nplanes)
{
    mb_buffer *received[MB_SHUFFLE_PLANES] = {NULL};
    if (!status) status = arrange(shuffle, planes, nplanes);
    mb_shuffle_count(shuffle);
    if (!status) status = take_memory(shuffle, planes, nplanes, received);
    status = mb_step(shuffle->cx, status, NULL);
    for (int p = 0; p < nplanes && !status; p++) {
        mb_buffer *sent = planes[p].rows;
        if (!planes[p].width) continue;
        mb_shuffle_send(shuffle, sent->data, planes[p].width, received[p]->data);
        planes[p].rows = received[p];
        received[p] = sent;
    }
    for (int p = 0; p < nplanes; p++)
        mb_buffer_release(received[p]);
    return status;
}

// Bytes of the rows to or from each rank.
static int64_t add_lengths(mb_partition rows, const int64_t *lengths, int nranks,
                           mb_partition bytes)
{
    for (int r = 0; r < nranks; r++) {
        const int64_t *of_rank = lengths + rows.starts[r];
        bytes.counts[r] = 0;
        for (int64_t i = 0; i < rows.counts[r]; i++)
            bytes.counts[r] += of_rank[i];
    }
    return pack(bytes, nranks);
}

void mb_shuffle_lengths(const mb_shuffle *shuffle, const int64_t *sent, const int64_t *received,
                        mb_shuffle *bytes)
{
    int nranks = shuffle->cx->comm->nranks;
    bytes->n_sent = add_lengths(shuffle->sent, sent, nranks, bytes->sent);
    bytes->n_received = add_lengths(shuffle->received, received, nranks, bytes->received);
}

// --- Rows whose owners all ranks know.

// Rows a .. a_end - 1 that are also b .. b_end - 1, and where they are from `start` on.
static int64_t common(int64_t a, int64_t a_end, int64_t b, int64_t b_end, int64_t start,
                      int64_t *place)
{
    int64_t low = a > b ? a : b, high = a_end < b_end ? a_end : b_end;
    *place = high > low ? low - start : 0;
    return high > low ? high - low : 0;
}

void mb_shuffle_spans(mb_context *cx, const void *send, mb_spans held, void *receive,
                      mb_spans wanted, size_t width)
{
    int n = cx->comm->nranks, me = cx->comm->rank;
    int64_t *at = cx->comm->scratch;
    mb_partition sent = {at, at + n}, received = {at + 2 * (size_t)n, at + 3 * (size_t)n};
    for (int r = 0; r < n; r++) {
        sent.counts[r] = common(held.first[me], held.end[me], wanted.first[r], wanted.end[r],
                                held.first[me], &sent.starts[r]);
        received.counts[r] = common(held.first[r], held.end[r], wanted.first[me], wanted.end[me],
                                    wanted.first[me], &received.starts[r]);
    }
    move(cx, send, sent, receive, received, width);
}

void mb_shuffle_rows(mb_context *cx, const void *send, const mb_layout *from, void *receive,
                     const mb_layout *to, size_t width)
{
    mb_shuffle_spans(cx, send, (mb_spans){from->start, from->start + 1}, receive,
                     (mb_spans){to->start, to->start + 1}, width);
}

void mb_shuffle_mirrored(mb_context *cx, const void *send, const mb_layout *from, void *receive,
                         const mb_layout *to, size_t width)
{
    int n = cx->comm->nranks, me = cx->comm->rank;
    int64_t *at = cx->comm->scratch, all = from->n_global;
    mb_partition sent = {at, at + n}, received = {at + 2 * (size_t)n, at + 3 * (size_t)n};
    int64_t mine = all - from->start[me + 1], mine_end = all - from->start[me];
    for (int r = 0; r < n; r++) {
        sent.counts[r] =
            common(mine, mine_end, to->start[r], to->start[r + 1], mine, &sent.starts[r]);
        received.counts[r] = common(all - from->start[r + 1], all - from->start[r], to->start[me],
                                    to->start[me + 1], to->start[me], &received.starts[r]);
    }
    move(cx, send, sent, receive, received, width);
}

mb_status mb_layout_gather(mb_context *cx, mb_status status, int64_t n, mb_payload *payload,
                           mb_layout **layout)
{
    mb_layout *made = NULL;
    if (!status) status = mb_layout_even(cx, 0, &made);
    MB_TRY(mb_step(cx, status, payload));
    mb_gather_all(cx, &n, sizeof n, made->start + 1); // how many, then where they end
    for (int r = 0; r < made->nranks; r++)
        made->start[r + 1] += made->start[r];
    made->n_global = made->start[made->nranks];
    *layout = made;
    made = NULL;
done:
    mb_layout_release(made);
    return status;
}
