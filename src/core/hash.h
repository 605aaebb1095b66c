// Hashing: of signatures and identities, of keys, and for counter-based random numbers.
#pragma once

#include <stddef.h>
#include <stdint.h>

// The finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators,
// OOPSLA 2014): a bijection on 64 bits that mixes well.
static inline uint64_t mb_mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

// A hash that grows by one word.
static inline uint64_t mb_hash_word(uint64_t hash, uint64_t word)
{
    return mb_mix(hash + UINT64_C(0x9e3779b97f4a7c15) + mb_mix(word));
}

// An odd multiplier for the hashes of tables, which take the top bits of a product (multiply-shift
// hashing: Dietzfelbinger et al. 1997). It is drawn by `seed`, so that nobody can choose keys that
// collide, among those whose multiples spread as evenly as those of the golden ratio nearly do.
uint64_t mb_hash_multiplier(uint64_t seed);

// A hash that grows by bytes.
uint64_t mb_hash_bytes(uint64_t hash, const void *bytes, size_t size);
