// LSD radix sort of keys with a word beside each, 12 bits a pass.
#pragma once

#include <stdint.h>

typedef struct mb_key_count {
    uint64_t key, count;
} mb_key_count;

// Sorts n pairs by key, stably, by least significant digits first; `largest` is the largest key.
// `scratch` has room for n. Returns where the sorted pairs are: `pairs` or `scratch`.
mb_key_count *mb_radix_sort_pairs(mb_key_count *pairs, mb_key_count *scratch, int64_t n,
                                  uint64_t largest);
