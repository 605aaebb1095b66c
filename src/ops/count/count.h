// Counting the values of a column.
#pragma once

#include "column/column.h"

// The distinct values of a column in ascending order, and how often each occurs; missing rows are
// passed over. Of floats all zeros are one value, 0.0, and all NaN are one, the last. Both results
// are laid out alike. Each rank counts its own rows, then sends each key's count to the rank that
// will hold the key. Inside a body, collective. Memory: the tables of mb_tally_*, 48 bytes a
// distinct key of this rank, and for floats 8 bytes a row.
mb_status mb_value_counts(mb_context *cx, mb_column *column, mb_column **keys,
                          mb_column **counts) MB_MUST_CHECK;

// The distinct values alone. Where there is room for a bit for each value of their range, and this
// is wide, each rank marks those of its rows. Inside a body, collective. Memory: these bits twice,
// and 24 bytes a distinct value, or that of mb_value_counts.
mb_status mb_unique(mb_context *cx, mb_column *column, mb_column **keys) MB_MUST_CHECK;

// The number of distinct values, found in the same way. Inside a body, collective; concludes it.
mb_status mb_count_distinct(mb_context *cx, mb_column *column, int64_t *n) MB_MUST_CHECK;

// A key and its count.
typedef struct mb_ranked {
    uint64_t order; // of the key, as an unsigned number
    int64_t count;
    mb_value key;
} mb_ranked;

// The k rows with the largest counts, largest first, equal ones by key: n <= k of them, into
// `rows`, which has room for k. Inside a body, collective.
mb_status mb_most_common(mb_context *cx, mb_column *keys, mb_column *counts, int64_t k,
                         mb_ranked *rows, int64_t *n) MB_MUST_CHECK;
