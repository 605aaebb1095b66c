// Positions: an int column of rows of another column, from 1 on, or from -1 at the end backwards.
#pragma once

#include "column/column.h"

typedef struct mb_positions {
    const mb_column *column;
    int64_t n;    // rows that positions may name
    bool forward; // known to be 1 .. n where they are there: nothing counts from the end
} mb_positions;

enum { MB_POSITION_ROWS = 1024 }; // most rows of mb_positions_rows

// Looks at this rank's part of a column that has values. MB_EINVALID names the first position that
// is out of range, and its row. The same message on all ranks after the next step: the lowest rank
// has the first rows. Not collective.
mb_status mb_positions_open(mb_context *cx, const char *operation, const mb_column *column,
                            int64_t n, mb_positions *positions) MB_MUST_CHECK;

// The rows, counted from 0, that `count` positions from a local one on stand for; `missing` for
// positions that are missing. Not collective.
void mb_positions_rows(const mb_positions *positions, int64_t first, int64_t count, int64_t missing,
                       int64_t *rows);
