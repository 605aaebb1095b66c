// Text columns of which only matters which rows are equal.
#pragma once

#include "column/column.h"

// Codes for two text columns, at least one of them spread, where rows of columns[0] are looked for
// among those of columns[1]: equal where strings are, in no order. A row that no row of the other
// column equals has a code that the other column does not have; of columns[1] it is missing, unless
// `all`: then rows of columns[1] that are equal have equal codes, others different ones, whichever
// columns[0] has. Missing rows stay so. The results are of mb_type_text without a dictionary.
//
// The strings of one column are indexed on every rank, where they are few or not more than a rank
// has of the other, whose strings then stay where they are; else those of both are sent to ranks by
// their hashes. Memory: of the indexed column the strings and 100 bytes for each, or that of
// mb_text_number; then 4 to 8 bytes an entry. Inside a body, collective.
mb_status mb_text_equal(mb_context *cx, mb_column *const *columns, bool all,
                        mb_column **coded) MB_MUST_CHECK;
