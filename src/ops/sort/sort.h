// Sorting.
//
// The order is that of keys.h: NaN after all numbers, missing rows after NaN, in both directions;
// equal rows stay in row order. Results are laid out evenly.
#pragma once

#include "column/column.h"

enum { MB_MOST_SORT_KEYS = 8 };

// The positions, counted from 1, that sort rows by 1 .. MB_MOST_SORT_KEYS columns of one length,
// the first one first; `descending` has a direction for each, or is NULL. An int column of 4-byte
// values below 2^32 rows. Inside a body, collective.
//
// Rows in order give a sequence that takes no memory, and rows in falling order one exchange of
// positions; few rows are sorted by every rank. Otherwise the rows are partitioned by the highest
// bits of their keys, exchanged once, and sorted in cache (see sort_internal.h): 4, 8 or 12 bytes a
// row are moved, by how many bits of keys and row numbers vary.
// Keys that do not fit 64 bits take as many sorts as they have words.
// Memory: what moves of the rows that a rank sends and gets from others, and the result; 2 bytes a
// row before they move; 16 bytes for each row of the largest bucket of several keys.
mb_status mb_argsort(mb_context *cx, mb_column *const *columns, int ncolumns,
                     const bool *descending, mb_column **result) MB_MUST_CHECK;

// The rows of a column in order: stored as the column is, or the column itself. Inside a body,
// collective. As mb_argsort, but 4 or 8 bytes of a row are moved; where keys have few bits none
// are.
mb_status mb_sort(mb_context *cx, mb_column *column, bool descending,
                  mb_column **result) MB_MUST_CHECK;

// The place of each row in the order of mb_argsort, counted from 1: an int column, missing where
// the column is. Inside a body, collective. Two sorts.
mb_status mb_rank_rows(mb_context *cx, mb_column *column, mb_column **result) MB_MUST_CHECK;
