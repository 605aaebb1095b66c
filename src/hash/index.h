// A hash index: which of n keys a 64-bit word is, on one rank.
#pragma once

#include <stdint.h>

#include "core/context.h"

typedef enum mb_hash_use {
    MB_HASH_TEST, // for mb_hash_index_test alone, expecting that most words are not among the keys
    MB_HASH_FIND,
} mb_hash_use;

typedef enum mb_hash_form {
    MB_HASH_BITS,  // a bit for each number of the keys' range
    MB_HASH_TABLE, // what is found for each number of the range
    MB_HASH_KEYS,  // open addressing; slots are keys
    MB_HASH_WORDS, // slots are key and what is found in one word
    MB_HASH_PAIRS, // slots are both
} mb_hash_form;

typedef struct mb_hash_index {
    mb_hash_form form;
    uint64_t low, span;  // keys are low .. low + span, as unsigned differences
    uint64_t multiplier; // of hashes: the top bits of a product count
    uint64_t low_value;  // what is found counts from here
    int64_t n;           // keys given
    int64_t duplicate;   // the first of them that equals an earlier one; -1: none does
    mb_buffer *slots;
    size_t part_bytes;
    int part_shift, parts; // slot >> part_shift is the part of a slot: see mb_hash_index_part
    int bits;              // of the number of slots
    int id_bits;           // of a slot that are what is found, and 1
    mb_buffer *filter;     // a bit for each value of the first filter_bits of a hash, or NULL
    int filter_bits;
} mb_hash_index;

enum { MB_HASH_NONE = -1, MB_HASH_ROWS = 2048 }; // most words of a call

// What is found at keys: values[i] - low, at most `span` below 2^62.
typedef struct mb_hash_values {
    const uint64_t *values;
    uint64_t low, span;
} mb_hash_values;

// Indexes n keys; of equal ones the first counts. Found are their `values`, or when these are NULL
// their numbers, from 0. Memory: a bit or 4 bytes for each number of the range where that is small,
// else 16 to 128 bytes a key. Not collective.
mb_status mb_hash_index_open(mb_context *cx, const uint64_t *keys, int64_t n, mb_hash_use use,
                             const mb_hash_values *values, mb_hash_index *index) MB_MUST_CHECK;

void mb_hash_index_close(mb_hash_index *index);

// In which of index->parts parts of the slots a word is looked up, from 0. In memory there is one;
// slots on the disk have parts that fit memory, and words are best looked up one part after
// another. Not collective.
int mb_hash_index_part(const mb_hash_index *index, uint64_t word);

// Brings a part to memory. Not collective.
void mb_hash_index_fetch(const mb_hash_index *index, int part);

// Of n <= MB_HASH_ROWS words: found[i] is 1 where it is a key, else 0. Not collective.
void mb_hash_index_test(mb_context *cx, const mb_hash_index *index, const uint64_t *words,
                        int64_t n, uint8_t *found);

// Of n <= MB_HASH_ROWS words: what is found at the key that each is, or MB_HASH_NONE. For an index
// opened with MB_HASH_FIND. Not collective.
void mb_hash_index_find(mb_context *cx, const mb_hash_index *index, const uint64_t *words,
                        int64_t n, int64_t *ids);

// Of n <= MB_HASH_ROWS words: whether each is a key, 1 or 0, and the value that it was opened with.
// Not collective.
void mb_hash_index_look_up(mb_context *cx, const mb_hash_index *index, const uint64_t *words,
                           int64_t n, uint64_t *values, uint8_t *found);
