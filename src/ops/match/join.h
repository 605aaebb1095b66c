// Joins: the pairs of rows of two tables whose keys are equal.
#pragma once

#include "column/column.h"

typedef struct mb_join {
    mb_column *left, *right; // keys of one type; a missing key equals none
    bool keep;               // a left join: left rows without a partner are in the result, once
    mb_column *values; // the one column of the right that is used, without missing rows; or NULL
    // Of a row of the joined table; and of its columns of the right, which are all that is new
    // where the keys of the right are unique.
    int64_t row_bytes, once_bytes;
} mb_join;

// Gives the positions, counted from 1, of the left and the right row of each pair, in the order of
// the left rows, then of the right. Where the keys of the right are unique, positions[0] is NULL,
// and positions[1] has a row for each row of the left: its partner, missing where it has none.
// Otherwise both are columns of one layout, positions[1] missing for left rows that are kept.
// MB_EMEMORY when the table would not fit the memory, with its size in the message. Inside a body,
// collective.
//
// A hash join while the keys of the right are unique: they are in an index
// (ops/match/key_index.h), replicated when they are few, else partitioned by hash. Otherwise the
// right rows are sorted by their keys, and a left row finds the start and the length of its key's
// run, so that the size of the result is known before it is built. A key that many rows of the
// right have overloads no rank: a sort splits its rows evenly, and so is the result where one rank
// would hold far more than the others. Memory: the index with 16 bytes a key of the right, or
// two sorts of these; 8 bytes a row of the left, 24 where the result is split evenly; the
// positions, twice.
mb_status mb_join_positions(mb_context *cx, const mb_join *join,
                            mb_column *positions[2]) MB_MUST_CHECK;
