// Strings put together.
#pragma once

#include "column/column.h"
#include "types/dictionary.h"

// A text column of the strings of a row of n <= MB_MOST_ROOTS text columns of one length, with
// `separator` between them; missing where one is. Laid out as the first. Inside a body, collective.
mb_status mb_text_join(mb_context *cx, mb_column *const *columns, int n, mb_string separator,
                       mb_column **result) MB_MUST_CHECK;

// A pending text column of each row's string between two others. Inside a body, collective.
mb_status mb_text_surround(mb_context *cx, mb_column *column, mb_string before, mb_string after,
                           mb_column **result) MB_MUST_CHECK;
