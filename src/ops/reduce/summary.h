// What a rank's rows of a column come to, in whatever order they are taken: found in one pass.
#pragma once

#include "column/column.h"
#include "ops/reduce/block_sums.h"

// What a pass looks for, besides the number of values.
enum {
    MB_INTEGER_SUM = 1,
    MB_INTEGER_PRODUCT = 2,
    MB_NONZERO = 4,
    MB_BOUNDS = 8,
    MB_PLACES = 16, // of the bounds, with these
};

// The first row of a value, by a key that is smaller for a better one.
typedef struct mb_place {
    uint64_t key;
    int64_t row; // of all ranks; -1: none
} mb_place;

typedef struct mb_summary {
    mb_int128 sum;    // of integers
    uint64_t product; // of integers, modulo 2^64
    int64_t count, nonzero, nans;
    uint64_t low, high; // in mb_order_bits' order, or mb_order_number's; nothing when low is above
    mb_place least, most; // of the lowest and the highest value, or of the first NaN
} mb_summary;

// Of no rows.
mb_summary mb_summary_none(void);

// Adds the summary of the rows that follow.
void mb_summary_add(mb_summary *into, const mb_summary *from);

// Passes over this rank's values of a column, without those that are missing, or NaN with skipna.
// They go to `sums` too, unless that is NULL. The status is this rank's own: agree on it next.
// Inside a body, collective.
mb_status mb_summarise(mb_context *cx, mb_column *column, unsigned needs, bool skipna,
                       mb_block_sums *sums, mb_summary *summary) MB_MUST_CHECK;
