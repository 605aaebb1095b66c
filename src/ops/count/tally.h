// Counting the values of this rank's rows: the local half of value_counts.
//
// Keys are 64-bit unsigned numbers in the order of the values: key + origin is the value.
#pragma once

#include "column/column.h"
#include "expr/evaluate.h"
#include "order/radix.h"

// Whether values are counted by direct addressing, in a table with an entry for each of the
// `entries` values of their range; otherwise they are hashed. The same on all ranks. Not
// collective.
bool mb_tally_direct(const mb_column *column, int64_t *entries);

// The value that key 0 stands for, in 64 bits. Not collective.
uint64_t mb_tally_origin(const mb_column *column);

// Counts into `table`, which has `entries` zeroed entries; missing rows are passed over. May need
// memory for a second table. Not collective.
mb_status mb_tally_table(mb_context *cx, const mb_column *column, int64_t entries,
                         uint64_t *table) MB_MUST_CHECK;

// The valid rows among local rows first .. first + n - 1, as stored, in `block`; returns how many.
// `scratch` has room for n values. Not collective.
int64_t mb_tally_block(mb_context *cx, const mb_column *column, int64_t first, int64_t n,
                       mb_block *block, void *scratch);

// Counts by hashing: the distinct keys with their counts, in no order. Few keys go to one table
// that stays in cache; many are first partitioned by their hash. Memory: 16 bytes a distinct key,
// and 4 or 8 bytes a row when they are many. Not collective.
mb_status mb_tally_hash(mb_context *cx, const mb_column *column, mb_buffer **pairs,
                        int64_t *n) MB_MUST_CHECK;
