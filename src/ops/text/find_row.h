// The row that a message names.
#pragma once

#include "ops/text/entries.h"

// The first row, from 1, for whose string a test gives true, a bool; 0 when there is none. Inside a
// body, collective.
mb_status mb_text_find_row(mb_context *cx, mb_column *column, mb_text_measure *test,
                           const void *argument, int64_t *row) MB_MUST_CHECK;
