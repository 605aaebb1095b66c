#include <math.h>

#include "ops/reduce/reduce_kernels.h"

// Partial sums in twice the width of the values, which a run does not overflow, vectorise best.
#define SUM_NARROW(name, type, part)                                                               \
    static void name(const void *values, int64_t n, uint64_t *low, int64_t *high)                  \
    {                                                                                              \
        enum { RUN = 256 };                                                                        \
        _Static_assert(RUN <= (part)-1 / (type)-1, "a run has room for its sum");                  \
        const type *restrict x = values;                                                           \
        uint64_t sum = 0;                                                                          \
        int64_t i = 0;                                                                             \
        for (; i + RUN <= n; i += RUN) {                                                           \
            part partial = 0;                                                                      \
            for (int64_t j = 0; j < RUN; j++)                                                      \
                partial = (part)(partial + x[i + j]);                                              \
            sum += partial;                                                                        \
        }                                                                                          \
        for (; i < n; i++)                                                                         \
            sum += x[i];                                                                           \
        *low = sum;                                                                                \
        *high = 0;                                                                                 \
    }

SUM_NARROW(sum_u8, uint8_t, uint16_t)
SUM_NARROW(sum_u16, uint16_t, uint32_t)
SUM_NARROW(sum_u32, uint32_t, uint64_t)

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

#define PRODUCT(name, type)                                                                        \
    static uint64_t name(const void *values, int64_t n, uint64_t base)                             \
    {                                                                                              \
        const type *restrict x = values;                                                           \
        uint64_t product = 1;                                                                      \
        for (int64_t i = 0; i < n; i++)                                                            \
            product *= (uint64_t)x[i] + base;                                                      \
        return product;                                                                            \
    }

PRODUCT(product_u8, uint8_t)
PRODUCT(product_u16, uint16_t)
PRODUCT(product_u32, uint32_t)
PRODUCT(product_u64, uint64_t)

// Partial counts as wide as the values vectorise best.
#define UNEQUAL(name, type, part)                                                                  \
    static int64_t name(const void *values, int64_t n, uint64_t to)                                \
    {                                                                                              \
        enum { RUN = 128 };                                                                        \
        _Static_assert(RUN <= (part)-1, "a run has room for its count");                           \
        const type *restrict x = values;                                                           \
        const type y = (type)to;                                                                   \
        int64_t count = 0, i = 0;                                                                  \
        for (; i + RUN <= n; i += RUN) {                                                           \
            part unequal = 0;                                                                      \
            for (int64_t j = 0; j < RUN; j++)                                                      \
                unequal = (part)(unequal + (x[i + j] != y));                                       \
            count += (int64_t)unequal;                                                             \
        }                                                                                          \
        for (; i < n; i++)                                                                         \
            count += x[i] != y;                                                                    \
        return count;                                                                              \
    }

UNEQUAL(unequal_u8, uint8_t, uint8_t)
UNEQUAL(unequal_u16, uint16_t, uint16_t)
UNEQUAL(unequal_u32, uint32_t, uint32_t)
UNEQUAL(unequal_u64, uint64_t, uint64_t)

// A stride at a time, which needs no branch for each value.
#define FIND(name, type, is_it)                                                                    \
    static int64_t name(const type *values, int64_t n, type wanted)                                \
    {                                                                                              \
        enum { STRIDE = 64 };                                                                      \
        int64_t i = 0;                                                                             \
        for (int64_t found = 0; i + STRIDE < n; i += STRIDE) {                                     \
            for (int j = 0; j < STRIDE; j++)                                                       \
                found += is_it(values[i + j], wanted);                                             \
            if (found) break;                                                                      \
        }                                                                                          \
        while (i < n - 1 && !is_it(values[i], wanted))                                             \
            i++;                                                                                   \
        return i;                                                                                  \
    }

#define IS_EQUAL(x, wanted) ((x) == (wanted))
#define IS_NAN(x, wanted)   ((void)(wanted), (x) != (x))

FIND(find_word, uint64_t, IS_EQUAL)
FIND(find_number, double, IS_EQUAL)
FIND(find_nan, double, IS_NAN)

static int64_t find_float(const double *values, int64_t n, double wanted)
{
    return isnan(wanted) ? find_nan(values, n, wanted) : find_number(values, n, wanted);
}

#define DOT(name, half, whole)                                                                     \
    static void name(const uint64_t *a, const uint64_t *b, int64_t n, mb_uint128 *low,             \
                     mb_int128 *high)                                                              \
    {                                                                                              \
        mb_uint128 lows = 0;                                                                       \
        mb_int128 highs = 0;                                                                       \
        for (int64_t i = 0; i < n; i++) {                                                          \
            whole product = (whole)(half)a[i] * (half)b[i];                                        \
            lows += (uint64_t)product;                                                             \
            highs += (half)(product >> 64);                                                        \
        }                                                                                          \
        *low = lows;                                                                               \
        *high = highs;                                                                             \
    }

DOT(dot_signed, int64_t, mb_int128)
DOT(dot_unsigned, uint64_t, mb_uint128)

// --- Floats.

static int64_t float_nonzero(const double *values, int64_t n)
{
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++)
        count += values[i] != 0;
    return count;
}

static int64_t leave_out_nan(const double *values, int64_t n, uint8_t *there)
{
    int64_t left = 0;
    for (int64_t i = 0; i < n; i++) {
        there[i] = there[i] & (uint8_t)(values[i] == values[i]);
        left += there[i];
    }
    return left;
}

const mb_reduce_kernels MB_ISA_NAME(mb_reduce_kernels) = {
    .sum = {sum_u8, sum_u16, sum_u32, sum_i64, sum_u64},
    .product = {product_u8, product_u16, product_u32, product_u64, product_u64},
    .unequal = {unequal_u8, unequal_u16, unequal_u32, unequal_u64, unequal_u64},
    .find_word = find_word,
    .dot_signed = dot_signed,
    .dot_unsigned = dot_unsigned,
    .float_nonzero = float_nonzero,
    .find_float = find_float,
    .leave_out_nan = leave_out_nan,
};
