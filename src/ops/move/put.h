// Changing rows of a column: the result is a new column, the old one stays as it is.
#pragma once

#include "column/column.h"

// The column with other values where `mask`, a bool column of its length, is true: those of
// `values`, a column of the same type with as many rows as the mask has true ones, in their order.
// MB_EINVALID when it has not. A missing row of the mask counts as false. Beside the result, and
// the values that pending operands get, it takes what it moves: the mask if it is laid out
// otherwise, and the values. Inside a body, collective.
mb_status mb_put_mask(mb_context *cx, mb_column *column, mb_column *mask, mb_column *values,
                      mb_column **result) MB_MUST_CHECK;

// The same for the rows that `positions` say, an int column: from 1, or from -1 at the end. Each
// gets the value of the same row of `values`, or when that is NULL `scalar`, a value of the
// column's type, or when that is NULL too it becomes missing. Of several values for a row the last
// one stays. MB_EINVALID names the first position that is missing, or out of range. Rows are sent
// to the ranks that have them in one exchange, with the values as they are stored. Memory: the
// result; for each position here and each that falls on a row here 4 bytes and a stored value, and
// a byte where values are missing; a stored value again where the values are stored otherwise.
// Inside a body, collective.
mb_status mb_put_rows(mb_context *cx, mb_column *column, mb_column *positions, mb_column *values,
                      const mb_value *scalar, mb_column **result) MB_MUST_CHECK;
