// Sorting the strings of all ranks.
#pragma once

#include "types/dictionary.h"

// How the strings of a column are held.
typedef enum mb_text_storage {
    MB_TEXT_CHOOSE, // replicated where strings are few: as many as there is room for, and either
                    // 64 Ki or, on average, one in four rows
    MB_TEXT_APPEND, // the same, or spread in no order, where that takes no sort
    MB_TEXT_REPLICATED, // or MB_EINVALID where there is no room for it
    MB_TEXT_SPREAD
} mb_text_storage;

// The dictionary of all ranks' strings, sorted, for columns of a type like `model`, and the code in
// it of each of this rank's n strings. `rows` is how many rows all ranks have of these, for the
// choice of the storage. `status` is this rank's so far.
//
// A sample sort: strings are sent to the ranks that own their part of the order, which sort what
// they got and answer with codes.
// Memory: strings three times, and 124 bytes for each. Inside a body, collective.
typedef struct mb_text_wanted {
    const mb_type *model;
    mb_text_storage storage;
    int64_t rows;
} mb_text_wanted;
mb_status mb_text_sort(mb_context *cx, mb_status status, mb_text_wanted wanted,
                       const mb_string *strings, int64_t n, uint64_t *codes,
                       mb_dictionary **dictionary) MB_MUST_CHECK;
