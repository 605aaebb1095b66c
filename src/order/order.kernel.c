#include "order/order.h"

#include <math.h>
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

#define CODE_FLOAT(name, type, order)                                                              \
    static void name(const void *values, int64_t n, mb_coding coding, uint64_t *codes)             \
    {                                                                                              \
        const type *restrict x = values;                                                           \
        uint64_t *restrict out = codes;                                                            \
        for (int64_t i = 0; i < n; i++) {                                                          \
            uint64_t code = (order(x[i] + 0) ^ coding.flip) + coding.delta;                        \
            out[i] = x[i] != x[i] ? coding.nan : code;                                             \
        }                                                                                          \
    }

CODE_FLOAT(code_f64, double, mb_order_number)
CODE_FLOAT(code_f32, float, mb_order_number)
CODE_FLOAT(code_single, float, mb_order_single)

#define DECODE_INTEGER(name, type)                                                                 \
    static void name(const uint64_t *codes, int64_t n, mb_coding coding, void *values)             \
    {                                                                                              \
        type *restrict out = values;                                                               \
        for (int64_t i = 0; i < n; i++)                                                            \
            out[i] = (type)((codes[i] - coding.delta) ^ coding.flip);                              \
    }

DECODE_INTEGER(decode_u8, uint8_t)
DECODE_INTEGER(decode_u16, uint16_t)
DECODE_INTEGER(decode_u32, uint32_t)
DECODE_INTEGER(decode_u64, uint64_t)

#define DECODE_FLOAT(name, type, value_of)                                                         \
    static void name(const uint64_t *codes, int64_t n, mb_coding coding, void *values)             \
    {                                                                                              \
        type *restrict out = values;                                                               \
        for (int64_t i = 0; i < n; i++) {                                                          \
            type value = (type)value_of((codes[i] - coding.delta) ^ coding.flip);                  \
            out[i] = codes[i] == coding.nan ? (type)NAN : value;                                   \
        }                                                                                          \
    }

DECODE_FLOAT(decode_f64, double, mb_unorder_number)
DECODE_FLOAT(decode_f32, float, mb_unorder_number)
DECODE_FLOAT(decode_single, float, mb_unorder_single)

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
        type least = (type)INFINITY, most = -(type)INFINITY;                                       \
        int64_t nans = 0;                                                                          \
        for (int64_t i = 0; i < n; i++) {                                                          \
            least = values[i] < least ? values[i] : least;                                         \
            most = values[i] > most ? values[i] : most;                                            \
            nans += values[i] != values[i];                                                        \
        }                                                                                          \
        *low = nans < n ? order(least + 0) : UINT64_MAX;                                           \
        *high = nans < n ? order(most + 0) : 0;                                                    \
        return nans;                                                                               \
    }

BOUNDS(bounds_double, double, mb_order_number)
BOUNDS(bounds_single, float, mb_order_single)

const mb_order_kernels MB_ISA_NAME(mb_order_kernels) = {
    .code = {code_u8, code_u16, code_u32, code_u64, code_u64, code_f32, code_f64},
    .code_single = code_single,
    .decode = {decode_u8, decode_u16, decode_u32, decode_u64, decode_u64, decode_f32, decode_f64},
    .decode_single = decode_single,
    .merge = merge,
    .bounds_double = bounds_double,
    .bounds_single = bounds_single,
    .sort = MB_ISA_NAME(mb_radix_sort),
};
