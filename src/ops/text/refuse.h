// Rows that are at fault.
#pragma once

#include "column/column.h"

// The first row, from 1, where a bool column is true; 0 when it is in none. Inside a body,
// collective.
mb_status mb_first_true(mb_context *cx, mb_column *mask, int64_t *row) MB_MUST_CHECK;

// MB_EINVALID, "row 3 is " and the value of that row of a column, counted from 1, then ", no " and
// what it was taken for. Inside a body, collective.
mb_status mb_refuse_at(mb_context *cx, mb_column *column, int64_t row,
                       const char *what) MB_MUST_CHECK;

// The same for the first row of `column` for which `bad`, a bool column, is true, if there is one.
// Inside a body, collective.
mb_status mb_refuse_row(mb_context *cx, mb_column *bad, mb_column *column,
                        const char *what) MB_MUST_CHECK;
