// Hashes of strings: words of 8 bytes, by multiplications whose halves are folded.
#pragma once

#include <string.h>

#include "core/kind.h"
#include "types/dictionary.h"

#define MB_STRING_HASH_ODD UINT64_C(0xbf58476d1ce4e5b9)

static inline uint64_t mb_string_mix(uint64_t a, uint64_t b)
{
    mb_uint128 product = (mb_uint128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t mb_string_load(const char *at, size_t size)
{
    uint64_t word = 0;
    memcpy(&word, at, size);
    return word;
}

// The last words of a string overlap, so that nothing behind it is read.
static inline uint64_t mb_string_hash(uint64_t seed, mb_string string)
{
    const uint64_t mixed = seed ^ UINT64_C(0x9e3779b97f4a7c15);
    const char *at = string.bytes;
    size_t left = string.length;
    uint64_t made = seed, a = 0, b = 0;
    for (; left > 16; left -= 16, at += 16)
        made = mb_string_mix(mb_string_load(at, 8) ^ mixed, mb_string_load(at + 8, 8) ^ made);
    if (left >= 8) {
        a = mb_string_load(at, 8);
        b = mb_string_load(at + left - 8, 8);
    } else if (left >= 4) {
        a = mb_string_load(at, 4);
        b = mb_string_load(at + left - 4, 4);
    } else if (left) {
        a = mb_string_load(at, 1) | mb_string_load(at + left / 2, 1) << 8 |
            mb_string_load(at + left - 1, 1) << 16;
    }
    made = mb_string_mix(a ^ mixed, b ^ made);
    return mb_string_mix(made ^ string.length, MB_STRING_HASH_ODD ^ seed);
}
