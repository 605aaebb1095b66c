// A hash table that numbers words in the order of their first occurrence and counts them, on one
// rank: open addressing with linear probes.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/context.h"

enum { MB_HASH_LOAD = 4 }; // slots to each word, at least: probes that miss cost more than memory

typedef struct mb_hash_numbers {
    mb_context *cx;
    mb_buffer *memory;
    int room_bits;   // of the number of slots that there is memory for
    int bits;        // and of those that are in use
    int64_t n;       // words
    int count_bits;  // low bits of a slot that are its word's count; 0: counts stand apart
    uint64_t *slots; // a word above its count; or its low half above its number + 1; 0: free
    uint64_t *words, *counts; // of each number; room for 2^room_bits / MB_HASH_LOAD
} mb_hash_numbers;

// Takes memory for a table of up to 2^room_bits slots, and clears it to 2^bits. With `count_bits`
// words are counted and not numbered, they are below 2^(64 - count_bits), and counts stay below
// 2^count_bits. Memory: 12 bytes a slot, or 8 with `count_bits`. Not collective.
mb_status mb_hash_numbers_open(mb_context *cx, int bits, int room_bits, int count_bits,
                               mb_hash_numbers *table) MB_MUST_CHECK;
void mb_hash_numbers_close(mb_hash_numbers *table);

// Forgets all words, and leaves 2^bits slots in use, which there must be memory for.
void mb_hash_numbers_clear(mb_hash_numbers *table, int bits);

// Doubles the slots in use; with more memory where that is needed. Not collective.
mb_status mb_hash_numbers_grow(mb_hash_numbers *table) MB_MUST_CHECK;

// Numbers words until a new one finds the table full: returns how many it has done. They are below
// 2^32 when `narrow`; `numbers` gets the number of each. Not collective.
int64_t mb_hash_number(mb_hash_numbers *table, const uint64_t *words, bool narrow, int64_t n,
                       uint32_t *numbers);

// The same of words that are stored in 4 bytes, less `origin`, and below 2^32. Not collective.
int64_t mb_hash_number_stored(mb_hash_numbers *table, const uint32_t *words, uint64_t origin,
                              int64_t n, uint32_t *numbers);

// The same, and counts them. The words are stored in 4 or 8 bytes, less `origin`; `numbers` may be
// NULL. Not collective.
int64_t mb_hash_count(mb_hash_numbers *table, const void *words, int width, uint64_t origin,
                      int64_t n, uint32_t *numbers);

// Lists the n words, each with its count after it. Not collective.
void mb_hash_list(const mb_hash_numbers *table, uint64_t *pairs);
