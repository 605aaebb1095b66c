#include <math.h>
#include <stdbool.h>

#include "core/hash.h"
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

// --- Comparisons of two columns: exact, also between types.

static inline int order_iu(int64_t a, uint64_t b)
{
    return a < 0 ? -1 : ((uint64_t)a > b) - ((uint64_t)a < b);
}

// -1, 0, 1; 2 when b is NaN, which no comparison but `ne` holds for.
static inline int order_if(int64_t a, double b)
{
    if (b >= 0x1p63) return -1;
    if (b < -0x1p63) return 1;
    if (!(b == b)) return 2;
    double whole = floor(b);
    int64_t c = (int64_t)whole;
    if (a != c) return (a > c) - (a < c);
    return whole < b ? -1 : 0;
}

static inline int order_uf(uint64_t a, double b)
{
    if (b >= 0x1p64) return -1;
    if (b < 0) return 1;
    if (!(b == b)) return 2;
    double whole = floor(b);
    uint64_t c = (uint64_t)whole;
    if (a != c) return (a > c) - (a < c);
    return whole < b ? -1 : 0;
}

#define HOLDS_eq(order) ((order) == 0)
#define HOLDS_ne(order) ((order) != 0)
#define HOLDS_lt(order) ((order) == -1)
#define HOLDS_le(order) ((order) <= 0)
#define HOLDS_gt(order) ((order) == 1)
#define HOLDS_ge(order) ((order) == 0 || (order) == 1)

#define COMPARE_SAME(name, type, op)                                                               \
    static void name(const void *a, const void *b, int64_t n, uint8_t *out)                        \
    {                                                                                              \
        const type *restrict x = a, *restrict y = b;                                               \
        uint8_t *restrict result = out;                                                            \
        for (int64_t i = 0; i < n; i++)                                                            \
            result[i] = x[i] op y[i];                                                              \
    }

#define COMPARE_MIXED(name, kind, type_a, type_b)                                                  \
    static void name##_##kind(const void *a, const void *b, int64_t n, uint8_t *out)               \
    {                                                                                              \
        const type_a *restrict x = a;                                                              \
        const type_b *restrict y = b;                                                              \
        for (int64_t i = 0; i < n; i++)                                                            \
            out[i] = HOLDS_##name(order_##kind(x[i], y[i]));                                       \
    }

#define PAIR_FORMS(name, op)                                                                       \
    COMPARE_SAME(name##_ii, int64_t, op)                                                           \
    COMPARE_SAME(name##_uu, uint64_t, op)                                                          \
    COMPARE_SAME(name##_ff, double, op)                                                            \
    COMPARE_MIXED(name, iu, int64_t, uint64_t)                                                     \
    COMPARE_MIXED(name, if, int64_t, double)                                                       \
    COMPARE_MIXED(name, uf, uint64_t, double)

PAIR_FORMS(eq, ==)
PAIR_FORMS(ne, !=)
PAIR_FORMS(lt, <)
PAIR_FORMS(le, <=)
PAIR_FORMS(gt, >)
PAIR_FORMS(ge, >=)

// --- Logic on bytes that are 0 or 1.

#define LOGIC(name, op)                                                                            \
    static void name(const uint8_t *a, const uint8_t *b, int64_t n, uint8_t *out)                  \
    {                                                                                              \
        for (int64_t i = 0; i < n; i++)                                                            \
            out[i] = a[i] op b[i];                                                                 \
    }

LOGIC(logic_and, &)
LOGIC(logic_or, |)
LOGIC(logic_xor, ^)

static void logic_not(const uint8_t *a, int64_t n, uint8_t *out)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = a[i] ^ 1;
}

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

// --- Leaves.

static void sequence(uint64_t first, uint64_t step, int64_t n, uint64_t *out)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = first + (uint64_t)i * step;
}

// Counter-based: a function of seed and row. The high half of a product spreads 64 random bits over
// the span (Lemire: Fast Random Integer Generation in an Interval, TOMACS 2019, without rejection:
// the bias is below span / 2^64).
static void random_numbers(uint64_t seed, int64_t first_row, uint64_t low, uint64_t span, int64_t n,
                           uint64_t *out)
{
    for (int64_t i = 0; i < n; i++) {
        uint64_t bits = mb_mix(
            mb_mix(seed + UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(first_row + i + 1)) ^ seed);
        if (span) bits = (uint64_t)((mb_uint128)bits * span >> 64);
        out[i] = low + bits;
    }
}

#define SCALAR_ROW(name)                                                                           \
    {                                                                                              \
        name##_u8, name##_u16, name##_u32, name##_i64, name##_u64, name##_f32, name##_f64          \
    }
#define PAIR_ROW(name)                                                                             \
    {                                                                                              \
        name##_ii, name##_uu, name##_ff, name##_iu, name##_if, name##_uf                           \
    }

const mb_kernels MB_ISA_NAME(mb_kernels) = {
    .compare_scalar = {SCALAR_ROW(eq), SCALAR_ROW(ne), SCALAR_ROW(lt), SCALAR_ROW(le),
                       SCALAR_ROW(gt), SCALAR_ROW(ge)},
    .compare = {PAIR_ROW(eq), PAIR_ROW(ne), PAIR_ROW(lt), PAIR_ROW(le), PAIR_ROW(gt), PAIR_ROW(ge)},
    .both = logic_and,
    .either = logic_or,
    .differ = logic_xor,
    .negate = logic_not,
    .widen = {widen_u8, widen_u16, widen_u32, widen_u64, widen_u64, widen_f32, widen_u64},
    .compress = {compress_1, compress_2, compress_4, compress_8},
    .sequence = sequence,
    .random = random_numbers,
};
