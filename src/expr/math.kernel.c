// Functions of floats by SLEEF's vectors. Its cinz functions use no fused multiply-add and give the
// same bits whatever the vector length.

#include <math.h>
#include <sleef.h>
#include <string.h>

#include "expr/kernels.h"

#if defined __AVX512F__
typedef __m512d vector;
#define SLEEF(name, error) Sleef_cinz_##name##d8_##error##avx512fnofma
#elif defined __AVX__
typedef __m256d vector;
#define SLEEF(name, error) Sleef_cinz_##name##d4_##error##avx
#elif defined __SSE2__
typedef __m128d vector;
#define SLEEF(name, error) Sleef_cinz_##name##d2_##error##sse2
#else
typedef double vector;
#define SLEEF(name, error) Sleef_cinz_##name##d1_##error##purec
#endif

enum { LANES = sizeof(vector) / sizeof(double) };

_Static_assert((int)LANES <= (int)MB_BLOCK_LANES, "blocks have room for whole vectors");

#define UNARY(name)                                                                                \
    static void apply_##name(const mb_arguments *at)                                               \
    {                                                                                              \
        const double *a = at->in[0];                                                               \
        double *out = at->out;                                                                     \
        for (int64_t i = 0; i < at->n; i += LANES) {                                               \
            vector x;                                                                              \
            memcpy(&x, a + i, sizeof x);                                                           \
            x = SLEEF(name, u10)(x);                                                               \
            memcpy(out + i, &x, sizeof x);                                                         \
        }                                                                                          \
    }

#define BINARY(name)                                                                               \
    static void apply_##name(const mb_arguments *at)                                               \
    {                                                                                              \
        const double *a = at->in[0], *b = at->in[1];                                               \
        double *out = at->out;                                                                     \
        for (int64_t i = 0; i < at->n; i += LANES) {                                               \
            vector x, y;                                                                           \
            memcpy(&x, a + i, sizeof x);                                                           \
            memcpy(&y, b + i, sizeof y);                                                           \
            x = SLEEF(name, u10)(x, y);                                                            \
            memcpy(out + i, &x, sizeof x);                                                         \
        }                                                                                          \
    }

UNARY(cbrt)
UNARY(exp)
UNARY(expm1)
UNARY(log)
UNARY(log2)
UNARY(log10)
UNARY(log1p)
UNARY(sin)
UNARY(cos)
UNARY(tan)
UNARY(asin)
UNARY(acos)
UNARY(atan)
UNARY(sinh)
UNARY(cosh)
UNARY(tanh)
BINARY(atan2)
BINARY(pow)

// Squares are products, as in Lua.
static void power(const mb_arguments *at)
{
    const double *a = at->in[0], *b = at->in[1];
    double *out = at->out;
    apply_pow(at);
    for (int64_t i = 0; i < at->n; i++)
        out[i] = b[i] == 2 ? a[i] * a[i] : out[i];
}

// A function by SLEEF, and by another one for each x that a test holds for, which is rare.
#define EXCEPT(name, test, other)                                                                  \
    static void name##_of_all(const mb_arguments *at)                                              \
    {                                                                                              \
        const double *a = at->in[0];                                                               \
        double *out = at->out;                                                                     \
        int any = 0;                                                                               \
        apply_##name(at);                                                                          \
        for (int64_t i = 0; i < at->n; i++) {                                                      \
            const double x = a[i];                                                                 \
            any |= (test);                                                                         \
        }                                                                                          \
        for (int64_t i = 0; any && i < at->n; i++) {                                               \
            const double x = a[i];                                                                 \
            if (test) out[i] = other(x);                                                           \
        }                                                                                          \
    }

// SLEEF's exp, sinh and cosh overflow before they have to: exp(x) / 2^1023 of such x.
// log(2^1024) is a sum of two doubles, and near it the difference loses no bits.
static double scaled_exp(double x)
{
    const double high = 0x1.62e42fefa39efp+9, low = 0x1.abc9e3b39803fp-46;
    return 2 * Sleef_cinz_expd1_u10purec(x - high - low);
}

static double exp_of_large(double x)
{
    return scaled_exp(x) * 0x1p1023;
}

static double cosh_of_large(double x)
{
    return scaled_exp(fabs(x)) / 2 * 0x1p1023;
}

static double sinh_of_large(double x)
{
    return copysign(cosh_of_large(x), x);
}

EXCEPT(exp, x > 709.78, exp_of_large)
EXCEPT(sinh, fabs(x) > 709, sinh_of_large)
EXCEPT(cosh, fabs(x) > 709, cosh_of_large)
EXCEPT(log1p, x > 1e300, Sleef_cinz_logd1_u10purec) // 1 is lost before SLEEF's ends, at 1e307

const mb_math_kernels MB_ISA_NAME(mb_math_kernels) = {
    .apply = {[MB_CBRT] = apply_cbrt,
              [MB_EXP] = exp_of_all,
              [MB_EXPM1] = apply_expm1,
              [MB_LOG] = apply_log,
              [MB_LOG2] = apply_log2,
              [MB_LOG10] = apply_log10,
              [MB_LOG1P] = log1p_of_all,
              [MB_SIN] = apply_sin,
              [MB_COS] = apply_cos,
              [MB_TAN] = apply_tan,
              [MB_ASIN] = apply_asin,
              [MB_ACOS] = apply_acos,
              [MB_ATAN] = apply_atan,
              [MB_ATAN2] = apply_atan2,
              [MB_SINH] = sinh_of_all,
              [MB_COSH] = cosh_of_all,
              [MB_TANH] = apply_tanh,
              [MB_POW] = power},
};
