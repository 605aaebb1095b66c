// Rows of a column in another layout.
#pragma once

#include "column/column.h"

// A column of the same values in another layout of the same length: itself when it is laid out so.
// Inside a body, collective. The column must have values.
mb_status mb_column_realign(mb_context *cx, mb_column *column, mb_layout *layout,
                            mb_column **result) MB_MUST_CHECK;

// Moves a result to an even layout where one rank holds far more than the others. Inside a body,
// collective.
mb_status mb_column_level(mb_context *cx, mb_column **column) MB_MUST_CHECK;
