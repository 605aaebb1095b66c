// Factorising: the distinct keys of this rank's rows numbered 0, 1, ... in ascending order, and the
// number of each row.
#pragma once

#include "ops/group/direct.h"
#include "ops/group/key_words.h"

typedef struct mb_factors {
    mb_buffer *numbers; // of each row; NULL: looked up in `direct`
    int width;          // of these: 2 or 4 bytes
    int64_t n;          // distinct keys
    mb_buffer *words;   // uint64_t, the key of each number, ascending
    mb_direct direct;
} mb_factors;

// Factorises by direct addressing where the range of keys is small; by a hash table while that
// stays in cache; else by sorting words with their rows, partitioned by the highest varying bits
// into buckets that are sorted in cache. Memory: 4 bytes a row for the numbers; of the sort 8 more
// where the range of words is below 2^41, else 16, and 8 bytes a distinct key. Fails for 2^32 rows
// and more. Not collective.
mb_status mb_factorise(const mb_key_words *words, mb_factors *factors) MB_MUST_CHECK;

void mb_factors_release(mb_factors *factors);

// The same of a column whose keys mb_direct_fits: words are offsets from the least key, and the
// rows' numbers are not stored. Not collective.
mb_status mb_factorise_direct(mb_column *column, mb_factors *factors) MB_MUST_CHECK;

// The numbers of n rows from row `first` on, in `room`, which has room for n, or where they are
// stored. Not collective.
const uint32_t *mb_factors_take(const mb_factors *factors, int64_t first, int64_t n,
                                uint32_t *room);

// Adds how many of the first n rows have each number. Not collective.
void mb_factors_count(const mb_factors *factors, int64_t n, int64_t *counts);

// Factorises by sorting alone, with the memory that mb_factorise states; numbers have 4 bytes. Not
// collective.
mb_status mb_factorise_sorting(const mb_key_words *words, mb_factors *factors) MB_MUST_CHECK;
