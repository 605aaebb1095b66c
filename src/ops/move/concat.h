// One column after another.
#pragma once

#include "column/column.h"

// The rows of `n` > 0 columns of one type, one after another, evenly laid out; integers as narrow
// as all of them allow. Inside a body, collective. Memory: the result, and this rank's rows of one
// of the columns.
mb_status mb_concat(mb_context *cx, mb_column *const *columns, int n,
                    mb_column **result) MB_MUST_CHECK;
