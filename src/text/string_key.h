// Strings as keys of hash tables: a short one lies in its slot, as zero-padded words, so that
// finding it costs one cache line; of a longer one its hash and ends do, and an equal key says only
// that it may be the same.
#pragma once

#include "text/string_hash.h"

enum { MB_KEY_WORDS = 3, MB_KEY_LONGEST = 24 };

typedef struct mb_string_key {
    uint64_t words[MB_KEY_WORDS];
    uint32_t length, number; // of a slot: one more than the string's; 0: it is free
} mb_string_key;

// That of a string, of which MB_KEY_LONGEST bytes are readable whatever its length, or not.
static inline mb_string_key mb_string_key_of(uint64_t seed, mb_string string, bool readable)
{
    mb_string_key key = {.length = (uint32_t)string.length};
    if (string.length > MB_KEY_LONGEST) {
        key.words[0] = mb_string_hash(seed, string);
        key.words[1] = mb_string_load(string.bytes, 8);
        key.words[2] = mb_string_load(string.bytes + string.length - 8, 8);
        return key;
    }
    if (!readable) {
        if (string.length) memcpy(key.words, string.bytes, string.length);
        return key;
    }
    static const char ones[2 * MB_KEY_LONGEST] = "\377\377\377\377\377\377\377\377"
                                                 "\377\377\377\377\377\377\377\377"
                                                 "\377\377\377\377\377\377\377\377";
    const char *mask = ones + MB_KEY_LONGEST - string.length; // the rest are zeros
    for (size_t i = 0; i < MB_KEY_WORDS; i++)
        key.words[i] = mb_string_load(string.bytes + 8 * i, 8) & mb_string_load(mask + 8 * i, 8);
    return key;
}

static inline uint64_t mb_string_key_hash(uint64_t seed, const mb_string_key *key)
{
    const uint64_t first = mb_string_mix(key->words[0] ^ seed ^ UINT64_C(0x9e3779b97f4a7c15),
                                         key->words[1] ^ key->length ^ seed);
    return mb_string_mix(first ^ key->words[2], MB_STRING_HASH_ODD ^ seed);
}

// Without a branch, which nothing would predict.
static inline bool mb_string_key_equal(const mb_string_key *a, const mb_string_key *b)
{
    return !((a->words[0] ^ b->words[0]) | (a->words[1] ^ b->words[1]) |
             (a->words[2] ^ b->words[2]) | (a->length ^ b->length));
}
