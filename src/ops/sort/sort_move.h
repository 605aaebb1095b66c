// Shuffle state shared by the partition, shuffle and bucket phases of a sort.
#pragma once

#include "comm/shuffle.h"
#include "ops/sort/sort_internal.h"

// The buckets that a rank's rows of the result lie in.
typedef struct mb_share {
    int64_t first, n;   // buckets
    int64_t begin, end; // rows of the result
} mb_share;

enum { MB_MOST_PAYLOAD = 2 * MB_MOST_ROOTS + 1 };

// A payload column in the partition and the shuffle.
typedef struct mb_payload_transfer {
    mb_scatter scatter;
    mb_buffer *out, *stages, *cursors, *in;
} mb_payload_transfer;

typedef struct mb_move {
    mb_sorting *sorting;
    mb_column *result;
    mb_sort_form form;
    int width;
    int rest; // bits of a key that are moved: those that its bucket does not imply
    mb_moved_words how;
    mb_scatter scatter;
    int64_t local;                                  // rows of this rank
    mb_buffer *out, *rows, *stages, *places;        // of the partition
    mb_buffer *shares, *counts;                     // what goes where
    mb_shuffle shuffle;                             // of the rows; what stays here is not moved
    mb_buffer *in, *in_rows;                        // what has come
    mb_payload_transfer transfers[MB_MOST_PAYLOAD]; // of each payload column
    mb_buffer *words, *positions;                   // of one bucket
    int64_t *sent, *received;                       // rows of each bucket to and from each rank
    int64_t largest;                                // bucket to be sorted
} mb_move;

// The share of a rank. Not collective.
mb_share mb_share_of(const mb_sorting *sorting, int rank);

// Partitions the rows of `move->sorting` into buckets and brings these to the ranks that get them.
// Afterwards shuffle.received.starts says, for each rank, where its rows of the first of this
// rank's buckets are; those of the others follow. Inside a body, collective; the move is the
// caller's to close whatever the status.
mb_status mb_move_rows(mb_move *move) MB_MUST_CHECK;
void mb_move_close(mb_move *move);

// The moved bits of keys, and a payload column, from index `at` on of what a rank has sent to this
// one. Not collective.
const void *mb_move_keys(const mb_move *move, int rank, int64_t at);
const void *mb_move_payload(const mb_move *move, int payload, int rank, int64_t at);

// The number of rows in bucket k of this rank. Not collective.
int64_t mb_move_bucket_rows(const mb_move *move, int64_t k);

// Sorts what has come, bucket by bucket, into the result; changes shuffle.received.starts. Not
// collective.
void mb_move_sort(mb_move *move);

// Writes the result where each bucket has one key: no row moves. Not collective.
void mb_move_repeat(mb_move *move);
