// Operators, element by element.

#include <math.h>

#include "core/hash.h"
#include "expr/decimal.h"
#include "expr/kernels.h"

// Loops count to a variable of their own: a compiler must take writes to bytes and words for ones
// to at->n, too, and would not make vectors of them.

// x, y and z are the operands' values in `expression`.
#define UNARY(name, type, result, expression)                                                      \
    static void name(const mb_arguments *at)                                                       \
    {                                                                                              \
        const type *restrict a = at->in[0];                                                        \
        result *restrict out = at->out;                                                            \
        const int64_t n = at->n;                                                                   \
        for (int64_t i = 0; i < n; i++) {                                                          \
            type x = a[i];                                                                         \
            out[i] = (result)(expression);                                                         \
        }                                                                                          \
    }

#define BINARY(name, type_a, type_b, result, expression)                                           \
    static void name(const mb_arguments *at)                                                       \
    {                                                                                              \
        const type_a *restrict a = at->in[0];                                                      \
        const type_b *restrict b = at->in[1];                                                      \
        result *restrict out = at->out;                                                            \
        const int64_t n = at->n;                                                                   \
        for (int64_t i = 0; i < n; i++) {                                                          \
            type_a x = a[i];                                                                       \
            type_b y = b[i];                                                                       \
            out[i] = (result)(expression);                                                         \
        }                                                                                          \
    }

// --- Integers as they are stored. Unsigned, so that they wrap.

#define STORED(name, kind, type_a, type_b, result, op)                                             \
    static void name##_##kind(const mb_arguments *at)                                              \
    {                                                                                              \
        const type_a *restrict a = at->in[0];                                                      \
        const type_b *restrict b = at->in[1];                                                      \
        result *restrict out = at->out;                                                            \
        result base_a = (result)at->base[0], base_b = (result)at->base[1];                         \
        result base = (result)at->base[2];                                                         \
        const int64_t n = at->n;                                                                   \
        for (int64_t i = 0; i < n; i++)                                                            \
            out[i] = ((result)a[i] + base_a) op((result)b[i] + base_b) - base;                     \
    }

#define STORED_NARROW(name, size_a, type_a, result, op)                                            \
    STORED(name, size_a##_1, type_a, uint8_t, result, op)                                          \
    STORED(name, size_a##_2, type_a, uint16_t, result, op)                                         \
    STORED(name, size_a##_4, type_a, uint32_t, result, op)

#define STORED_WIDE(name, size_a, type_a, op)                                                      \
    STORED_NARROW(name, size_a, type_a, uint64_t, op)                                              \
    STORED(name, size_a##_8, type_a, uint64_t, uint64_t, op)

#define STORED_ALL(name, op)                                                                       \
    STORED_WIDE(name, 1, uint8_t, op)                                                              \
    STORED_WIDE(name, 2, uint16_t, op)                                                             \
    STORED_WIDE(name, 4, uint32_t, op)                                                             \
    STORED_WIDE(name, 8, uint64_t, op)                                                             \
    STORED_NARROW(narrow_##name, 1, uint8_t, uint32_t, op)                                         \
    STORED_NARROW(narrow_##name, 2, uint16_t, uint32_t, op)                                        \
    STORED_NARROW(narrow_##name, 4, uint32_t, uint32_t, op)

STORED_ALL(add, +)
STORED_ALL(subtract, -)
STORED_ALL(multiply, *)

#define WIDE_ROW(name, size)                                                                       \
    {                                                                                              \
        name##_##size##_1, name##_##size##_2, name##_##size##_4, name##_##size##_8                 \
    }
#define WIDE_TABLE(name)                                                                           \
    {                                                                                              \
        WIDE_ROW(name, 1), WIDE_ROW(name, 2), WIDE_ROW(name, 4), WIDE_ROW(name, 8)                 \
    }
#define NARROW_ROW(name, size)                                                                     \
    {                                                                                              \
        name##_##size##_1, name##_##size##_2, name##_##size##_4                                    \
    }
#define NARROW_TABLE(name)                                                                         \
    {                                                                                              \
        NARROW_ROW(name, 1), NARROW_ROW(name, 2), NARROW_ROW(name, 4)                              \
    }

// --- Arithmetic.

BINARY(add_f, double, double, double, x + y)
BINARY(subtract_f, double, double, double, x - y)
BINARY(multiply_f, double, double, double, x *y)
BINARY(divide_f, double, double, double, x / y)
BINARY(floordiv_f, double, double, double, floor(x / y))

// By zero: 0, for a row that is missing or that the caller has refused.
static inline int64_t floordiv(int64_t x, int64_t y)
{
    if (y == 0) return 0;
    if (y == -1) return (int64_t)(0 - (uint64_t)x);
    int64_t quotient = x / y;
    return quotient - (quotient * y != x && (x ^ y) < 0);
}

static inline int64_t modulo(int64_t x, int64_t y)
{
    if (y == 0 || y == -1) return 0;
    int64_t rest = x % y;
    return rest && (rest ^ y) < 0 ? rest + y : rest;
}

static inline double modulo_f(double x, double y)
{
    double rest = fmod(x, y);
    return (rest > 0 ? y < 0 : rest < 0 && y > 0) ? rest + y : rest;
}

BINARY(floordiv_i, int64_t, int64_t, int64_t, floordiv(x, y))
BINARY(floordiv_u, uint64_t, uint64_t, uint64_t, y ? x / y : 0)
BINARY(modulo_i, int64_t, int64_t, int64_t, modulo(x, y))
BINARY(modulo_u, uint64_t, uint64_t, uint64_t, y ? x % y : 0)
BINARY(modulo_ff, double, double, double, modulo_f(x, y))

UNARY(negate_i, uint64_t, uint64_t, 0 - x)
UNARY(negate_f, double, double, -x)
UNARY(abs_i, int64_t, uint64_t, x < 0 ? 0 - (uint64_t)x : (uint64_t)x)
UNARY(abs_f, double, double, fabs(x))
UNARY(sign_i, int64_t, int64_t, (x > 0) - (x < 0))
UNARY(sign_u, uint64_t, uint64_t, x > 0)
UNARY(sign_f, double, double, x > 0 ? 1 : x < 0 ? -1 : x)
UNARY(same, uint64_t, uint64_t, x)

#define LEAST(type)                                                                                \
    BINARY(minimum_##type, type, type, type, x < y ? x : y)                                        \
    BINARY(maximum_##type, type, type, type, x > y ? x : y)

LEAST(uint8_t)
LEAST(int64_t)
LEAST(uint64_t)
BINARY(minimum_f, double, double, double, x < y || x != x ? x : y)
BINARY(maximum_f, double, double, double, x > y || x != x ? x : y)

// --- Logic and bits.

#define LOGIC(name, type)                                                                          \
    BINARY(and_##name, type, type, type, x &y)                                                     \
    BINARY(or_##name, type, type, type, x | y)                                                     \
    BINARY(xor_##name, type, type, type, x ^ y)

LOGIC(b, uint8_t)
LOGIC(i, uint64_t)
UNARY(not_b, uint8_t, uint8_t, x ^ 1)
UNARY(not_i, uint64_t, uint64_t, ~x)

static inline uint64_t shift_left(uint64_t x, int64_t by)
{
    if (by <= -64 || by >= 64) return 0;
    return by >= 0 ? x << by : x >> -by;
}

static inline uint64_t shift_right(uint64_t x, int64_t by)
{
    if (by <= -64 || by >= 64) return 0;
    return by >= 0 ? x >> by : x << -by;
}

static inline uint64_t rotate_left(uint64_t x, uint64_t by)
{
    return x << (by & 63) | x >> (-by & 63);
}

BINARY(shl, uint64_t, int64_t, uint64_t, shift_left(x, y))
BINARY(shr, uint64_t, int64_t, uint64_t, shift_right(x, y))
BINARY(rotl, uint64_t, uint64_t, uint64_t, rotate_left(x, y))
BINARY(rotr, uint64_t, uint64_t, uint64_t, rotate_left(x, -y))
UNARY(popcount, uint64_t, int64_t, __builtin_popcountll(x))
UNARY(clz, uint64_t, int64_t, x ? __builtin_clzll(x) : 64)
UNARY(ctz, uint64_t, int64_t, x ? __builtin_ctzll(x) : 64)

// --- Functions of floats that hardware rounds correctly, and tests.

UNARY(floor_f, double, double, floor(x))
UNARY(ceil_f, double, double, ceil(x))
UNARY(trunc_f, double, double, trunc(x))
UNARY(rint_f, double, double, rint(x))
UNARY(sqrt_f, double, double, sqrt(x))
UNARY(isnan_f, double, uint8_t, x != x)
UNARY(isinf_f, double, uint8_t, fabs(x) == (double)INFINITY)
UNARY(isfinite_f, double, uint8_t, fabs(x) < (double)INFINITY)

// --- Rounding to decimals.

// a b + c exactly, rounded once. Where processors do not have it, only where it is needed.
static inline double exact_rest(bool needed, double a, double b, double c)
{
#ifdef __FMA__
    (void)needed;
    return fma(a, b, c);
#else
    return needed ? fma(a, b, c) : 0;
#endif
}

// A number that was scaled by a power of ten, rounded to a whole one, half to even. What the
// scaling rounded off, a b + c, tells on which side of a half the exact value is; other values are
// too far from a half to have been moved across it.
static inline double round_exact(double scaled, double a, double b, double c)
{
    double whole = rint(scaled), off = scaled - whole;
    double rest = exact_rest(fabs(off) == 0.5, a, b, c);
    whole = off == 0.5 && rest > 0 ? whole + 1 : whole; // a zero keeps its sign
    return off == -0.5 && rest < 0 ? whole - 1 : whole;
}

// From 2^53 on the digits end before the decimals; below, numerator and denominator are exact, and
// one division rounds to the nearest double.
static inline double round_fraction(double x, double power)
{
    double scaled = x * power, whole = round_exact(scaled, x, power, -scaled);
    return fabs(scaled) < 0x1p53 ? whole / power : x;
}

static inline double round_tens(double x, double power)
{
    double scaled = x / power, whole = round_exact(scaled, -scaled, power, x);
    return fabs(scaled) < 0x1p53 ? whole * power : x;
}

static void round_f(const mb_arguments *at)
{
    const double *restrict a = at->in[0];
    double *restrict out = at->out;
    int64_t decimals = at->value[0].i, most = decimals < 0 ? -decimals : decimals;
    const double power = mb_powers_of_ten[most < MB_EXACT_POWER ? most : MB_EXACT_POWER];
    const int64_t n = at->n;
    if (most > MB_EXACT_POWER)
        for (int64_t i = 0; i < n; i++)
            out[i] = mb_round_by_text(a[i], (int)decimals);
    else if (decimals < 0)
        for (int64_t i = 0; i < n; i++)
            out[i] = round_tens(a[i], power);
    else
        for (int64_t i = 0; i < n; i++)
            out[i] = round_fraction(a[i], power);
}

// --- Hashing: equal values have equal bits, but for zeros and NaN.

static inline uint64_t float_bits(double x)
{
    mb_value value = {.f = x == 0 ? 0 : x};
    return x == x ? value.u : UINT64_C(0x7ff8000000000000);
}

BINARY(hash_b, uint64_t, uint8_t, uint64_t, mb_hash_word(x, y))
BINARY(hash_i, uint64_t, uint64_t, uint64_t, mb_hash_word(x, y))
BINARY(hash_f, uint64_t, double, uint64_t, mb_hash_word(x, float_bits(y)))

// --- Choice.

#define WHERE(name, type)                                                                          \
    static void name(const mb_arguments *at)                                                       \
    {                                                                                              \
        const uint8_t *restrict condition = at->in[0];                                             \
        const type *restrict a = at->in[1], *restrict b = at->in[2];                               \
        type *restrict out = at->out;                                                              \
        const int64_t n = at->n;                                                                   \
        for (int64_t i = 0; i < n; i++)                                                            \
            out[i] = condition[i] ? a[i] : b[i];                                                   \
    }

WHERE(where_1, uint8_t)
WHERE(where_8, uint64_t)

// --- Leaves.

static void sequence(const mb_arguments *at)
{
    uint64_t *restrict out = at->out, step = at->value[1].u;
    uint64_t first = at->value[0].u + (uint64_t)at->row * step;
    const int64_t n = at->n;
    for (int64_t i = 0; i < n; i++)
        out[i] = first + (uint64_t)i * step;
}

// Counter-based: a function of seed and row. The high half of a product spreads 64 random bits over
// the span (Lemire: Fast Random Integer Generation in an Interval, TOMACS 2019, without rejection:
// the bias is below span / 2^64).
static void random_numbers(const mb_arguments *at)
{
    uint64_t *restrict out = at->out, low = at->value[0].u, span = at->value[1].u;
    const uint64_t seed = at->seed;
    const int64_t n = at->n, row = at->row;
    for (int64_t i = 0; i < n; i++) {
        uint64_t counter = seed + UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(row + i + 1);
        uint64_t bits = mb_mix(mb_mix(counter) ^ seed);
        if (span) bits = (uint64_t)((mb_uint128)bits * span >> 64);
        out[i] = low + bits;
    }
}

// --- Casts.

// The lowest int, and the first doubles above the types.
static const double INT_LOWEST = -9223372036854775808.0, INT_ABOVE = 9223372036854775808.0,
                    UINT_ABOVE = 18446744073709551616.0;

// Modulo 2^64.
static inline uint64_t wrap_float(double x)
{
    if (x >= INT_LOWEST && x < INT_ABOVE) return (uint64_t)(int64_t)x;
    if (!(fabs(x) < (double)INFINITY)) return 0;
    double rest = fmod(x, UINT_ABOVE);
    return rest < 0 ? 0 - (uint64_t)-rest : (uint64_t)rest;
}

UNARY(bool_to_int, uint8_t, uint64_t, x)
UNARY(bool_to_float, uint8_t, double, x)
UNARY(int_to_bool, uint64_t, uint8_t, x != 0)
UNARY(float_to_bool, double, uint8_t, x != 0)
UNARY(float_to_int, double, uint64_t, wrap_float(x))

// Exact: neither the base nor the value has more than 53 bits. Four bytes go by way of signed ones,
// which processors convert in one step.
#define TO_FLOAT(name, type, shift)                                                                \
    static void name(const mb_arguments *at)                                                       \
    {                                                                                              \
        const type *restrict a = at->in[0];                                                        \
        double *restrict out = at->out, base = (double)(int64_t)at->base[0] + (double)(shift);     \
        const int64_t n = at->n;                                                                   \
        for (int64_t i = 0; i < n; i++)                                                            \
            out[i] = (double)(int32_t)(a[i] - (shift)) + base;                                     \
    }

TO_FLOAT(to_float_1, uint8_t, 0)
TO_FLOAT(to_float_2, uint16_t, 0)
TO_FLOAT(to_float_4, uint32_t, UINT32_C(1) << 31)
UNARY(int_to_float, int64_t, double, x)
UNARY(uint_to_float, uint64_t, double, x)

// --- What fails.

#define BAD(name, type, operand, expression)                                                       \
    static bool name(const mb_arguments *at, uint8_t *restrict bad)                                \
    {                                                                                              \
        const type *restrict a = at->in[operand];                                                  \
        uint8_t any = 0;                                                                           \
        const int64_t n = at->n;                                                                   \
        for (int64_t i = 0; i < n; i++) {                                                          \
            type x = a[i];                                                                         \
            bad[i] = (expression);                                                                 \
            any |= bad[i];                                                                         \
        }                                                                                          \
        return any;                                                                                \
    }

BAD(zero_divisor, uint64_t, 1, x == 0)
BAD(beyond_sign, uint64_t, 0, x >> 63 != 0)
BAD(beyond_int, double, 0, !(x >= INT_LOWEST && x < INT_ABOVE))
BAD(beyond_uint, double, 0, !(x > -1 && x < UINT_ABOVE))

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

#define COMPARE(name, op)                                                                          \
    BINARY(name##_ii, int64_t, int64_t, uint8_t, x op y)                                           \
    BINARY(name##_uu, uint64_t, uint64_t, uint8_t, x op y)                                         \
    BINARY(name##_ff, double, double, uint8_t, x op y)                                             \
    BINARY(name##_iu, int64_t, uint64_t, uint8_t, HOLDS_##name(order_iu(x, y)))                    \
    BINARY(name##_if, int64_t, double, uint8_t, HOLDS_##name(order_if(x, y)))                      \
    BINARY(name##_uf, uint64_t, double, uint8_t, HOLDS_##name(order_uf(x, y)))                     \
    BINARY(name##_1, uint8_t, uint8_t, uint8_t, x op y)                                            \
    BINARY(name##_2, uint16_t, uint16_t, uint8_t, x op y)                                          \
    BINARY(name##_4, uint32_t, uint32_t, uint8_t, x op y)

COMPARE(eq, ==)
COMPARE(ne, !=)
COMPARE(lt, <)
COMPARE(le, <=)
COMPARE(gt, >)
COMPARE(ge, >=)

#define COMPARE_ROW(name)                                                                          \
    {                                                                                              \
        name##_ii, name##_uu, name##_ff, name##_iu, name##_if, name##_uf, name##_1, name##_2,      \
            name##_4                                                                               \
    }

// --- Tables.

#define MAP(name, type_a, type)                                                                    \
    static void name(const mb_arguments *at)                                                       \
    {                                                                                              \
        const type_a *restrict a = at->in[0];                                                      \
        const type *restrict table = at->in[1];                                                    \
        type *restrict out = at->out;                                                              \
        const uint64_t base = at->base[0], last = at->base[1];                                     \
        const int64_t n = at->n;                                                                   \
        for (int64_t i = 0; i < n; i++) {                                                          \
            uint64_t entry = a[i] + base;                                                          \
            out[i] = table[entry < last ? entry : last];                                           \
        }                                                                                          \
    }

#define MAP_ALL(size, type_a)                                                                      \
    MAP(map_##size##_1, type_a, uint8_t)                                                           \
    MAP(map_##size##_2, type_a, uint16_t)                                                          \
    MAP(map_##size##_4, type_a, uint32_t)                                                          \
    MAP(map_##size##_8, type_a, uint64_t)

MAP_ALL(1, uint8_t)
MAP_ALL(2, uint16_t)
MAP_ALL(4, uint32_t)
MAP_ALL(8, uint64_t)

// A row of the table: loops for bools, ints, uints and floats.
#define FOR(op, b, i, u, f) [op] = {b, i, u, f}

const mb_operator_kernels MB_ISA_NAME(mb_operator_kernels) = {
    .apply =
        {
            FOR(MB_SEQUENCE, NULL, sequence, sequence, NULL),
            FOR(MB_RANDOM, NULL, random_numbers, random_numbers, NULL),
            FOR(MB_ADD, NULL, NULL, NULL, add_f),
            FOR(MB_SUB, NULL, NULL, NULL, subtract_f),
            FOR(MB_MUL, NULL, NULL, NULL, multiply_f),
            FOR(MB_FLOORDIV, NULL, floordiv_i, floordiv_u, floordiv_f),
            FOR(MB_MOD, NULL, modulo_i, modulo_u, modulo_ff),
            FOR(MB_DIV, NULL, NULL, NULL, divide_f),
            FOR(MB_NEG, NULL, negate_i, negate_i, negate_f),
            FOR(MB_ABS, NULL, abs_i, same, abs_f),
            FOR(MB_SIGN, NULL, sign_i, sign_u, sign_f),
            FOR(MB_MINIMUM, minimum_uint8_t, minimum_int64_t, minimum_uint64_t, minimum_f),
            FOR(MB_MAXIMUM, maximum_uint8_t, maximum_int64_t, maximum_uint64_t, maximum_f),
            FOR(MB_AND, and_b, and_i, and_i, NULL),
            FOR(MB_OR, or_b, or_i, or_i, NULL),
            FOR(MB_XOR, xor_b, xor_i, xor_i, NULL),
            FOR(MB_NOT, not_b, not_i, not_i, NULL),
            FOR(MB_SHL, NULL, shl, shl, NULL),
            FOR(MB_SHR, NULL, shr, shr, NULL),
            FOR(MB_ROTL, NULL, rotl, rotl, NULL),
            FOR(MB_ROTR, NULL, rotr, rotr, NULL),
            FOR(MB_POPCOUNT, NULL, popcount, popcount, NULL),
            FOR(MB_CLZ, NULL, clz, clz, NULL),
            FOR(MB_CTZ, NULL, ctz, ctz, NULL),
            FOR(MB_FLOOR, NULL, NULL, NULL, floor_f),
            FOR(MB_CEIL, NULL, NULL, NULL, ceil_f),
            FOR(MB_TRUNC, NULL, NULL, NULL, trunc_f),
            FOR(MB_RINT, NULL, NULL, NULL, rint_f),
            FOR(MB_SQRT, NULL, NULL, NULL, sqrt_f),
            FOR(MB_ISNAN, NULL, NULL, NULL, isnan_f),
            FOR(MB_ISINF, NULL, NULL, NULL, isinf_f),
            FOR(MB_ISFINITE, NULL, NULL, NULL, isfinite_f),
            FOR(MB_HASH, hash_b, hash_i, hash_i, hash_f),
            FOR(MB_ROUND, NULL, NULL, NULL, round_f),
            FOR(MB_WHERE, where_1, where_8, where_8, where_8),
        },
    .integer = {WIDE_TABLE(add), WIDE_TABLE(subtract), WIDE_TABLE(multiply)},
    .narrow = {NARROW_TABLE(narrow_add), NARROW_TABLE(narrow_subtract),
               NARROW_TABLE(narrow_multiply)},
    .compare = {COMPARE_ROW(eq), COMPARE_ROW(ne), COMPARE_ROW(lt), COMPARE_ROW(le), COMPARE_ROW(gt),
                COMPARE_ROW(ge)},
    .map = WIDE_TABLE(map),
    .to_float = {to_float_1, to_float_2, to_float_4, int_to_float, uint_to_float},
    .cast = {{NULL, bool_to_int, bool_to_int, bool_to_float},
             {int_to_bool, NULL, same, int_to_float},
             {int_to_bool, same, NULL, uint_to_float},
             {float_to_bool, float_to_int, float_to_int, NULL}},
    .zero_divisor = zero_divisor,
    .bad_cast = {[MB_INT] = {[MB_UINT] = beyond_sign},
                 [MB_UINT] = {[MB_INT] = beyond_sign},
                 [MB_FLOAT] = {[MB_INT] = beyond_int, [MB_UINT] = beyond_uint}},
};
