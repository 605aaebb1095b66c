// The results of looking up the rows of a column, as a column.
#pragma once

#include "ops/match/key_index.h"

typedef struct mb_match_column {
    const mb_type *type;    // of the result
    bool tests;             // a bool column: whether each row is a key
    const mb_value *absent; // the value of rows that no key equals; NULL: they are missing
} mb_match_column;

// Looks the rows of a column up, and builds a column laid out as it is; missing where the row or
// the value is. `guess` is the range of the values, or NULL. Inside a body, collective. Memory: the
// result, and that of mb_key_index_probe.
mb_status mb_match_build(mb_context *cx, const mb_key_index *index, mb_column *column,
                         const mb_match_column *what, const mb_range *guess,
                         mb_column **result) MB_MUST_CHECK;
