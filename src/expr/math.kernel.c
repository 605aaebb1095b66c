// Functions of floats by SLEEF's vectors. Its cinz functions use no fused multiply-add and give the
// same bits whatever the vector length.

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

// SLEEF's is for arguments up to 1e307; the 1 is lost long before that.
static void log_of_more(const mb_arguments *at)
{
    const double *a = at->in[0];
    double *out = at->out;
    apply_log1p(at);
    for (int64_t i = 0; i < at->n; i++)
        if (a[i] > 1e300) out[i] = Sleef_cinz_logd1_u10purec(a[i]);
}

const mb_math_kernels MB_ISA_NAME(mb_math_kernels) = {
    .apply = {[MB_CBRT] = apply_cbrt,
              [MB_EXP] = apply_exp,
              [MB_EXPM1] = apply_expm1,
              [MB_LOG] = apply_log,
              [MB_LOG2] = apply_log2,
              [MB_LOG10] = apply_log10,
              [MB_LOG1P] = log_of_more,
              [MB_SIN] = apply_sin,
              [MB_COS] = apply_cos,
              [MB_TAN] = apply_tan,
              [MB_ASIN] = apply_asin,
              [MB_ACOS] = apply_acos,
              [MB_ATAN] = apply_atan,
              [MB_ATAN2] = apply_atan2,
              [MB_SINH] = apply_sinh,
              [MB_COSH] = apply_cosh,
              [MB_TANH] = apply_tanh,
              [MB_POW] = power},
};
