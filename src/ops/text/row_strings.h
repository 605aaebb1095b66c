// The strings of rows that other ranks have.
#pragma once

#include "column/column.h"
#include "types/dictionary.h"

// Brings the strings of this rank's rows of a stored column, whose dictionary is spread, here:
// `*strings` are an mb_string for each row, bytes NULL where it is missing, which point into
// `*bytes`. One request and one reply. Memory: the strings twice, and 56 bytes a row while they
// come. Inside a body, collective.
mb_status mb_text_row_strings(mb_context *cx, mb_column *column, mb_buffer **strings,
                              mb_buffer **bytes) MB_MUST_CHECK;
