#ifdef __AVX2__
#include <immintrin.h>
#endif
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

// --- Compaction.

#ifdef __AVX512F__

// `kept` goes ahead by the ones of `ones`; `load` and `store` are of a vector of 4- or 8-byte
// lanes.
#define COMPRESS(name, type, lanes, load, compress, store)                                         \
    static int64_t name(const void *a, const uint8_t *mask, int64_t n, void *out)                  \
    {                                                                                              \
        const type *x = a;                                                                         \
        type *result = out;                                                                        \
        int64_t kept = 0, i = 0;                                                                   \
        for (; i + (lanes) <= n; i += (lanes)) {                                                   \
            __m128i bytes = (lanes) == 8 ? _mm_loadl_epi64((const void *)(mask + i))               \
                                         : _mm_loadu_si128((const void *)(mask + i));              \
            __mmask16 ones = _mm_test_epi8_mask(bytes, bytes);                                     \
            store(result + kept, compress(ones, load(x + i)));                                     \
            kept += __builtin_popcount(ones);                                                      \
        }                                                                                          \
        for (; i < n; i++)                                                                         \
            if (mask[i]) result[kept++] = x[i];                                                    \
        return kept;                                                                               \
    }

#define LOAD_1(at)          _mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)(at)))
#define STORE_1(at, vector) _mm_storeu_si128((void *)(at), _mm512_cvtepi32_epi8(vector))
#define LOAD_2(at)          _mm512_cvtepu16_epi32(_mm256_loadu_si256((const void *)(at)))
#define STORE_2(at, vector) _mm256_storeu_si256((void *)(at), _mm512_cvtepi32_epi16(vector))
#define COMPRESS_8(ones, x) _mm512_maskz_compress_epi64((__mmask8)(ones), x)

COMPRESS(compress_1, uint8_t, 16, LOAD_1, _mm512_maskz_compress_epi32, STORE_1)
COMPRESS(compress_2, uint16_t, 16, LOAD_2, _mm512_maskz_compress_epi32, STORE_2)
COMPRESS(compress_4, uint32_t, 16, _mm512_loadu_si512, _mm512_maskz_compress_epi32,
         _mm512_storeu_si512)
COMPRESS(compress_8, uint64_t, 8, _mm512_loadu_si512, COMPRESS_8, _mm512_storeu_si512)

#elif defined __AVX2__

// The numbers of the ones among eight bytes of a mask, in the low bytes.
static inline uint64_t numbers_of_ones(const uint8_t *mask, int *count)
{
    uint64_t ones;
    memcpy(&ones, mask, sizeof ones);
    *count = __builtin_popcountll(ones);
    return _pext_u64(UINT64_C(0x0706050403020100), ones * 0xff);
}

static inline void pack_1(const uint8_t *x, uint64_t numbers, uint8_t *out)
{
    __m128i values = _mm_loadl_epi64((const void *)x);
    __m128i packed = _mm_shuffle_epi8(values, _mm_cvtsi64_si128((int64_t)numbers));
    _mm_storel_epi64((void *)out, packed);
}

static inline void pack_2(const uint16_t *x, uint64_t numbers, uint16_t *out)
{
    __m128i lanes = _mm_cvtepu8_epi16(_mm_cvtsi64_si128((int64_t)numbers));
    __m128i bytes =
        _mm_add_epi16(_mm_mullo_epi16(lanes, _mm_set1_epi16(0x0202)), _mm_set1_epi16(0x0100));
    __m128i values = _mm_loadu_si128((const void *)x);
    _mm_storeu_si128((void *)out, _mm_shuffle_epi8(values, bytes));
}

static inline void pack_4(const uint32_t *x, uint64_t numbers, uint32_t *out)
{
    __m256i lanes = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((int64_t)numbers));
    __m256i values = _mm256_loadu_si256((const void *)x);
    _mm256_storeu_si256((void *)out, _mm256_permutevar8x32_epi32(values, lanes));
}

#define COMPRESS(name, type, pack)                                                                 \
    static int64_t name(const void *a, const uint8_t *mask, int64_t n, void *out)                  \
    {                                                                                              \
        enum { LANES = 8 };                                                                        \
        const type *x = a;                                                                         \
        type *result = out;                                                                        \
        int64_t kept = 0, i = 0;                                                                   \
        for (; i + LANES <= n; i += LANES) {                                                       \
            int count;                                                                             \
            pack(x + i, numbers_of_ones(mask + i, &count), result + kept);                         \
            kept += count;                                                                         \
        }                                                                                          \
        for (; i < n; i++)                                                                         \
            if (mask[i]) result[kept++] = x[i];                                                    \
        return kept;                                                                               \
    }

// Eight-byte values in two halves of a vector each.
static inline void pack_half(const uint64_t *x, uint64_t numbers, uint64_t *out)
{
    __m256i lanes = _mm256_cvtepu8_epi64(_mm_cvtsi64_si128((int64_t)numbers));
    __m256i pairs = _mm256_or_si256(_mm256_slli_epi64(lanes, 1), _mm256_slli_epi64(lanes, 33));
    pairs = _mm256_or_si256(pairs, _mm256_set1_epi64x(INT64_C(1) << 32));
    __m256i values = _mm256_loadu_si256((const void *)x);
    _mm256_storeu_si256((void *)out, _mm256_permutevar8x32_epi32(values, pairs));
}

static int64_t compress_8(const void *a, const uint8_t *mask, int64_t n, void *out)
{
    enum { LANES = 4 };
    const uint64_t *x = a;
    uint64_t *result = out;
    int64_t kept = 0, i = 0;
    for (; i + LANES <= n; i += LANES) {
        uint32_t ones;
        memcpy(&ones, mask + i, sizeof ones);
        pack_half(x + i, _pext_u32(0x03020100, ones * 0xff), result + kept);
        kept += __builtin_popcount(ones);
    }
    for (; i < n; i++)
        if (mask[i]) result[kept++] = x[i];
    return kept;
}

COMPRESS(compress_1, uint8_t, pack_1)
COMPRESS(compress_2, uint16_t, pack_2)
COMPRESS(compress_4, uint32_t, pack_4)

#else

// Few ones are walked, many written without a branch.
#define COMPRESS(name, type)                                                                       \
    static int64_t name(const void *a, const uint8_t *mask, int64_t n, void *out)                  \
    {                                                                                              \
        enum { RUN = 64, FEW = 6 };                                                                \
        _Static_assert(RUN <= UINT8_MAX && RUN % 8 == 0, "ones are counted in a byte");            \
        const type *x = a;                                                                         \
        type *result = out;                                                                        \
        int64_t kept = 0, i = 0;                                                                   \
        for (; i + RUN <= n; i += RUN) {                                                           \
            uint8_t ones = 0;                                                                      \
            for (int j = 0; j < RUN; j++)                                                          \
                ones = (uint8_t)(ones + mask[i + j]);                                              \
            for (int j = 0; ones > FEW && j < RUN; j++) {                                          \
                result[kept] = x[i + j];                                                           \
                kept += mask[i + j];                                                               \
            }                                                                                      \
            for (int j = 0; ones && ones <= FEW && j < RUN; j += 8) {                              \
                uint64_t word;                                                                     \
                memcpy(&word, mask + i + j, sizeof word);                                          \
                for (; word; word &= word - 1)                                                     \
                    result[kept++] = x[i + j + (__builtin_ctzll(word) >> 3)];                      \
            }                                                                                      \
        }                                                                                          \
        for (; i < n; i++)                                                                         \
            if (mask[i]) result[kept++] = x[i];                                                    \
        return kept;                                                                               \
    }

COMPRESS(compress_1, uint8_t)
COMPRESS(compress_2, uint16_t)
COMPRESS(compress_4, uint32_t)
COMPRESS(compress_8, uint64_t)

#endif

// --- Bounds.

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

// Lanes, as the wait for one comparison after the other is longer than that for memory.
#define BOUNDS_WIDE(name, type)                                                                    \
    static void name(const void *values, int64_t n, uint64_t *least, uint64_t *most)               \
    {                                                                                              \
        enum { LANES = 32 };                                                                       \
        const type *restrict x = values;                                                           \
        type low[LANES], high[LANES];                                                              \
        int64_t i = 0;                                                                             \
        for (int j = 0; j < LANES; j++)                                                            \
            low[j] = high[j] = x[0];                                                               \
        for (; i + LANES <= n; i += LANES)                                                         \
            for (int j = 0; j < LANES; j++) {                                                      \
                low[j] = x[i + j] < low[j] ? x[i + j] : low[j];                                    \
                high[j] = x[i + j] > high[j] ? x[i + j] : high[j];                                 \
            }                                                                                      \
        for (; i < n; i++) {                                                                       \
            low[0] = x[i] < low[0] ? x[i] : low[0];                                                \
            high[0] = x[i] > high[0] ? x[i] : high[0];                                             \
        }                                                                                          \
        for (int j = 1; j < LANES; j++) {                                                          \
            low[0] = low[j] < low[0] ? low[j] : low[0];                                            \
            high[0] = high[j] > high[0] ? high[j] : high[0];                                       \
        }                                                                                          \
        *least = (uint64_t)low[0];                                                                 \
        *most = (uint64_t)high[0];                                                                 \
    }

BOUNDS_WIDE(bounds_i64, int64_t)
BOUNDS_WIDE(bounds_u64, uint64_t)

#define SCALAR_ROW(name)                                                                           \
    {                                                                                              \
        name##_u8, name##_u16, name##_u32, name##_i64, name##_u64, name##_f32, name##_f64          \
    }

const mb_kernels MB_ISA_NAME(mb_kernels) = {
    .compare_scalar = {SCALAR_ROW(eq), SCALAR_ROW(ne), SCALAR_ROW(lt), SCALAR_ROW(le),
                       SCALAR_ROW(gt), SCALAR_ROW(ge)},
    .widen = {widen_u8, widen_u16, widen_u32, widen_u64, widen_u64, widen_f32, widen_u64},
    .bounds = {bounds_u8, bounds_u16, bounds_u32, bounds_i64, bounds_u64},
    .compress = {compress_1, compress_2, compress_4, compress_8},
};
