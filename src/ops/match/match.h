// Matching the rows of a column with those of another.
//
// Two values match when they are equal; all NaN are one value. Columns that are matched have one
// type. The keys are replicated, by direct addressing or in a hash table, while they are few: up to
// 65,536, or up to the rows of the column on each rank. More are partitioned by hash, and the rows'
// values are sent to their owners in rounds, each distinct value once.
#pragma once

#include "column/column.h"

// Whether each row is among the rows of `set`: a bool column, laid out as `column`; missing where a
// row is. Missing rows of the set are passed over. A bitmap filters most absent values before the
// probe of the hash table. Inside a body, collective. Memory: that of counting the set's values
// (mb_counted_local), 20 to 32 bytes a distinct value on every rank, or on one where they are
// partitioned, at most 4 MB of bitmap, and the result.
mb_status mb_isin(mb_context *cx, mb_column *column, mb_column *set,
                  mb_column **result) MB_MUST_CHECK;

typedef struct mb_lookup {
    mb_column *keys;
    mb_column *values;      // as many rows as `keys`; NULL: the keys' positions, counted from 1
    mb_column *column;      // the rows that are looked up
    const mb_value *absent; // the value of rows that no key equals; NULL: they are missing
} mb_lookup;

// For each row the value of the key that it equals: a column laid out as `column`, of the type of
// `values`, or int; missing where the row or the value is. Missing keys are passed over. Of equal
// keys the first one's position is found; with values, MB_EINVALID names a key that occurs twice.
// Inside a body, collective. Memory: 17 bytes a key of this rank, 35 to 145 a key on every rank, or
// on one where they are partitioned, and the result.
mb_status mb_lookup_rows(mb_context *cx, const mb_lookup *lookup, mb_column **result) MB_MUST_CHECK;
