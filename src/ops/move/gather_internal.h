// Between the files of mb_gather: what is gathered, and how rows are asked for.
#pragma once

#include "column/column.h"
#include "ops/move/positions.h"

// An array with an entry for each row: a column's values, or bytes that say which rows are there.
typedef struct mb_plane {
    const char *from; // rows of the source on this rank, or all of them
    char *to;
    int width, offset; // offset: in a packed row
    mb_buffer *whole;
} mb_plane;

typedef struct mb_gathering {
    mb_context *cx;
    const mb_layout *layout; // of the source
    mb_positions positions;
    int64_t rows; // positions of this rank
    int nplanes, row_bytes;
    mb_plane *planes;
    mb_buffer *words; // eight for each rank

    int64_t round;                  // most positions that are asked for together
    mb_buffer *owners, *slots;      // of each position of a round: its rank, its place in `asked`
    mb_buffer *asked, *replies;     // of this rank: rows by their owners, and what they have
    mb_buffer *questions, *answers; // of others
} mb_gathering;

// to[i] = from[rows[i]], of `width` bytes, where entries are a stride apart.
void mb_gather_pick(const char *from, int64_t from_stride, const int64_t *rows, int64_t n,
                    int width, char *to, int64_t to_stride);

// Memory for a round. Not collective.
mb_status mb_gather_prepare(mb_gathering *gathering) MB_MUST_CHECK;

// Round after round of questions and answers. After a step; collective.
mb_status mb_gather_ask(mb_gathering *gathering) MB_MUST_CHECK;

// Frees what mb_gather_prepare made.
void mb_gather_close(mb_gathering *gathering);
