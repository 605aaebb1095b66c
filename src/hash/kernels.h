// The loops of hash indexes, built for each instruction set.
#pragma once

#include <stdint.h>

#include "core/isa.h"

// Slots that hold a key's distance from `low` above id_bits that hold its id and 1; 0: free.
typedef struct mb_hash_slots {
    const uint64_t *slots;
    uint64_t low, multiplier;
    int shift; // of a hash, to the number of a slot
    int id_bits;
} mb_hash_slots;

typedef struct mb_hash_kernels {
    // found[i]: bit words[i] - low of `bits`, 0 above `span`.
    void (*test_bits)(const uint64_t *words, int64_t n, const uint64_t *bits, uint64_t low,
                      uint64_t span, uint8_t *found);
    // found[i]: the bit of `bits` at the hash of words[i] - low, its product, shifted.
    void (*test_filter)(const uint64_t *words, int64_t n, const uint64_t *bits, int shift,
                        uint64_t low, uint64_t multiplier, uint8_t *found);
    // ids[i] by the first slot of words[i] alone, -1 when it is not there; open[i] is 1 where a
    // later slot may have it.
    void (*find_first)(const uint64_t *words, int64_t n, const mb_hash_slots *at, int64_t *ids,
                       uint8_t *open);
    // The numbers of the bytes that are 1, others being 0; returns how many. n is below 2^16.
    int (*list_set)(const uint8_t *bytes, int64_t n, uint16_t *list);
    // values[i] = ids[i] + low, found[i] = ids[i] >= 0.
    void (*tell)(const int64_t *ids, int64_t n, uint64_t low, uint64_t *values, uint8_t *found);
} mb_hash_kernels;

extern const mb_hash_kernels mb_hash_kernels_base, mb_hash_kernels_avx2, mb_hash_kernels_avx512;
