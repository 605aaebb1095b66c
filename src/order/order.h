// Order keys: values as unsigned 64-bit numbers in their order: mb_order_bits of integers and
// bools, mb_order_float of floats; and the loops of keys and sorts, built for each instruction set.
#pragma once

#include <stdint.h>

#include "expr/evaluate.h"

enum { MB_ORDER_ROWS = 1024 }; // most rows that mb_order_each hands out at a time

// Takes the order keys of n <= MB_ORDER_ROWS rows from this rank's row `first` on; missing rows
// have any, and `valid`, a byte for each row, says which they are, or is NULL when none is missing.
typedef mb_status mb_take_orders(void *state, const uint64_t *orders, const uint8_t *valid,
                                 int64_t first, int64_t n);

// Takes rows that are stored as 4-byte offsets, of which none is missing: the order key of each is
// base + offset.
typedef mb_status mb_take_offsets(void *state, const uint32_t *offsets, uint64_t base,
                                  int64_t first, int64_t n);

// Streams this rank's rows of a column, in order; to take_offsets, unless it is NULL, those that it
// can take. The status is this rank's own: agree on it next. Inside a body, collective.
mb_status mb_order_each(mb_context *cx, mb_column *column, mb_take_orders *take,
                        mb_take_offsets *take_offsets, void *state) MB_MUST_CHECK;

// The order keys of n rows of a block of a column of a type. Not collective.
void mb_order_block(mb_isa isa, mb_kind kind, const mb_block *block, int64_t n, uint64_t *orders);

// How values become codes: (order ^ flip) + delta, where flip is 0, or all ones for descending
// keys.
typedef struct mb_coding {
    uint64_t flip, delta, nan;
} mb_coding;

typedef struct mb_order_kernels {
    // Codes of stored values; of floats by their order as doubles.
    void (*code[MB_FORMS])(const void *values, int64_t n, mb_coding coding, uint64_t *codes);
    // The same of 4-byte floats by their order as these.
    void (*code_single)(const void *values, int64_t n, mb_coding coding, uint64_t *codes);
    // Stored values back from codes.
    void (*decode[MB_FORMS])(const uint64_t *codes, int64_t n, mb_coding coding, void *values);
    void (*decode_single)(const uint64_t *codes, int64_t n, mb_coding coding, void *values);
    // words[i] |= codes[i] << shift.
    void (*merge)(const uint64_t *codes, int64_t n, int shift, uint64_t *words);
    // Bounds in order of the n > 0 floats that are numbers (low > high when there are none);
    // returns how many are NaN.
    int64_t (*bounds_double)(const double *values, int64_t n, uint64_t *low, uint64_t *high);
    int64_t (*bounds_single)(const float *values, int64_t n, uint64_t *low, uint64_t *high);
    // Sorts n words by their bits from `low` on; the words must be in order of the bits below where
    // those are equal. `scratch` has room for n; returns where the sorted words are.
    uint64_t *(*sort)(uint64_t *words, uint64_t *scratch, int64_t n, int low);
} mb_order_kernels;

#ifdef MB_ISA_SUFFIX
uint64_t *MB_ISA_NAME(mb_radix_sort)(uint64_t *words, uint64_t *scratch, int64_t n, int low);
#endif

extern const mb_order_kernels mb_order_kernels_base, mb_order_kernels_avx2, mb_order_kernels_avx512;

const mb_order_kernels *mb_order_kernels_of(mb_isa isa);
