// The keys of two tables, of several columns each, packed into words.
#pragma once

#include "order/keys.h"

typedef struct mb_join_keys {
    mb_column *columns[2][MB_MOST_KEYS]; // of each table, in pairs of one type
    int ncolumns;
} mb_join_keys;

typedef struct mb_join_word {
    mb_column *of[2]; // of each table: uints below 2^bits
    int bits;
} mb_join_word;

// Packs the keys of both tables, as order/keys.h does, into words that are equal where the keys
// are, and in their order: a pair of uint columns for each word, laid out as the first key of their
// table. `words` has room for MB_MOST_FIELDS. A word is missing where one of its keys is. Inside a
// body, collective. Memory: the words.
mb_status mb_join_words(mb_context *cx, const mb_join_keys *keys, mb_join_word *words,
                        int *nwords) MB_MUST_CHECK;
