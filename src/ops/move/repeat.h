// Positions that repeat rows.
#pragma once

#include "column/column.h"

// The position, from 1 on, of each row of an int column as many times as the row's value; of a
// missing row not at all. Evenly laid out, however uneven the values are: ranks send runs, not
// positions. MB_EINVALID names the first row whose value is below 0. Inside a body, collective.
// Memory: the result, and 24 bytes for each row of this rank and each row that its result has.
mb_status mb_repeat(mb_context *cx, mb_column *times, mb_column **positions) MB_MUST_CHECK;
