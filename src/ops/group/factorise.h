// Factorising: this rank's rows of keys as small numbers, 0, 1, ... in the order of the keys.
#pragma once

#include "ops/group/key_words.h"
#include "ops/group/places.h"

typedef struct mb_factors {
    mb_buffer *numbers; // of each row; NULL: as the places say
    int width;          // of these: 2 or 4 bytes
    int64_t n;          // how many there are
    mb_buffer *words;   // uint64_t of each number, ascending
    mb_places places;
} mb_factors;

// Factorises by what the keys are like: a table of their range where that is small; a hash table
// while it stays in cache; else by sorting words and rows, cut by their highest varying bits into
// buckets that are sorted in cache. Memory: 4 bytes a row for the numbers; of the sort 8 more where
// the range of words is below 2^41, else 16, and 8 bytes a distinct key. Fails for 2^32 rows and
// more. Not collective.
mb_status mb_factorise(const mb_key_words *words, mb_factors *factors) MB_MUST_CHECK;

void mb_factors_release(mb_factors *factors);

// The same of a column whose keys have places: words are these. Not collective.
mb_status mb_factorise_places(mb_column *column, mb_factors *factors) MB_MUST_CHECK;

// The numbers of n rows from one on; `room` has room for them. Not collective.
const uint32_t *mb_factors_take(const mb_factors *factors, int64_t first, int64_t n,
                                uint32_t *room);

// The part of it that sorts. Gives numbers of 4 bytes.
mb_status mb_factorise_sorting(const mb_key_words *words, mb_factors *factors) MB_MUST_CHECK;
