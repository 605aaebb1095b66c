// The invariants of columns, checked in builds for debugging.
#pragma once

#include "column/column.h"

// Checks all that column.h says of a column, on this rank's rows: the layout adds up, a pending
// column has no planes and a stored one those of its rows, bits behind the last row are 0, and the
// facts are true. Ends the process where something does not hold; nothing without MB_CHECKED. Not
// collective.
void mb_column_check(const mb_column *column);

// Has a column that the running operation makes or stores checked when the operation has succeeded,
// unless it is released before. Nothing without MB_CHECKED. Not collective.
void mb_column_check_later(mb_column *column);

// Takes that back: the column is released.
void mb_column_check_never(mb_column *column);
