// Pairing the rows of two tables whose keys are equal.
#pragma once

#include "column/column.h"

typedef struct mb_join {
    mb_column *left, *right; // keys of one type; missing ones pair with none
    bool keep;               // rows of the left that have no partner are there once all the same
    mb_column *values; // a column of the right, none missing: all it will be asked for; or NULL
    // Of a row of the table that will be made; and of what it will have beside the columns of the
    // left where no key of the right is there twice.
    int64_t row_bytes, once_bytes;
} mb_join;

// Positions, counted from 1, of the left and the right rows of each pair, in the order of the left
// rows, then of the right. Where no key of the right is there twice, positions[0] is NULL, and
// positions[1] has a row for each row of the left: its partner, missing where it has none.
// Otherwise both are there and laid out alike, positions[1] missing for left rows that are kept.
// MB_EMEMORY when the table would not fit the memory, saying how large it would be. Inside a body,
// collective.
//
// The right keys are in a directory (ops/match/directory.h): on every rank when they are few, else
// dealt out by their hashes. Where one is there twice the right rows are sorted by their keys, and
// a left row gets the place and the length of its key's run: so the size is known before anything
// is built. A key that many rows of the right have loads no rank: sorting deals its rows out, and
// so is the result. Memory: the directory with 16 bytes a key of the right, or two sorts of these;
// 8 bytes a row of the left, 24 where the result is dealt out; the positions, twice.
mb_status mb_join_positions(mb_context *cx, const mb_join *join,
                            mb_column *positions[2]) MB_MUST_CHECK;
