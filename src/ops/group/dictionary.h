// Dictionary encoding: a column of few distinct values as codes, numbers in their order.
#pragma once

#include "order/keys.h"

// Gives an int column of codes, from 0 on in ascending order of the values (missing rows have the
// last one), and `values`, the value of each code in 64 bits as mb_keys_values gives it. Both stay
// NULL when there are more than some 2^16 values on a rank, or 2^20 on all. The column must have
// values, and its keys fit a word. Memory: that of mb_hash_rows, 2 or 4 bytes a row to keep, and 64
// bytes a value. Inside a body, collective.
mb_status mb_value_codes(mb_context *cx, mb_column *column, const mb_key_bounds *bounds,
                         mb_column **codes, mb_buffer **values) MB_MUST_CHECK;
