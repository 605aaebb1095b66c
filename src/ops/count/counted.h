// Distinct keys and their counts, spread over the ranks: what counting and set operations share.
//
// A key is a 64-bit unsigned number in the order of the values that it stands for: key + origin is
// an integer value, or for floats its order word.
#pragma once

#include "column/column.h"
#include "comm/lockstep.h"
#include "order/radix.h"

typedef struct mb_counted {
    mb_buffer *pairs; // mb_key_count
    int64_t n;
} mb_counted;
// Not collective.
void mb_counted_release(mb_counted *counted);

// The column that is counted in place of another: itself, or for floats a uint column of order
// words, in which all zeros are one value and all NaN are one, above the others; 8 bytes a row.
// Inside a body, collective.
mb_status mb_counted_source(mb_context *cx, mb_column *column, mb_column **source) MB_MUST_CHECK;

// The distinct keys of this rank's rows, in no order; missing rows are passed over. Key 0 stands
// for mb_tally_origin. Not collective.
mb_status mb_counted_local(mb_context *cx, const mb_column *source,
                           mb_counted *counted) MB_MUST_CHECK;

// Sends each key to the rank that splitters assign, and adds up its counts there: the merged keys
// ascend on each rank and from rank to rank. Empties `local`. The status may be this rank's own.
// Memory: 36 bytes a key of this rank beside `local`. Inside a body, collective.
mb_status mb_counted_merge(mb_context *cx, mb_counted *local, mb_counted *merged) MB_MUST_CHECK;

// Merged keys as a column of a type, and with `ncolumns` 2 their counts as an int column, laid out
// alike. `guess` is the range of the keys' values, or NULL. Inside a body, collective.
mb_status mb_counted_build(mb_context *cx, const mb_counted *counted, const mb_type *type,
                           uint64_t origin, const mb_range *guess, int ncolumns,
                           mb_column **columns) MB_MUST_CHECK;
