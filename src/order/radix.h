// Sorting in cache and out of it by digits of the key.
#pragma once

#include <stdint.h>

typedef struct mb_key_count {
    uint64_t key, count;
} mb_key_count;

// Sorts n pairs by key, stably, by least significant digits first; `largest` is the largest key.
// `scratch` has room for n. Returns where the sorted pairs are: `pairs` or `scratch`.
mb_key_count *mb_radix_sort_pairs(mb_key_count *pairs, mb_key_count *scratch, int64_t n,
                                  uint64_t largest);

// Sorts n words by `bits` of their bits from bit `first` on, stably; digits that do not vary cost
// one look. `scratch` has room for n. Returns where the sorted words are: `words` or `scratch`.
uint64_t *mb_radix_sort_words(uint64_t *words, uint64_t *scratch, int64_t n, int first, int bits);
