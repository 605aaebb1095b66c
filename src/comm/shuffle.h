// Shuffles: rows are sent from every rank to the ranks that own them, and replies may be sent back.
//
// Rows are received in the order of their source ranks, then of their order there. A rank's rows
// for itself are copied. Messages have a bounded size, and a bounded number of them is under way at
// a time. Empty messages are not sent, so nothing may rely on two ranks having heard of each other.
// Bytes, messages and the largest message are counted where they are sent.
//
// Counts and displacements are in rows. Functions that send are collective, are called after a
// step, do not block inside MPI and cannot fail: an MPI error ends the job.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "comm/layout.h"
#include "comm/lockstep.h"
#include "core/context.h"

enum {
    MB_SHUFFLE_MESSAGE = 1 << 26, // most bytes of a message
    MB_SHUFFLE_PLANES = 8,        // most planes that are delivered at once
};

// Counts and displacements of the rows for, or from, each rank.
typedef struct mb_partition {
    int64_t *counts, *starts; // nranks each
} mb_partition;

typedef struct mb_shuffle {
    mb_context *cx;
    mb_buffer *memory;
    mb_partition sent, received;
    int64_t n_sent, n_received;
    int64_t n;        // rows whose owners are listed, at most those of mb_shuffle_open
    uint32_t *owners; // the rank that owns each; NULL: rows are in the order of their owners
    int64_t *cursors; // scratch: a word a rank
} mb_shuffle;

#define MB_NO_OWNER UINT32_MAX // of a row that is not sent

// Opens a shuffle with counts of 0, and memory to list the owners of n rows; n is 0 where rows are
// in the order of their owners. Memory: 4 bytes a row. Not collective.
mb_status mb_shuffle_open(mb_context *cx, int64_t n, mb_shuffle *shuffle) MB_MUST_CHECK;

// Frees the shuffle, which may be all zeros. Not collective.
void mb_shuffle_close(mb_shuffle *shuffle);

// Sets `sent` and n_sent: counts from the owners, if these are listed (else the caller has set
// them); displacements from the counts. Not collective.
void mb_shuffle_route(mb_shuffle *shuffle);

// Exchanges the counts: sets `received` and n_received. Collective.
void mb_shuffle_count(mb_shuffle *shuffle);

// Sends rows of `width` bytes, in the order of their owners, to these; `received` has room for
// n_received rows. Collective.
void mb_shuffle_send(const mb_shuffle *shuffle, const void *rows, size_t width, void *received);

// Sends a reply of `width` bytes for each received row back to its source; `replies` are in the
// order in which rows were sent. Collective.
void mb_shuffle_reply(const mb_shuffle *shuffle, const void *answers, size_t width, void *replies);

// Where owners are listed: arrange puts rows into the order of their owners, stably; restore puts
// replies back into the order of the rows, and skips rows that were not sent. Not collective.
void mb_shuffle_arrange(const mb_shuffle *shuffle, const void *rows, size_t width, void *out);
void mb_shuffle_restore(const mb_shuffle *shuffle, const void *replies, size_t width, void *out);

// An array with an element of `width` bytes for each row, in the order of the rows where owners are
// listed, else of the owners. Width 0: no array.
typedef struct mb_shuffle_plane {
    mb_buffer *rows;
    size_t width;
} mb_shuffle_plane;

// Sends planes to the owners of their rows, and replaces the buffer of each by that of the received
// rows; buffers are the caller's whatever the status. Exchanges the counts, allocates, and agrees
// on the status, which may be this rank's own. Memory: the received rows, beside those sent; where
// owners are listed, a plane while it is arranged. Inside a body, after a step; collective.
mb_status mb_shuffle_deliver(mb_shuffle *shuffle, mb_status status, mb_shuffle_plane *planes,
                             int nplanes) MB_MUST_CHECK;

// The shuffle of the bytes of rows of different lengths, from the lengths of the rows that are sent
// and of those received. `bytes` must be open, without owners. Not collective.
void mb_shuffle_lengths(const mb_shuffle *shuffle, const int64_t *sent, const int64_t *received,
                        mb_shuffle *bytes);

// --- Rows whose owners all ranks know.

// Rows first[r] .. end[r] - 1 of each rank r, counted over all ranks; nranks each.
typedef struct mb_spans {
    const int64_t *first, *end;
} mb_spans;

// Sends the rows of `width` bytes that each rank wants from the ranks that hold them. Every rank
// has all spans; those of `held` do not overlap. `send` begins with the first row held by this
// rank, `receive` with the first row that it wants. Collective.
void mb_shuffle_spans(mb_context *cx, const void *send, mb_spans held, void *receive,
                      mb_spans wanted, size_t width);

// Sends rows of `width` bytes from one layout to another of the same length. `receive` has room for
// this rank's rows in `to`. Collective.
void mb_shuffle_rows(mb_context *cx, const void *send, const mb_layout *from, void *receive,
                     const mb_layout *to, size_t width);

// The same with the order of all rows reversed: the last row of `from` is the first in `to`. The
// caller has reversed the rows of this rank. Collective.
void mb_shuffle_mirrored(mb_context *cx, const void *send, const mb_layout *from, void *receive,
                         const mb_layout *to, size_t width);

// The layout in which this rank has n rows. Its step carries `status` and the payload, which may be
// NULL. Inside a body, collective.
mb_status mb_layout_gather(mb_context *cx, mb_status status, int64_t n, mb_payload *payload,
                           mb_layout **layout) MB_MUST_CHECK;
