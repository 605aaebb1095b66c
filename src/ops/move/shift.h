// Moving rows along a column.
#pragma once

#include "column/column.h"

// Row i of the result is row i - n of the column; where there is none it is `fill`, a value of the
// column's type, or missing if that is NULL. n may be negative, and beyond the length. Only rows
// that change ranks are sent, each once. Stores a pending operand. Memory: the result, a byte a row
// where some are missing, and the rows once more where `fill` needs a wider storage. Inside a body,
// collective.
mb_status mb_shift(mb_context *cx, mb_column *column, int64_t n, const mb_value *fill,
                   mb_column **result) MB_MUST_CHECK;
