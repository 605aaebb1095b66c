// The k largest or smallest rows of a column.
#pragma once

#include "column/column.h"

// The k largest values of a column, largest first, or the k smallest, smallest first, and their
// positions from 1 on, an int column; equal ones by position. NaN and missing rows are left out;
// there are fewer results when there are fewer rows. Both evenly laid out. Inside a body,
// collective.
//
// Each rank selects its best k in one pass, which skips blocks by their stored bounds; then the
// rows of all ranks are gathered on each, and the best k selected. Where k is large the column is
// sorted. Memory: 16 bytes for each of k rows of each rank.
mb_status mb_top(mb_context *cx, mb_column *column, int64_t k, bool largest, mb_column **values,
                 mb_column **positions) MB_MUST_CHECK;
