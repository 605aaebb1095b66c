// What mb_put_mask and mb_put_rows share.
#pragma once

#include "ops/move/widen.h"

// A copy of a column, to be changed row by row.
typedef struct mb_change {
    mb_context *cx;
    mb_column *made;
    mb_storage storage;
    char *rows;      // stored values
    uint64_t *valid; // validity bitmap; NULL: no row can be missing
} mb_change;

// Copies a column into storage that also holds the new values. Not collective.
mb_status mb_change_open(mb_context *cx, const mb_column *column, mb_new_values added,
                         bool may_miss, mb_change *change) MB_MUST_CHECK;

// Agrees on the status, and makes the copy the result. Inside a body, collective; concludes it.
mb_status mb_change_end(mb_change *change, mb_status status, mb_column **result) MB_MUST_CHECK;
