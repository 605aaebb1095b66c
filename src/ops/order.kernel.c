#include "ops/order.h"

#include <string.h>

#define CODE_INTEGER(name, type)                                                                   \
    static void name(const void *values, int64_t n, mb_coding coding, uint64_t *codes)             \
    {                                                                                              \
        const type *restrict x = values;                                                           \
        uint64_t *restrict out = codes;                                                            \
        for (int64_t i = 0; i < n; i++)                                                            \
            out[i] = (x[i] ^ coding.flip) + coding.delta;                                          \
    }

CODE_INTEGER(code_u8, uint8_t)
CODE_INTEGER(code_u16, uint16_t)
CODE_INTEGER(code_u32, uint32_t)
CODE_INTEGER(code_u64, uint64_t)

// Adding 0.0 makes 0.0 of -0.0.
static inline uint64_t order_double(double value)
{
    int64_t bits;
    value += 0.0;
    memcpy(&bits, &value, sizeof bits);
    return (uint64_t)bits ^ ((uint64_t)(bits >> 63) | UINT64_C(1) << 63);
}

static inline uint64_t order_single(float value)
{
    int32_t bits;
    value += 0.0F;
    memcpy(&bits, &value, sizeof bits);
    return (uint32_t)bits ^ ((uint32_t)(bits >> 31) | UINT32_C(1) << 31);
}

#define CODE_FLOAT(name, type, order)                                                              \
    static void name(const void *values, int64_t n, mb_coding coding, uint64_t *codes)             \
    {                                                                                              \
        const type *restrict x = values;                                                           \
        uint64_t *restrict out = codes;                                                            \
        for (int64_t i = 0; i < n; i++) {                                                          \
            uint64_t code = (order(x[i]) ^ coding.flip) + coding.delta;                            \
            out[i] = x[i] != x[i] ? coding.nan : code;                                             \
        }                                                                                          \
    }

CODE_FLOAT(code_f64, double, order_double)
CODE_FLOAT(code_f32, float, order_double)
CODE_FLOAT(code_single, float, order_single)

static void merge(const uint64_t *codes, int64_t n, int shift, uint64_t *words)
{
    const uint64_t *restrict in = codes;
    uint64_t *restrict out = words;
    for (int64_t i = 0; i < n; i++)
        out[i] |= in[i] << shift;
}

#define BOUNDS(name, type, order)                                                                  \
    static int64_t name(const type *values, int64_t n, uint64_t *low, uint64_t *high)              \
    {                                                                                              \
        uint64_t least = UINT64_MAX, most = 0;                                                     \
        int64_t nans = 0;                                                                          \
        for (int64_t i = 0; i < n; i++) {                                                          \
            uint64_t word = order(values[i]);                                                      \
            int nan = values[i] != values[i];                                                      \
            uint64_t below = nan ? UINT64_MAX : word, above = nan ? 0 : word;                      \
            nans += nan;                                                                           \
            least = below < least ? below : least;                                                 \
            most = above > most ? above : most;                                                    \
        }                                                                                          \
        *low = least;                                                                              \
        *high = most;                                                                              \
        return nans;                                                                               \
    }

BOUNDS(bounds_double, double, order_double)
BOUNDS(bounds_single, float, order_single)

const mb_order_kernels MB_ISA_NAME(mb_order_kernels) = {
    .code = {code_u8, code_u16, code_u32, code_u64, code_u64, code_f32, code_f64},
    .code_single = code_single,
    .merge = merge,
    .bounds_double = bounds_double,
    .bounds_single = bounds_single,
};
