// Keys as words: unsigned 64-bit numbers in the order of the values, handed out block by block.
#pragma once

#include "column/column.h"

enum { MB_WORD_ROWS = 2048 }; // most rows that are asked for at a time

// This rank's rows of keys. Missing rows have any word.
typedef struct mb_words {
    mb_context *cx;
    int64_t n;
    const uint64_t *validity; // NULL: all rows are there
    // Puts words of rows first .. first + n - 1 to `out`.
    void (*take)(const struct mb_words *words, int64_t first, int64_t n, uint64_t *out);
    const void *values[2]; // for `take`, as the next ones
    int form[2];
    uint64_t origin;
    bool bounded; // no word is above `largest`
    uint64_t largest;
} mb_words;

// The rows of a column that has values, less its minimum where that is known; of floats their
// order words. Not collective.
mb_words mb_words_of(mb_context *cx, const mb_column *column);

// Whether words are what is stored in 4 bytes, plus `origin`, of rows that are all there.
bool mb_words_are_offsets(const mb_words *words);

// What a word of such a column stands for, as bits of its type (doubles for floats).
uint64_t mb_words_value(const mb_column *column, uint64_t word);

// Words become, in their place, what they stand for.
void mb_words_values(const mb_column *column, int64_t n, uint64_t *words);

// a[i] * count + b[i]: pairs of numbers stored in 2 or 4 bytes.
mb_words mb_words_pair(mb_context *cx, int64_t n, const void *a, int a_width, const void *b,
                       int b_width, uint64_t count);

// Values in 64 bits become, in their place, what mb_builder_append takes: bytes for bools, floats
// of 4 bytes for a `width` of 4. Not collective.
void mb_words_narrow(mb_kind kind, int width, void *values, int64_t n);
