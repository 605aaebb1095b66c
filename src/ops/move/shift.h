// Moving rows along a column.
#pragma once

#include "column/column.h"

// Row i of the result is row i - n of the column; where there is none it is `fill`, a value of the
// column's type, or missing when that is NULL. n may be negative, and beyond the length. Each row
// that changes ranks is sent once, none else. Gives a pending operand its values; beside these and
// the result it takes a byte a row when some are missing, and the rows once more when `fill` needs
// a wider storage. Inside a body, collective.
mb_status mb_shift(mb_context *cx, mb_column *column, int64_t n, const mb_value *fill,
                   mb_column **result) MB_MUST_CHECK;
