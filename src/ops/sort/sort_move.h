// The shuffle of a sort: what its partition, its exchange and its buckets share.
#pragma once

#include "comm/shuffle.h"
#include "ops/sort/sort_internal.h"

// The buckets that a rank's rows of the result lie in.
typedef struct mb_share {
    int64_t first, n;   // buckets
    int64_t begin, end; // rows of the result
} mb_share;

enum { MB_MOST_CARGO = 2 * MB_MOST_ROOTS + 1 };

// One piece of cargo on its way.
typedef struct mb_freight {
    mb_scatter scatter;
    mb_buffer *out, *stages, *cursors, *in;
} mb_freight;

typedef struct mb_move {
    mb_sorting *sorting;
    mb_column *result;
    mb_sort_form form;
    int width;
    int rest; // bits of a key that are moved
    mb_moved_words how;
    mb_scatter scatter;
    int64_t local;                           // rows of this rank
    mb_buffer *out, *rows, *stages, *places; // of the partition
    mb_buffer *shares, *counts;              // what goes where
    mb_shuffle shuffle;                      // of the rows; what stays here is not moved
    mb_buffer *in, *in_rows;                 // what has come
    mb_freight freight[MB_MOST_CARGO];       // one for each piece of the sorting's cargo
    mb_buffer *words, *positions;            // of one bucket
    int64_t *sent, *received;                // rows of each bucket to and from each rank
    int64_t largest;                         // bucket to be sorted
} mb_move;

mb_share mb_share_of(const mb_sorting *sorting, int rank);

// Partitions the rows of `move->sorting` into buckets and brings these to the ranks that get them.
// Afterwards shuffle.received.starts says, for each rank, where its rows of the first of this
// rank's buckets are; those of the others follow. Inside a body, collective; the move is the
// caller's to close whatever the status.
mb_status mb_move_rows(mb_move *move) MB_MUST_CHECK;
void mb_move_close(mb_move *move);

// Keys (what their bucket does not tell), and cargo, from a place on of what a rank has sent here.
const void *mb_move_keys(const mb_move *move, int rank, int64_t at);
const void *mb_move_cargo(const mb_move *move, int cargo, int rank, int64_t at);

// Rows of this rank's bucket number k.
int64_t mb_move_bucket_rows(const mb_move *move, int64_t k);

// Sorts what has come, bucket by bucket, into the result; changes shuffle.received.starts. Not
// collective.
void mb_move_sort(mb_move *move);

// Values of keys that are told by their bucket alone: nothing moves. Not collective.
void mb_move_repeat(mb_move *move);
