#include "core/hash.h"

#include <stdbool.h>
#include <string.h>

// Whether the partial quotients of the continued fraction of multiplier / 2^64 are small: then the
// first n multiples of it leave no two gaps modulo 2^64 of very different sizes, for n up to 2^32.
static bool spreads(uint64_t multiplier)
{
    enum { MOST_QUOTIENT = 3 };
    const uint64_t many = UINT64_C(1) << 32; // denominators of convergents
    uint64_t quotient = UINT64_MAX / multiplier, rest = UINT64_MAX % multiplier + 1; // of 2^64
    uint64_t previous = 1, denominator = quotient;
    while (quotient <= MOST_QUOTIENT && denominator < many) {
        if (rest == 0) return false;
        uint64_t left = multiplier % rest, next;
        quotient = multiplier / rest;
        multiplier = rest;
        rest = left;
        next = quotient <= MOST_QUOTIENT ? quotient * denominator + previous : many;
        previous = denominator;
        denominator = next;
    }
    return quotient <= MOST_QUOTIENT;
}

uint64_t mb_hash_multiplier(uint64_t seed)
{
    uint64_t multiplier;
    do {
        seed = mb_hash_word(seed, 0);
        multiplier = seed | 1;
    } while (!spreads(multiplier));
    return multiplier;
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
