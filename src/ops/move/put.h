// Changing rows of a column: the result is a new column, the old one stays as it is.
#pragma once

#include "column/column.h"

// The column with new values where `mask`, a bool column of its length, is true: those of `values`,
// a column of the same type, in order. A missing row of the mask counts as false. MB_EINVALID if
// `values` has a different number of rows than the mask has true ones. Memory, beside the result
// and the values of pending operands: the mask if its layout differs, and `values`. Inside a body,
// collective.
mb_status mb_put_mask(mb_context *cx, mb_column *column, mb_column *mask, mb_column *values,
                      mb_column **result) MB_MUST_CHECK;

// The column with new values in the rows at `positions`, an int column (see ops/move/positions.h).
// Each row gets the value of the same row of `values`, or where that is NULL `scalar`, a value of
// the column's type, or where that is NULL too becomes missing. Of several values for a row the
// last one stays. MB_EINVALID names the first position that is missing, or out of range. Row
// numbers and stored values are sent to the ranks that own the rows in one shuffle. Memory: the
// result; for each position of this rank and each of a row of this rank 4 bytes and a stored value,
// and a byte where values are missing; a stored value again where the storage of `values` differs.
// Inside a body, collective.
mb_status mb_put_rows(mb_context *cx, mb_column *column, mb_column *positions, mb_column *values,
                      const mb_value *scalar, mb_column **result) MB_MUST_CHECK;
