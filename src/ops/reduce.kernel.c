#include <math.h>

#include "ops/kernels.h"

#define SUM_NARROW(name, type)                                                                     \
    static void name(const void *values, int64_t n, uint64_t *low, int64_t *high)                  \
    {                                                                                              \
        const type *restrict x = values;                                                           \
        uint64_t sum = 0;                                                                          \
        for (int64_t i = 0; i < n; i++)                                                            \
            sum += x[i];                                                                           \
        *low = sum;                                                                                \
        *high = 0;                                                                                 \
    }

SUM_NARROW(sum_u16, uint16_t)
SUM_NARROW(sum_u32, uint32_t)

// Bytes: partial sums that fit 16 bits vectorise best.
static void sum_u8(const void *values, int64_t n, uint64_t *low, int64_t *high)
{
    enum { RUN = 256 };
    const uint8_t *restrict x = values;
    uint64_t sum = 0;
    int64_t i = 0;
    for (; i + RUN <= n; i += RUN) {
        uint16_t part = 0;
        for (int64_t j = 0; j < RUN; j++)
            part = (uint16_t)(part + x[i + j]);
        sum += part;
    }
    for (; i < n; i++)
        sum += x[i];
    *low = sum;
    *high = 0;
}

#define SUM_WIDE(name, type, half)                                                                 \
    static void name(const void *values, int64_t n, uint64_t *low, int64_t *high)                  \
    {                                                                                              \
        const type *restrict x = values;                                                           \
        uint64_t lows = 0;                                                                         \
        int64_t highs = 0;                                                                         \
        for (int64_t i = 0; i < n; i++) {                                                          \
            lows += (uint32_t)x[i];                                                                \
            highs += (half)(x[i] >> 32);                                                           \
        }                                                                                          \
        *low = lows;                                                                               \
        *high = highs;                                                                             \
    }

SUM_WIDE(sum_i64, int64_t, int64_t)
SUM_WIDE(sum_u64, uint64_t, int64_t)

#define BOUNDS(name, type)                                                                         \
    static void name(const void *values, int64_t n, uint64_t *least, uint64_t *most)               \
    {                                                                                              \
        const type *restrict x = values;                                                           \
        type low = x[0], high = x[0];                                                              \
        for (int64_t i = 0; i < n; i++) {                                                          \
            low = x[i] < low ? x[i] : low;                                                         \
            high = x[i] > high ? x[i] : high;                                                      \
        }                                                                                          \
        *least = (uint64_t)low;                                                                    \
        *most = (uint64_t)high;                                                                    \
    }

BOUNDS(bounds_u8, uint8_t)
BOUNDS(bounds_u16, uint16_t)
BOUNDS(bounds_u32, uint32_t)
BOUNDS(bounds_i64, int64_t)
BOUNDS(bounds_u64, uint64_t)

// Thirty-two lanes, added pairwise at the end: the order of additions is this text's, not the
// vector length's. The lanes that a short block leaves over get -0.0, which changes no sum.
static double block_sum(const double *values, int64_t n)
{
    enum { LANES = 32 };
    double lanes[LANES];
    for (int j = 0; j < LANES; j++)
        lanes[j] = -0.0;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < LANES; j++)
            lanes[j] += values[i + j];
    for (int j = 0; i + j < n; j++)
        lanes[j] += values[i + j];
    for (int width = LANES / 2; width > 0; width /= 2)
        for (int j = 0; j < width; j++)
            lanes[j] += lanes[j + width];
    return lanes[0];
}

static void float_bounds(const double *values, int64_t n, double *least, double *most)
{
    double low = INFINITY, high = -INFINITY;
    int64_t nans = 0;
    for (int64_t i = 0; i < n; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
        nans += values[i] != values[i];
    }
    *least = nans ? (double)NAN : low;
    *most = nans ? (double)NAN : high;
}

const mb_ops_kernels MB_ISA_NAME(mb_ops_kernels) = {
    .sum = {sum_u8, sum_u16, sum_u32, sum_i64, sum_u64},
    .bounds = {bounds_u8, bounds_u16, bounds_u32, bounds_i64, bounds_u64},
    .block_sum = block_sum,
    .float_bounds = float_bounds,
};
