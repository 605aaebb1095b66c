// Positions that repeat rows.
#pragma once

#include "column/column.h"

// The position of each row of an int column, from 1 on, as often as the row says; a missing one not
// at all. Evenly laid out, however uneven the numbers are: ranks send runs, not positions.
// MB_EINVALID for a number below 0 names its row. Inside a body, collective.
// Memory: the result, and 24 bytes for each row of this rank and each row that its result has.
mb_status mb_repeat(mb_context *cx, mb_column *times, mb_column **positions) MB_MUST_CHECK;
