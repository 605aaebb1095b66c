// Columns of text that meet: they get one dictionary.
#pragma once

#include "column/column.h"

// The same columns with one dictionary that has the strings of all, and so with one type: pending
// where the codes change, else themselves, with a reference more. MB_EINVALID where the strings are
// too many for a dictionary. Memory: the strings twice, and 4 bytes for each. Inside a body,
// collective.
mb_status mb_text_unite(mb_context *cx, mb_column *const *columns, int64_t n,
                        mb_column **united) MB_MUST_CHECK;
