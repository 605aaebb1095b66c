// The least and the greatest values of stretches of rows.
#pragma once

#include "column/column.h"

// A column of two rows for each `rows` rows of another, the last ones fewer: the least and the
// greatest of those that are neither missing nor NaN; where there are none, the first is above the
// second, and of floats both are NaN. A pending column gets its values. MB_EINVALID for columns
// with a dictionary. Memory: 32 bytes a stretch and rank. Inside a body, collective.
mb_status mb_zones(mb_context *cx, mb_column *column, int64_t rows,
                   mb_column **zones) MB_MUST_CHECK;
