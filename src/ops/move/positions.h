// Positions: an int column of rows of another column, from 1 on, or from -1 at the end backwards.
#pragma once

#include "column/column.h"

typedef struct mb_positions {
    const mb_column *column;
    int64_t n;    // rows that positions may name
    bool forward; // valid ones are known to be 1 .. n: none counts from the end
} mb_positions;

enum { MB_POSITION_ROWS = 1024 }; // most rows of mb_positions_rows

// Checks this rank's part of a stored column. MB_EINVALID names this rank's first position that is
// out of range, and its row; the next step gives all ranks the message of the lowest one, which has
// the first rows. Not collective.
mb_status mb_positions_open(mb_context *cx, const char *operation, const mb_column *column,
                            int64_t n, mb_positions *positions) MB_MUST_CHECK;

// The rows, counted from 0, of `count` positions from local row `first` on; `missing` for missing
// positions. Not collective.
void mb_positions_rows(const mb_positions *positions, int64_t first, int64_t count, int64_t missing,
                       int64_t *rows);
