// Dictionaries: the few values of a column as numbers.
#pragma once

#include "column/column.h"

// An int column of the numbers of the values, from 0 on, in their order; missing rows have a last
// one. `words` has what each stands for: see mb_words_value. Both NULL when there are more than
// some 2^16 values on a rank, or 2^20 on all. The column must have values. Memory: that of
// mb_hash_rows, 2 or 4 bytes a row to keep, and 64 bytes a value. Inside a body, collective.
mb_status mb_dictionary_of(mb_context *cx, mb_column *column, mb_column **codes,
                           mb_buffer **words) MB_MUST_CHECK;
