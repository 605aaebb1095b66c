// Numbers for the strings of all ranks, that are equal where these are.
#pragma once

#include "types/dictionary.h"

// The number of each of this rank's n strings: below that of all ranks' strings, and the same for
// equal ones alone, in no order. `status` is this rank's so far. Strings are sent to ranks by their
// hashes, which number what they got. Memory: strings twice, and 110 bytes for each. Inside a body,
// collective.
mb_status mb_text_number(mb_context *cx, mb_status status, const mb_string *strings, int64_t n,
                         uint64_t *numbers) MB_MUST_CHECK;
