// Widening: storage for a column's values and new ones.
#pragma once

#include "column/column.h"
#include "column/storage.h"

// New values of a column: a scalar, those of a column of the same type, or, where both are NULL,
// missing rows.
typedef struct mb_new_values {
    const mb_value *scalar;
    const mb_column *column;
} mb_new_values;

// The column's own storage if it holds the new values too, else the narrowest that does. The same
// on all ranks. Columns must be stored. Not collective.
mb_storage mb_widen_storage(const mb_column *column, mb_new_values added);

// Copies this rank's values into `out`, converted to another storage, which must hold them. Not
// collective.
void mb_widen_copy(const mb_column *column, mb_storage storage, void *out);

// A column for the changed rows of another: with its layout, bounds that include the new values,
// and memory for values in `storage` and, if `may_miss`, for validity. The caller fills these, and
// sets the number of missing rows. Not collective.
mb_status mb_widen_new(mb_context *cx, const mb_column *column, mb_new_values added,
                       mb_storage storage, bool may_miss, mb_column **made) MB_MUST_CHECK;

// The stored bytes of a value, the lowest ones of a word. Not collective.
uint64_t mb_widen_word(mb_kind kind, mb_storage storage, mb_value value);
