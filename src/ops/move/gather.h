// Gathering rows: columns at positions.
#pragma once

#include "column/column.h"

// Rows of `ncolumns` columns of one length at positions (an int column; see ops/move/positions.h),
// laid out as the positions, stored as the columns are. Rows are missing where the position is, or
// where the row is there. MB_EINVALID names the first position that is out of range. Inside a body,
// collective.
//
// A column that is small beside the positions is brought to all ranks whole, and where positions
// ascend each rank gets the rows between its first and its last. Otherwise ranks ask the owners for
// rows, a round of positions after another: one exchange of row numbers, grouped by parts of the
// owner's rows that stay in its caches, and one of rows packed with all columns. What a rank has
// itself never goes through MPI.
// Memory: the results; and one column at a time with at most half as many rows as a rank has
// positions, or twice as many where they ascend; or for a round of at most 2^25 positions 4 bytes
// and a packed row each, and as much for what others ask, at most twice a round (8 bytes for 4
// where a rank has 2^32 rows). A byte for each row of a column with missing rows, and for each of
// its result.
mb_status mb_gather(mb_context *cx, mb_column *const *columns, int ncolumns, mb_column *positions,
                    mb_column **results) MB_MUST_CHECK;
