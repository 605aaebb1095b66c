// Columns of what is computed of windows that move along the rows: see windows.h.
#pragma once

#include "column/column.h"
#include "ops/scan/windows.h"

// What windows have of `values`: a sum (of bools and ints an int, of uints a uint, modulo 2^64), a
// mean, variance or standard deviation (floats, of the values as floats), a least or largest value,
// or how many there are. Missing values are passed over; a window with fewer than asked->least has
// a missing result. `before`, which may be NULL, says how many rows of its segment are before each;
// windows end where segments do. By `times`, ticks that ascend within segments, where asked->span
// is above 0; else NULL. Fails where times descend. The same bits on any number of ranks.
//
// Gives pending operands their values. A rank gets the rows before its own that windows, and the
// blocks that they are cut into, have: fewer than twice a window's rows, or those of two spans.
// Memory: 17 bytes for each of these, 65 for each row of two blocks, and the result. Inside a body,
// collective.
mb_status mb_rolling(mb_context *cx, const mb_windowing *asked, mb_column *values,
                     mb_column *before, mb_column *times, mb_column **result) MB_MUST_CHECK;
