// Rows of keys as words: unsigned 64-bit numbers in the order of the keys, read block by block.
#pragma once

#include "order/keys.h"

// This rank's rows: one word of packed keys, or pairs of numbers stored in 2 or 4 bytes.
typedef struct mb_key_words {
    mb_context *cx;
    int64_t n;
    uint64_t largest; // an upper bound of the words
    const mb_key_reader *reader;
    int word;
    const uint32_t *stored; // where words are what is stored in 4 bytes, plus `delta`; or NULL
    uint64_t delta;
    const void *numbers[2]; // where there is no reader: numbers[0][i] * count + numbers[1][i]
    int widths[2];
    uint64_t count;
} mb_key_words;

// Word `word` of n rows of packed keys. Not collective.
mb_key_words mb_key_words_of(mb_context *cx, const mb_keys *keys, const mb_key_reader *reader,
                             int word, int64_t n);

// The words of n <= MB_KEY_ROWS rows from row `first` on, a multiple of 64: in `room`, which has
// room for n, or in memory that lasts until the next call. Not collective.
const uint64_t *mb_key_words_take(const mb_key_words *words, int64_t first, int64_t n,
                                  uint64_t *room);
