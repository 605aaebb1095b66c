// Hashing rows: the distinct words of keys numbered in the order of their first occurrence.
#pragma once

#include "ops/group/key_words.h"

typedef struct mb_hashed {
    mb_buffer *numbers;    // uint32_t of each row
    int64_t n;             // distinct words
    mb_buffer *words;      // uint64_t, ascending
    mb_buffer *word_index; // uint32_t of each number: the index of its word in `words`
} mb_hashed;

// Numbers rows of up to 2^16 distinct words, so that the hash table stays in cache; sets
// `too_many`, and leaves `hashed` empty, when there are more. Memory: 4 bytes a row, and 4 MB. Not
// collective.
mb_status mb_hash_rows(const mb_key_words *words, mb_hashed *hashed, bool *too_many) MB_MUST_CHECK;
// Not collective; what was never hashed is released without harm.
void mb_hashed_release(mb_hashed *hashed);
