// The loops of reductions, built for each instruction set.
#pragma once

#include <stdint.h>

#include "expr/kernels.h"

// Of stored integers, without their base, unless told otherwise; n <= 2^31.
typedef struct mb_reduce_kernels {
    // Sums; 8-byte values as the sum of the low 32 bits and of the high part (signed for MB_I64),
    // so that nothing overflows.
    void (*sum[MB_F32])(const void *values, int64_t n, uint64_t *low, int64_t *high);
    // The product of base + value, modulo 2^64.
    uint64_t (*product[MB_F32])(const void *values, int64_t n, uint64_t base);
    // How many differ from a stored value.
    int64_t (*unequal[MB_F32])(const void *values, int64_t n, uint64_t to);
    // The index of the first word equal to one that is there.
    int64_t (*find_word)(const uint64_t *values, int64_t n, uint64_t wanted);
    // Sums of the low and high halves of the products of 64-bit words: exact in 128 bits each.
    void (*dot_signed)(const uint64_t *a, const uint64_t *b, int64_t n, mb_uint128 *low,
                       mb_int128 *high);
    void (*dot_unsigned)(const uint64_t *a, const uint64_t *b, int64_t n, mb_uint128 *low,
                         mb_int128 *high);
    // Of doubles: how many are not zero; the index of the first one equal to one that is there, or
    // of the first NaN; there[i] = 0 where one is NaN: how many are left.
    int64_t (*float_nonzero)(const double *values, int64_t n);
    int64_t (*find_float)(const double *values, int64_t n, double wanted);
    int64_t (*leave_out_nan)(const double *values, int64_t n, uint8_t *there);
} mb_reduce_kernels;

extern const mb_reduce_kernels mb_reduce_kernels_base, mb_reduce_kernels_avx2,
    mb_reduce_kernels_avx512;

const mb_reduce_kernels *mb_reduce_kernels_of(mb_isa isa);
