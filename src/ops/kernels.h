// The loops of whole-column operations, built for each instruction set.
#pragma once

#include <stdint.h>

#include "expr/kernels.h"

enum { MB_SUM_BLOCK = 4096 }; // rows of a block of the float sum's tree

typedef struct mb_ops_kernels {
    // Sums of n <= 2^31 stored values, without their base; 8-byte ones as the sum of the low 32
    // bits and of the high part (signed for MB_I64), so that nothing overflows.
    void (*sum[MB_F32])(const void *values, int64_t n, uint64_t *low, int64_t *high);
    // Bounds of n > 0 stored integers, as stored.
    void (*bounds[MB_F32])(const void *values, int64_t n, uint64_t *least, uint64_t *most);
    // The sum of n <= MB_SUM_BLOCK doubles, in one order whatever the instruction set.
    double (*block_sum)(const double *values, int64_t n);
    // Bounds of n > 0 doubles; NaN when one is.
    void (*float_bounds)(const double *values, int64_t n, double *least, double *most);
} mb_ops_kernels;

extern const mb_ops_kernels mb_ops_kernels_base, mb_ops_kernels_avx2, mb_ops_kernels_avx512;

const mb_ops_kernels *mb_ops_kernels_of(mb_isa isa);
