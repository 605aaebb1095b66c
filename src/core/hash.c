#include "core/hash.h"

#include <string.h>

#include "core/kind.h"

// A fraction of 2^64 whose continued fraction has the quotients 1 and 2 alone, as its seed draws
// them, while denominators stay below 2^32: so the first n multiples leave no two gaps modulo 2^64
// of very different sizes, for n up to 2^32 (three-gap theorem), as those of the golden ratio do,
// whose quotients are all 1.
uint64_t mb_hash_multiplier(uint64_t seed)
{
    const uint64_t random = mb_hash_word(seed, 0);
    uint64_t numerator = 0, previous_numerator = 1, denominator = 1, previous_denominator = 0;
    for (int i = 0; denominator < UINT64_C(1) << 32; i++) {
        uint64_t quotient = 1 + (random >> i % 64 & 1);
        uint64_t next_numerator = quotient * numerator + previous_numerator;
        uint64_t next_denominator = quotient * denominator + previous_denominator;
        previous_numerator = numerator, previous_denominator = denominator;
        numerator = next_numerator, denominator = next_denominator;
    }
    return (uint64_t)(((mb_uint128)numerator << 64) / denominator) | 1;
}

uint64_t mb_hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const char *at = bytes;
    uint64_t word;
    hash = mb_hash_word(hash, size);
    for (; size >= sizeof word; size -= sizeof word, at += sizeof word) {
        memcpy(&word, at, sizeof word);
        hash = mb_hash_word(hash, word);
    }
    if (size) {
        word = 0;
        memcpy(&word, at, size);
        hash = mb_hash_word(hash, word);
    }
    return hash;
}
