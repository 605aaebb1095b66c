// The different ones of strings that come again and again.
#pragma once

#include "types/dictionary.h"

// Strings as mb_string_fold leaves them: all n, or, where many come again, the different ones.
typedef struct mb_folded_strings {
    const mb_string *strings;
    int64_t n;
    mb_buffer *kept, *codes; // the different ones, and room for a code of each; NULL: all are there
} mb_folded_strings;

// Leaves out strings that equal others before them, where a sample says that fewer than one in four
// are different: places[i] is then the place of the i-th among those that are left. Strings are
// hashed. Memory: 8 bytes a string, where nearly all come again, up to 80 where few do. Not
// collective.
mb_status mb_string_fold(mb_context *cx, const mb_string *strings, int64_t n, uint64_t *places,
                         mb_folded_strings *folded) MB_MUST_CHECK;

// Where the codes of those that are left belong.
uint64_t *mb_folded_codes(const mb_folded_strings *folded, uint64_t *places);

// Makes places of n strings the codes of those that are there.
void mb_string_unfold(const mb_folded_strings *folded, int64_t n, uint64_t *places);

void mb_folded_strings_close(mb_folded_strings *folded);
