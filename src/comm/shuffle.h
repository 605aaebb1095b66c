// Shuffles: rows go from every rank to the ranks that own them, and answers may come back.
//
// Rows arrive in the order of the ranks that they come from, then of their place there. What a rank
// sends to itself is copied. Messages have a bounded size, a bounded number of them is under way at
// a time, and where there are no rows there is no message: so nothing may rely on two ranks having
// heard of each other. Bytes, messages and the largest message are counted where they are sent.
//
// Counts and displacements are in rows. What moves rows is collective, comes after a step, does not
// block inside MPI and cannot fail: an MPI error ends the job.
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

// Rows by rank: how many go to or come from each, and where the first of them is; nranks each.
typedef struct mb_partition {
    int64_t *counts, *starts;
} mb_partition;

typedef struct mb_shuffle {
    mb_context *cx;
    mb_buffer *memory;
    mb_partition sent, received;
    int64_t n_sent, n_received;
    int64_t n;        // rows whose owners are listed, no more than there is room for
    uint32_t *owners; // the rank that each goes to; NULL: there is no room
    int64_t *cursors; // scratch: a word a rank
} mb_shuffle;

#define MB_NO_OWNER UINT32_MAX // of a row that is not sent

// Memory of a shuffle in which no rank sends anything yet, with room for the owners of n rows; 0
// where rows are in the order of their owners. Memory: 4 bytes a row. Not collective.
mb_status mb_shuffle_open(mb_context *cx, int64_t n, mb_shuffle *shuffle) MB_MUST_CHECK;

// Frees it. One that is all zeros is fine.
void mb_shuffle_close(mb_shuffle *shuffle);

// Sets what is sent: counts by the owners, if these are listed; then displacements, one rank's rows
// after another's, and their number. Not collective.
void mb_shuffle_route(mb_shuffle *shuffle);

// Tells the ranks how many rows come to them: sets what is received by what is sent. Collective.
void mb_shuffle_count(mb_shuffle *shuffle);

// Brings rows of `width` bytes, in the order of their owners, to these: `received` has room for
// n_received. Collective.
void mb_shuffle_send(const mb_shuffle *shuffle, const void *rows, size_t width, void *received);

// Brings an answer of `width` bytes to each received row back to where that is from: `replies` are
// in the order in which rows were sent. Collective.
void mb_shuffle_reply(const mb_shuffle *shuffle, const void *answers, size_t width, void *replies);

// Rows whose owners are listed, in the order in which they are sent, which is stable; and replies
// in the order of the rows, where those that were not sent have none. Not collective.
void mb_shuffle_arrange(const mb_shuffle *shuffle, const void *rows, size_t width, void *out);
void mb_shuffle_restore(const mb_shuffle *shuffle, const void *replies, size_t width, void *out);

// An array with an element of `width` bytes for each row, in the order of the rows where owners are
// listed, else of the owners; width 0: there is no such array.
typedef struct mb_shuffle_plane {
    mb_buffer *rows;
    size_t width;
} mb_shuffle_plane;

// Brings planes to the owners: each one's buffer is released and replaced by that of the rows that
// have come, which are the caller's whatever the status. Counts these rows, takes memory, and
// agrees on the status, which may be this rank's own. Memory: what comes, beside the rows; where
// owners are listed, a plane while it is arranged. Inside a body, after a step; collective.
mb_status mb_shuffle_deliver(mb_shuffle *shuffle, mb_status status, mb_shuffle_plane *planes,
                             int nplanes) MB_MUST_CHECK;

// The shuffle of the bytes of rows of different lengths: each row's is known where it is, and where
// it goes since the lengths have been sent. `bytes` must be open, without owners. Not collective.
void mb_shuffle_lengths(const mb_shuffle *shuffle, const int64_t *sent, const int64_t *received,
                        mb_shuffle *bytes);

// --- Rows whose way all ranks know.

// Rows first[r] .. end[r] - 1 of each rank r, counted over all ranks; nranks each.
typedef struct mb_spans {
    const int64_t *first, *end;
} mb_spans;

// Brings to each rank the rows of `width` bytes that it wants from the ranks that have them. Every
// rank knows all spans; those of `held` do not overlap. `send` begins with the first row held here,
// `receive` with the first row wanted here. Collective.
void mb_shuffle_spans(mb_context *cx, const void *send, mb_spans held, void *receive,
                      mb_spans wanted, size_t width);

// Moves rows of `width` bytes from one layout to another of the same length. `receive` has room for
// this rank's rows in `to`. Collective.
void mb_shuffle_rows(mb_context *cx, const void *send, const mb_layout *from, void *receive,
                     const mb_layout *to, size_t width);

// The same with the order of all rows reversed: the last row of `from` comes first in `to`. What is
// sent is reversed already on this rank. Collective.
void mb_shuffle_mirrored(mb_context *cx, const void *send, const mb_layout *from, void *receive,
                         const mb_layout *to, size_t width);

// A layout of n rows of this rank, whose number the other ranks are told; `status` and the payload,
// which may be NULL, travel with the step that this takes. Inside a body, collective.
mb_status mb_layout_gather(mb_context *cx, mb_status status, int64_t n, mb_payload *payload,
                           mb_layout **layout) MB_MUST_CHECK;
