// Dictionaries: the few values of a column as numbers.
#pragma once

#include "column/column.h"

enum { MB_DICTIONARY_BITS = 20 }; // of the numbers in the largest one

// An int column of the numbers of the values, from 0 on, in their order; missing rows have a last
// one. `words` has what each stands for: see mb_words_value. Both NULL when there would be more
// numbers than a dictionary holds. The column must have values. Memory: that of mb_factorise, and 8
// bytes a value. Inside a body, collective.
mb_status mb_dictionary_of(mb_context *cx, mb_column *column, mb_column **codes,
                           mb_buffer **words) MB_MUST_CHECK;
