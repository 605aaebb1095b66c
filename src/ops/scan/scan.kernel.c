// A block is scanned on four levels of eight: eight rows are a chunk, eight chunks a tile, eight
// tiles a stripe, eight stripes a block. On each level the parts follow one another: what came
// before a part is added to every value inside it, and what comes before the next part is this
// part's last value. So a value takes part in at most 28 rounded additions; and as rounding keeps
// order, a scan of values that are not negative never steps down, at no level's edges either.
//
// Vectors hold the same row of several chunks: a few chunks are read and transposed, and each lane
// adds up its own. The lanes do not meet but in the scan over chunks, which is in the chunks'
// order; so the order of additions does not depend on their number.

#include "ops/scan/scan_kernels.h"

#include <string.h>

#if defined __SSE2__
#include <immintrin.h>
#endif

#if defined __AVX__
enum { LANES = 4 };
#else
enum { LANES = 2 };
#endif

enum { PARTS = 8, TILE = PARTS * PARTS, STRIPE = PARTS * TILE };

_Static_assert(MB_SCAN_BLOCK % STRIPE == 0, "a block is whole stripes");

typedef double vector __attribute__((vector_size(LANES * sizeof(double))));

#define INLINE static inline __attribute__((always_inline))

INLINE vector load(const double *from)
{
    vector v;
    memcpy(&v, from, sizeof v);
    return v;
}

INLINE vector all(double value)
{
    vector v = {0};
    for (int j = 0; j < LANES; j++)
        v[j] = value;
    return v;
}

// Stores past the caches: a result is larger than they are, and would be read before it is written.
INLINE void stream(double *to, vector v)
{
#if defined __AVX__
    _mm256_stream_pd(to, v);
#elif defined __SSE2__
    _mm_stream_pd(to, v);
#else
    memcpy(to, &v, sizeof v);
#endif
}

// Rows become columns, of LANES vectors.
INLINE void transpose(vector *v)
{
#if defined __AVX__
    vector a = __builtin_shufflevector(v[0], v[1], 0, 4, 2, 6);
    vector b = __builtin_shufflevector(v[0], v[1], 1, 5, 3, 7);
    vector c = __builtin_shufflevector(v[2], v[3], 0, 4, 2, 6);
    vector d = __builtin_shufflevector(v[2], v[3], 1, 5, 3, 7);
    v[0] = __builtin_shufflevector(a, c, 0, 1, 4, 5);
    v[1] = __builtin_shufflevector(b, d, 0, 1, 4, 5);
    v[2] = __builtin_shufflevector(a, c, 2, 3, 6, 7);
    v[3] = __builtin_shufflevector(b, d, 2, 3, 6, 7);
#else
    vector a = __builtin_shufflevector(v[0], v[1], 0, 2);
    v[1] = __builtin_shufflevector(v[0], v[1], 1, 3);
    v[0] = a;
#endif
}

// What comes before a tile: in its stripe, in its block, and before that.
typedef struct place {
    double tiles, stripes;
    const mb_scan_before *block;
} place;

#define COMBINE(a, b) ((a) + (b))
#define IDENTITY      (-0.0) // which changes no sum, not that of -0.0 either
#define NAMED(name)   name##_of_sums
#include "ops/scan/scan_block.inc"
#undef COMBINE
#undef IDENTITY
#undef NAMED

#define COMBINE(a, b) ((a) * (b))
#define IDENTITY      1.0
#define NAMED(name)   name##_of_products
#include "ops/scan/scan_block.inc"

// `step` makes `sofar` of itself and x.
#define RUN(name, member, type, step)                                                              \
    static mb_value name(const mb_value *values, int64_t n, mb_value carry, mb_value *out)         \
    {                                                                                              \
        type sofar = carry.member;                                                                 \
        for (int64_t i = 0; i < n; i++) {                                                          \
            type x = values[i].member;                                                             \
            step;                                                                                  \
            out[i].member = sofar;                                                                 \
        }                                                                                          \
        carry.member = sofar;                                                                      \
        return carry;                                                                              \
    }

// A branch that is mostly foreseen: to wait for each comparison would take four times as long. It
// is taken too where either is NaN, and then the one that came first stays.
#define KEEP_FIRST(holds)                                                                          \
    if (__builtin_expect(!(holds), 0) && sofar == sofar) sofar = x

RUN(run_sum, u, uint64_t, sofar += x)
RUN(run_product, u, uint64_t, sofar *= x)
RUN(run_min_int, i, int64_t, sofar = x < sofar ? x : sofar)
RUN(run_max_int, i, int64_t, sofar = x > sofar ? x : sofar)
RUN(run_min_uint, u, uint64_t, sofar = x < sofar ? x : sofar)
RUN(run_max_uint, u, uint64_t, sofar = x > sofar ? x : sofar)
RUN(run_min_float, f, double, KEEP_FIRST(x >= sofar))
RUN(run_max_float, f, double, KEEP_FIRST(x <= sofar))

const mb_scan_kernels MB_ISA_NAME(mb_scan_kernels) = {
    .total = {total_of_sums, total_of_products},
    .block = {block_of_sums, block_of_products},
    .run =
        {
            [MB_CUMSUM] = {run_sum, run_sum, run_sum, NULL},
            [MB_CUMPROD] = {run_product, run_product, run_product, NULL},
            [MB_CUMMIN] = {run_min_uint, run_min_int, run_min_uint, run_min_float},
            [MB_CUMMAX] = {run_max_uint, run_max_int, run_max_uint, run_max_float},
        },
};
