// Strings cut at separators, and what regular expressions find in them.
#pragma once

#include "column/column.h"
#include "types/dictionary.h"

typedef struct mb_text_splitting {
    mb_string separator; // not empty; bytes NULL: white space, of which none is at the ends
    bool is_regex;
    int64_t n; // most cuts; below 0: all
} mb_text_splitting;

// The first ncolumns pieces of each row as pending text columns, missing where there are not so
// many; or, of 0 columns, all pieces of all rows: results[0] text, results[1] the rows, from 1,
// that they are of. Inside a body, collective.
mb_status mb_text_split(mb_context *cx, mb_column *column, const mb_text_splitting *how,
                        int64_t ncolumns, mb_column **results) MB_MUST_CHECK;

// What is before and behind the n-th separator from the left, or from the right. Without so many
// all of a row is before it, or from the right behind it, and the other side is missing. Inside a
// body, collective.
mb_status mb_text_partition(mb_context *cx, mb_column *column, mb_string separator, int64_t n,
                            bool right, mb_column **before, mb_column **behind) MB_MUST_CHECK;

// The n groups of the first match in each row as text columns; missing where there is none, and
// where a group took no part. Inside a body, collective.
mb_status mb_text_extract(mb_context *cx, mb_column *column, mb_string pattern, int64_t n,
                          mb_column **groups) MB_MUST_CHECK;

// All matches of all rows, and the rows, from 1, that they are of. Inside a body, collective.
mb_status mb_text_find_all(mb_context *cx, mb_column *column, mb_string pattern,
                           mb_column **matches, mb_column **rows) MB_MUST_CHECK;
