// Which of some edges values are between.
#pragma once

#include "column/column.h"

// The smallest word of order (see order/order.h) of a value of a column of a type that is
// not below an edge: an int, a uint, or a float that is not NaN. False when no value is that large.
// Not collective.
bool mb_edge_word(mb_kind kind, mb_kind edge_type, mb_value edge, uint64_t *word);

// An int column: how many of n ascending edges, given by their words, are not above each value; all
// of them for NaN. Missing where the value is. Laid out as the column. Inside a body, collective.
// Memory: the result.
mb_status mb_digitize(mb_context *cx, mb_column *column, const uint64_t *edges, int64_t n,
                      mb_column **result) MB_MUST_CHECK;
