// The loops of sorts, built for each instruction set.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/isa.h"
#include "core/memory.h"

enum {
    // Of a bucket's write buffer: the branch on a full buffer is mispredicted once for each.
    MB_STAGE_BYTES = 256,
};
_Static_assert(MB_STAGE_BYTES % (2 * MB_ALIGNMENT) == 0, "stages of rows, too, are whole lines");

// How the rows that a partition moves are stored: the low bits of the key, which its bucket does
// not imply (the rest), the row, or both in one word with the row in the low bits.
typedef enum mb_sort_form {
    MB_REST4,
    MB_REST8,
    MB_PACKED4,
    MB_PACKED8,
    MB_APART, // 8 bytes of rest in one array, 4 of the row in another
    MB_SORT_FORMS
} mb_sort_form;

// The output of a partition: bucket b begins at starts[b], its next row goes to cursors[b].
typedef struct mb_scatter {
    int64_t nbuckets;
    int64_t *starts, *cursors;
    void *out;      // words of the form's width
    uint32_t *rows; // of MB_APART
    void *stages;   // scratch, MB_STAGE_BYTES a bucket (twice that of MB_APART), or NULL: rows go
                    // one by one
    uint64_t mask;  // of the key: the rest
    int row_bits;   // of a packed word
} mb_scatter;

// How neighbours among the words of a block compare.
typedef struct mb_steps {
    bool up, down, same; // some word is above, below, equal to the one before it
} mb_steps;

// How moved rows become the words by which a bucket is sorted: key bits above, and below the global
// number of the row, or its index in the bucket.
typedef struct mb_moved_words {
    int wire_bits; // of the local row in what was moved
    int row_bits;  // of the row in the word
    int drop;      // low bits of the key that do not fit the word
    int64_t start; // of the sending rank's rows
    int64_t index; // in the bucket, of the first row
    bool wide;     // positions take 8 bytes, not 4
} mb_moved_words;

typedef struct mb_sort_kernels {
    // Compares neighbours.
    mb_steps (*steps)(const uint64_t *words, int64_t n);
    // counts[words[i] >> shift]++ for n <= MB_KEY_ROWS words.
    void (*count)(const uint64_t *words, int64_t n, int shift, int64_t *counts);
    // buckets[i] = words[i] >> shift.
    void (*cells)(const uint64_t *words, int64_t n, int shift, uint32_t *buckets);
    // Buckets of words: that of words[i] is first[words[i] >> shift] or one of the 2^steps - 1
    // after it, the first one whose largest word upto[bucket] is not below words[i].
    void (*buckets)(const uint64_t *words, int64_t n, int shift, const uint32_t *first,
                    const uint64_t *upto, int steps, uint32_t *buckets);
    // Scatters n <= MB_KEY_ROWS words, of local rows from `row` on, to their buckets.
    void (*scatter[MB_SORT_FORMS])(const mb_scatter *to, const uint64_t *words,
                                   const uint32_t *buckets, int64_t row, int64_t n);
    // Flushes the stages.
    void (*finish[MB_SORT_FORMS])(const mb_scatter *to);
    // The same for payload values, by width index.
    void (*carry[4])(const mb_scatter *to, const void *values, const uint32_t *buckets, int64_t n);
    void (*finish_carrying[4])(const mb_scatter *to);
    // Makes words of n moved rows; of MB_APART also their positions, counted from 1.
    void (*gather[MB_SORT_FORMS])(const void *moved, const uint32_t *rows, int64_t n,
                                  const mb_moved_words *how, uint64_t *words, void *positions);
    // Positions of sorted words: their row + 1, or positions[index].
    void (*emit_rows)(const uint64_t *words, int64_t n, const mb_moved_words *how, void *out);
    void (*emit_apart)(const uint64_t *words, int64_t n, const mb_moved_words *how,
                       const void *positions, void *out);
} mb_sort_kernels;

extern const mb_sort_kernels mb_sort_kernels_base, mb_sort_kernels_avx2, mb_sort_kernels_avx512;

const mb_sort_kernels *mb_sort_kernels_of(mb_isa isa);
