// Looking for strings in text, byte by byte.
#pragma once

#include "column/column.h"
#include "types/dictionary.h"

typedef enum mb_text_search {
    MB_TEXT_CONTAINS, // bools
    MB_TEXT_STARTSWITH,
    MB_TEXT_ENDSWITH,
    MB_TEXT_COUNT, // ints: how often, without overlap; of none: one more than the bytes
    MB_TEXT_FIND,  // the first byte of the first, from 1; missing where there is none
    MB_TEXT_SEARCHES
} mb_text_search;

// A pending column of what a search for `string` gives in each row of a text column; missing rows
// stay so. Inside a body, collective.
mb_status mb_text_search_for(mb_context *cx, mb_column *column, mb_text_search search,
                             mb_string string, mb_column **result) MB_MUST_CHECK;

// A bool column: whether each row compares so (MB_EQ to MB_GE) with a string, by bytes. Inside a
// body, collective.
mb_status mb_text_compare(mb_context *cx, mb_column *column, mb_operator op, mb_string string,
                          mb_column **result) MB_MUST_CHECK;

// A pending int column of the bytes of each row. Inside a body, collective.
mb_status mb_text_length(mb_context *cx, mb_column *column, mb_column **result) MB_MUST_CHECK;

// A pending uint column of a hash of each row's bytes, the same on all machines. Inside a body,
// collective.
mb_status mb_text_hash(mb_context *cx, mb_column *column, mb_column **result) MB_MUST_CHECK;
