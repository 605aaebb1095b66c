// Sorting this rank's strings by their bytes.
#pragma once

#include "types/dictionary.h"

// Sorts n strings: `distinct`, with room for n, gets the different ones in order, codes[i] the
// place of the i-th among these. `*ndistinct` is how many there are. Words of 8 bytes are sorted by
// radix, ties by the words that follow (Bentley and Sedgewick's multikey sort, a word for a
// character). Memory: 33 bytes a string. Not collective.
mb_status mb_string_sort(mb_context *cx, const mb_string *strings, int64_t n, uint64_t *codes,
                         mb_string *distinct, int64_t *ndistinct) MB_MUST_CHECK;

// The replicated dictionary of n strings in any order, for columns of a type like `model`, and the
// code of each. MB_EINVALID where they are more than a dictionary holds. Memory: 49 bytes a string
// beside it. Not collective.
mb_status mb_string_encode(mb_context *cx, const mb_type *model, const mb_string *strings,
                           int64_t n, uint64_t *codes, mb_dictionary **dictionary) MB_MUST_CHECK;
