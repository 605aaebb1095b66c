#include <string.h>

#include "expr/kernels.h"

// --- Comparisons with a scalar, on the stored width.

#define COMPARE_SCALAR(name, type, wide, member, op)                                               \
    static void name(const void *a, mb_value b, int64_t n, uint8_t *out)                           \
    {                                                                                              \
        const type *restrict x = a;                                                                \
        uint8_t *restrict result = out;                                                            \
        wide y = (wide)b.member;                                                                   \
        for (int64_t i = 0; i < n; i++)                                                            \
            result[i] = (wide)x[i] op y;                                                           \
    }

#define SCALAR_FORMS(name, op)                                                                     \
    COMPARE_SCALAR(name##_u8, uint8_t, uint8_t, u, op)                                             \
    COMPARE_SCALAR(name##_u16, uint16_t, uint16_t, u, op)                                          \
    COMPARE_SCALAR(name##_u32, uint32_t, uint32_t, u, op)                                          \
    COMPARE_SCALAR(name##_i64, int64_t, int64_t, i, op)                                            \
    COMPARE_SCALAR(name##_u64, uint64_t, uint64_t, u, op)                                          \
    COMPARE_SCALAR(name##_f32, float, double, f, op)                                               \
    COMPARE_SCALAR(name##_f64, double, double, f, op)

SCALAR_FORMS(eq, ==)
SCALAR_FORMS(ne, !=)
SCALAR_FORMS(lt, <)
SCALAR_FORMS(le, <=)
SCALAR_FORMS(gt, >)
SCALAR_FORMS(ge, >=)

// --- Widening.

#define WIDEN(name, type)                                                                          \
    static void name(const void *a, int64_t n, uint64_t base, void *out)                           \
    {                                                                                              \
        const type *restrict x = a;                                                                \
        uint64_t *restrict result = out;                                                           \
        for (int64_t i = 0; i < n; i++)                                                            \
            result[i] = x[i] + base;                                                               \
    }

WIDEN(widen_u8, uint8_t)
WIDEN(widen_u16, uint16_t)
WIDEN(widen_u32, uint32_t)
WIDEN(widen_u64, uint64_t)

static void widen_f32(const void *a, int64_t n, uint64_t base, void *out)
{
    (void)base;
    const float *restrict x = a;
    double *restrict result = out;
    for (int64_t i = 0; i < n; i++)
        result[i] = (double)x[i];
}

// --- Compaction. A mask with few ones is walked word by word.

#define COMPRESS(name, type)                                                                       \
    static int64_t name(const void *a, const uint8_t *mask, int64_t n, void *out)                  \
    {                                                                                              \
        const type *restrict x = a;                                                                \
        type *restrict result = out;                                                               \
        int64_t kept = 0, i = 0;                                                                   \
        for (; i + 8 <= n; i += 8) {                                                               \
            uint64_t ones;                                                                         \
            memcpy(&ones, mask + i, sizeof ones);                                                  \
            for (; ones; ones &= ones - 1)                                                         \
                result[kept++] = x[i + (__builtin_ctzll(ones) >> 3)];                              \
        }                                                                                          \
        for (; i < n; i++)                                                                         \
            if (mask[i]) result[kept++] = x[i];                                                    \
        return kept;                                                                               \
    }

COMPRESS(compress_1, uint8_t)
COMPRESS(compress_2, uint16_t)
COMPRESS(compress_4, uint32_t)
COMPRESS(compress_8, uint64_t)

#define SCALAR_ROW(name)                                                                           \
    {                                                                                              \
        name##_u8, name##_u16, name##_u32, name##_i64, name##_u64, name##_f32, name##_f64          \
    }

const mb_kernels MB_ISA_NAME(mb_kernels) = {
    .compare_scalar = {SCALAR_ROW(eq), SCALAR_ROW(ne), SCALAR_ROW(lt), SCALAR_ROW(le),
                       SCALAR_ROW(gt), SCALAR_ROW(ge)},
    .widen = {widen_u8, widen_u16, widen_u32, widen_u64, widen_u64, widen_f32, widen_u64},
    .compress = {compress_1, compress_2, compress_4, compress_8},
};
