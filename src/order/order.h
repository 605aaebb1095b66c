// The loops of keys and sorts, built for each instruction set.
#pragma once

#include <stdint.h>

#include "expr/kernels.h"

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
} mb_order_kernels;

extern const mb_order_kernels mb_order_kernels_base, mb_order_kernels_avx2, mb_order_kernels_avx512;

const mb_order_kernels *mb_order_kernels_of(mb_isa isa);
