// Gathering: the rows of columns at positions.
#pragma once

#include "column/column.h"

// The rows of `ncolumns` columns of one length at positions (an int column; see
// ops/move/positions.h), laid out as the positions, stored as the columns are. A row is missing
// where its position is, or where the column's row is. MB_EINVALID names the first position that is
// out of range. Inside a body, collective.
//
// A column that is small beside the positions is replicated on all ranks, and where positions
// ascend each rank gets the window of rows between its first and its last. Otherwise ranks request
// rows of their owners, in rounds: a shuffle of row numbers, grouped by parts of the owner's rows
// that stay in its caches, and a reply of rows packed with all columns. A rank's own rows never go
// through MPI.
// Memory: the results; and one column at a time with at most half as many rows as a rank has
// positions, or twice as many where they ascend; or for a round of at most 2^25 positions 4 bytes
// and a packed row each, and as much for the requests of others, at most two rounds of them (8
// bytes for 4 where a rank has 2^32 rows). A byte for each row of a column with missing rows, and
// for each of its result.
mb_status mb_gather(mb_context *cx, mb_column *const *columns, int ncolumns, mb_column *positions,
                    mb_column **results) MB_MUST_CHECK;
