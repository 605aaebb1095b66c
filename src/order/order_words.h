// Values as unsigned words in their order: mb_order_bits of integers, mb_order_float of floats.
#pragma once

#include "column/column.h"
#include "core/isa.h"

enum { MB_WORD_ROWS = 1024 }; // most rows that mb_words_each hands out at a time
MB_WHOLE_WORDS(MB_WORD_ROWS);

// The word of every NaN, above all others.
#define MB_NAN_WORD UINT64_MAX

// Takes the words of n <= MB_WORD_ROWS rows from this rank's row `first` on; missing rows have any
// word, and `there`, a byte for each row, says which they are, or is NULL when none is missing.
typedef mb_status mb_take_words(void *state, const uint64_t *words, const uint8_t *there,
                                int64_t first, int64_t n);

// Takes rows that are stored as 4-byte offsets, of which none is missing: the word of each is
// base + offset.
typedef mb_status mb_take_offsets(void *state, const uint32_t *offsets, uint64_t base,
                                  int64_t first, int64_t n);

// Streams this rank's rows of a column, in order; to take_offsets, unless it is NULL, those that it
// can take. The status is this rank's own: agree on it next. Inside a body, collective.
mb_status mb_words_each(mb_context *cx, mb_column *column, mb_take_words *take,
                        mb_take_offsets *take_offsets, void *state) MB_MUST_CHECK;

// The value of a word of a column of a type, as a float.
double mb_word_float(mb_type type, uint64_t word);

typedef struct mb_word_kernels {
    void (*of_floats)(const double *values, int64_t n, uint64_t *words);
    void (*of_integers)(const uint64_t *values, int64_t n, uint64_t flip, uint64_t *words);
    // Counts words at table[(word - low) >> shift]; the table has room for all of them.
    void (*count)(const uint64_t *words, int64_t n, uint64_t low, int shift, uint64_t *table);
    void (*count_offsets)(const uint32_t *offsets, int64_t n, uint32_t low, int shift,
                          uint64_t *table);
    // How many words are below one.
    int64_t (*below)(const uint64_t *words, int64_t n, uint64_t bound);
    int64_t (*below_offsets)(const uint32_t *offsets, int64_t n, uint32_t bound);
    // The words from low to low + span, to the front of `out` (room for n); returns how many.
    int64_t (*select)(const uint64_t *words, int64_t n, uint64_t low, uint64_t span, uint64_t *out);
    int64_t (*select_offsets)(const uint32_t *offsets, int64_t n, uint32_t low, uint32_t span,
                              uint32_t *out);
} mb_word_kernels;

extern const mb_word_kernels mb_word_kernels_base, mb_word_kernels_avx2, mb_word_kernels_avx512;

const mb_word_kernels *mb_word_kernels_of(mb_isa isa);
