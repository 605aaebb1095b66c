// Sorting, by a sample sort over the ranks and an LSD radix sort of order keys on each.
//
// The order is that of order/keys.h: NaN after all numbers, missing rows after NaN, in both
// directions. Sorts are stable. Results are laid out evenly.
#pragma once

#include "column/column.h"

enum { MB_MOST_SORT_KEYS = 8 };

// The positions, counted from 1, that sort rows by 1 .. MB_MOST_SORT_KEYS columns of one length,
// the first one first; `descending` has a direction for each, or is NULL. An int column of 4-byte
// values below 2^32 rows. Inside a body, collective.
//
// Rows in ascending order give a sequence without memory, rows in descending order are mirrored by
// one shuffle of positions, and few rows are sorted by every rank. Otherwise rows are partitioned
// by the highest bits of their keys, sent by one shuffle, and sorted in cache (see
// sort_internal.h): 4, 8 or 12 bytes a row are moved, by how many bits of keys and row numbers
// vary. Keys that do not fit 64 bits take a sort for each of their words. Memory: the moved bytes
// of the rows that a rank sends and receives, and the result; 2 bytes a row before they move; 16
// bytes for each row of the largest bucket of several keys.
mb_status mb_argsort(mb_context *cx, mb_column *const *columns, int ncolumns,
                     const bool *descending, mb_column **result) MB_MUST_CHECK;

// The rows of a column in order: stored as the column is, or the column itself. Like mb_argsort,
// but 4 or 8 bytes a row are moved, or none where keys have few bits. Inside a body, collective.
mb_status mb_sort(mb_context *cx, mb_column *column, bool descending,
                  mb_column **result) MB_MUST_CHECK;
