// The ranges of columns that were made without, as a host's arrays are.
#pragma once

#include "column/column.h"

// Gives a stored column of integers the range of each 64 Ki rows, and a range of all that is tight,
// by a pass over its values; one that has ranges is left as it is. Inside a body, collective.
mb_status mb_column_find_ranges(mb_context *cx, mb_column *column) MB_MUST_CHECK;
