// Which of n strings another one equals, on one rank.
#pragma once

#include "types/dictionary.h"

enum { MB_STRING_BATCH = 256, MB_NO_STRING = -1 };

typedef struct mb_string_index {
    const mb_string *strings; // the caller's
    int bits, filter_bits;
    mb_buffer *slots;  // 2^bits: half of a hash, and one more than the number of its string; or 0
    mb_buffer *filter; // a bit for each value of the lowest filter_bits of a hash
} mb_string_index;

// The hashes of n strings. Those of one seed are the same on all ranks.
void mb_string_hashes(uint64_t seed, const mb_string *strings, int64_t n, uint64_t *hashes);

// Indexes n < 2^32 - 1 strings by their hashes, by open addressing; the strings have to stay.
// firsts[i] is the number of the first that equals the i-th. Strings are compared, so that
// whichever hashes they have, what is found is right. Memory: 16 to 34 bytes a string. Not
// collective.
mb_status mb_string_index_open(mb_context *cx, const mb_string *strings, const uint64_t *hashes,
                               int64_t n, uint64_t *firsts, mb_string_index *index) MB_MUST_CHECK;

void mb_string_index_close(mb_string_index *index);

// firsts[i] is the number of the first of n < 2^32 - 1 strings that equals the i-th. Memory: 24 to
// 42 bytes a string. Not collective.
mb_status mb_string_firsts(mb_context *cx, const mb_string *strings, int64_t n,
                           uint64_t *firsts) MB_MUST_CHECK;

// Of n <= MB_STRING_BATCH strings with their hashes: the number of the first that is indexed and
// equals each, or MB_NO_STRING. Not collective.
void mb_string_index_find(const mb_string_index *index, const mb_string *strings,
                          const uint64_t *hashes, int64_t n, int64_t *found);
