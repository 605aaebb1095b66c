// Rows that ranks have made in order, cut into chunks of MB_CHUNK_ROWS.
//
// A chunk belongs to the rank that has its first row, which gets the others from the ranks after
// it. The rows behind the last full chunk go to rank 0, where they come first in the next round.
#pragma once

#include <stdint.h>

#include "comm/shuffle.h"
#include "core/context.h"

// Rows are counted over all ranks, from the first of rank 0.
typedef struct mb_realign {
    mb_context *cx;
    int n_columns;
    int64_t *start; // of each rank's rows; start[nranks]: all of them
    int64_t *chunk; // of the rows in each rank's chunks; chunk[nranks]: behind the last full one
    mb_shuffle shuffle; // of words
    mb_buffer *sending, *receiving;
} mb_realign;

// For columns of 8-byte values. Starts as all zeros; not collective, like closing.
mb_status mb_realign_open(mb_context *cx, int n_columns, mb_realign *realign) MB_MUST_CHECK;
void mb_realign_close(mb_realign *realign);

// Decides who gets what, from the rows that each rank has. Replicated; does not fail.
void mb_realign_plan(mb_realign *realign, const int64_t *rows);

// Moves rows as planned: each rank then has its chunks whole. Its columns begin with its own rows
// and have room for MB_CHUNK_ROWS more. Collective; does not fail.
void mb_realign_move(mb_realign *realign, int64_t *const *columns);

// On rank 0, when its chunks are no longer needed: puts the rows behind the last full chunk first.
void mb_realign_keep(mb_realign *realign, int64_t *const *columns);

// The chunks of a rank.
int64_t mb_realign_chunks(const mb_realign *realign, int rank);
