// The loops of expressions: one per operator and stored form, built for each instruction set.
#pragma once

#include <stdint.h>

#include "core/isa.h"
#include "core/type.h"

// How a block's values are stored.
typedef enum mb_form { MB_U8, MB_U16, MB_U32, MB_I64, MB_U64, MB_F32, MB_F64, MB_FORMS } mb_form;

// Pairs of 64-bit forms that can be compared with each other.
typedef enum mb_pair { MB_II, MB_UU, MB_FF, MB_IU, MB_IF, MB_UF, MB_PAIRS } mb_pair;

enum { MB_COMPARISONS = 6 }; // from MB_EQ on

typedef struct mb_kernels {
    void (*compare_scalar[MB_COMPARISONS][MB_FORMS])(const void *a, mb_value b, int64_t n,
                                                     uint8_t *out);
    void (*compare[MB_COMPARISONS][MB_PAIRS])(const void *a, const void *b, int64_t n,
                                              uint8_t *out);
    void (*both)(const uint8_t *a, const uint8_t *b, int64_t n, uint8_t *out);
    void (*either)(const uint8_t *a, const uint8_t *b, int64_t n, uint8_t *out);
    void (*differ)(const uint8_t *a, const uint8_t *b, int64_t n, uint8_t *out);
    void (*negate)(const uint8_t *a, int64_t n, uint8_t *out);
    // out[i] = a[i] + base, to 64 bits; floats to doubles, exactly.
    void (*widen[MB_FORMS])(const void *a, int64_t n, uint64_t base, void *out);
    // Copies the values where mask is 1 to the front of `out`, for each width index; returns how
    // many. `out` has room for n values.
    int64_t (*compress[4])(const void *a, const uint8_t *mask, int64_t n, void *out);
    // out[i] = first + i * step; and the random numbers of rows first_row + i.
    void (*sequence)(uint64_t first, uint64_t step, int64_t n, uint64_t *out);
    void (*random)(uint64_t seed, int64_t first_row, uint64_t low, uint64_t span, int64_t n,
                   uint64_t *out);
} mb_kernels;

extern const mb_kernels mb_kernels_base, mb_kernels_avx2, mb_kernels_avx512;

const mb_kernels *mb_kernels_of(mb_isa isa);
