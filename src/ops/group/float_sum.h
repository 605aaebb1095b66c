// Sums of floats in a window of 90 bits below the largest of a group, cut into limbs on a grid of
// exponents that is the same for all values, so that what a value adds does not depend on what came
// before it (as in Demmel, Nguyen: Parallel Reproducible Summation, IEEE Transactions on Computers
// 2015).
#pragma once

#include <math.h>

#include "ops/group/fold.h"

enum {
    LIMB_BITS = 30, // 33 more hold the sum of 2^33 rows
    LIMBS = 3,
    SPECIAL_SHIFT =
        8, // of `meta`: below, the window's top; then the special values; then the count
    COUNT_SHIFT = 16,
    POSITIVE_INFINITY = 1,
    NEGATIVE_INFINITY = 2,
    NOT_A_NUMBER = 4,
    MANTISSA_BITS = 52,
    LEAST_EXPONENT = 1074, // 2^-1074 is the smallest number
};

// Rows of a group that limbs surely hold.
#define MOST_ROWS (UINT64_C(1) << (63 - LIMB_BITS))

typedef struct float_sum {
    int64_t limbs[LIMBS]; // of 2^(30 * (top - 2)), 2^(30 * (top - 1)), 2^(30 * top) times 2^-1074
    uint64_t meta;
} float_sum;

static inline int top_of(const float_sum *sum)
{
    return (int)(sum->meta & ((1 << SPECIAL_SHIFT) - 1));
}

// Moves the window up, which drops the lowest limbs.
static inline void raise_window(float_sum *sum, int top)
{
    int by = top - top_of(sum);
    for (int i = 0; i < LIMBS; i++)
        sum->limbs[i] = i + by < LIMBS ? sum->limbs[i + by] : 0;
    sum->meta = (sum->meta & ~(uint64_t)((1 << SPECIAL_SHIFT) - 1)) | (uint64_t)top;
}

static inline void add_limbs(float_sum *sum, const int64_t *limbs, int top)
{
    int below = top_of(sum) - top;
    if (below < 0) {
        raise_window(sum, top);
        below = 0;
    }
    for (int i = below; i < LIMBS; i++)
        sum->limbs[i - below] += limbs[i];
}

static inline uint64_t special_of(double value)
{
    if (isnan(value)) return NOT_A_NUMBER;
    return value > 0 ? POSITIVE_INFINITY : NEGATIVE_INFINITY;
}

// Bits below the window are dropped from the magnitude, as they are where a window is raised.
static inline void add_float(float_sum *sum, uint64_t bits)
{
    const int64_t limb = (INT64_C(1) << LIMB_BITS) - 1;
    int exponent = (int)(bits >> MANTISSA_BITS & 0x7ff);
    uint64_t mantissa = bits & ((UINT64_C(1) << MANTISSA_BITS) - 1);
    sum->meta += UINT64_C(1) << COUNT_SHIFT;
    if (exponent == 0x7ff) {
        sum->meta |= special_of((mb_value){.u = bits}.f) << SPECIAL_SHIFT;
        return;
    }
    mantissa |= (uint64_t)(exponent > 0) << MANTISSA_BITS;
    int high = exponent - (exponent > 0) + MANTISSA_BITS;
    if (high >= LIMB_BITS * (top_of(sum) + 1)) raise_window(sum, high / LIMB_BITS);
    // How far the mantissa goes up from the bottom of the window, and down to its highest limb.
    int up = high - MANTISSA_BITS - LIMB_BITS * (top_of(sum) - 2);
    int down = 2 * LIMB_BITS - up;
    int64_t low = (int64_t)(up >= 0    ? mantissa << (up & 63)
                            : up > -64 ? mantissa >> (-up & 63)
                                       : 0);
    int64_t most = (int64_t)(down < 64 ? mantissa >> (down & 63) : 0);
    int64_t sign = -(int64_t)(bits >> 63);
    sum->limbs[0] += ((low & limb) ^ sign) - sign;
    sum->limbs[1] += ((low >> LIMB_BITS & limb) ^ sign) - sign;
    sum->limbs[2] += (most ^ sign) - sign;
}

// Adds rows to the sums of their groups, built for each instruction set.
typedef struct mb_float_sum_kernels {
    void (*add)(const mb_fold_rows *rows, void *states);
} mb_float_sum_kernels;

extern const mb_float_sum_kernels mb_float_sum_kernels_base, mb_float_sum_kernels_avx2,
    mb_float_sum_kernels_avx512;

const mb_float_sum_kernels *mb_float_sum_kernels_of(mb_isa isa);
