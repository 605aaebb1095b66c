#ifdef __AVX512F__
#include <immintrin.h>
#endif
#include <string.h>

#include "order/order_words.h"

// mb_order_float without branches; NaN is MB_NAN_WORD.
static void of_floats(const double *restrict values, int64_t n, uint64_t *restrict words)
{
    for (int64_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        uint64_t word = bits ^ ((0 - (bits >> 63)) | UINT64_C(1) << 63);
        words[i] = values[i] == values[i] ? word : MB_NAN_WORD;
    }
}

static void of_integers(const uint64_t *restrict values, int64_t n, uint64_t flip,
                        uint64_t *restrict words)
{
    for (int64_t i = 0; i < n; i++)
        words[i] = values[i] ^ flip;
}

#define COUNT(name, type)                                                                          \
    static void name(const type *restrict words, int64_t n, type low, int shift,                   \
                     uint64_t *restrict table)                                                     \
    {                                                                                              \
        for (int64_t i = 0; i < n; i++)                                                            \
            table[(type)(words[i] - low) >> shift]++;                                              \
    }

COUNT(count, uint64_t)
COUNT(count_offsets, uint32_t)

#define BELOW(name, type)                                                                          \
    static int64_t name(const type *restrict words, int64_t n, type bound)                         \
    {                                                                                              \
        type found = 0;                                                                            \
        for (int64_t i = 0; i < n; i++)                                                            \
            found += words[i] < bound;                                                             \
        return (int64_t)found;                                                                     \
    }

BELOW(below, uint64_t)
BELOW(below_offsets, uint32_t)

#ifdef __AVX512F__

#define SELECT(name, type, bits, lanes)                                                            \
    static int64_t name(const type *words, int64_t n, type low, type span, type *out)              \
    {                                                                                              \
        int64_t found = 0, i = 0;                                                                  \
        const __m512i least = _mm512_set1_epi##bits((int##bits##_t)low);                           \
        const __m512i reach = _mm512_set1_epi##bits((int##bits##_t)span);                          \
        for (; i + (lanes) <= n; i += (lanes)) {                                                   \
            __m512i x = _mm512_loadu_si512(words + i);                                             \
            __mmask##lanes ones =                                                                  \
                _mm512_cmple_epu##bits##_mask(_mm512_sub_epi##bits(x, least), reach);              \
            _mm512_storeu_si512(out + found, _mm512_maskz_compress_epi##bits(ones, x));            \
            found += __builtin_popcount(ones);                                                     \
        }                                                                                          \
        for (; i < n; i++)                                                                         \
            if ((type)(words[i] - low) <= span) out[found++] = words[i];                           \
        return found;                                                                              \
    }

SELECT(select_words, uint64_t, 64, 8)
SELECT(select_offsets, uint32_t, 32, 16)

#else

// Few words are in most ranges that are selected, so that whole runs can be passed over.
#define SELECT(name, type)                                                                         \
    static int64_t name(const type *restrict words, int64_t n, type low, type span,                \
                        type *restrict out)                                                        \
    {                                                                                              \
        enum { RUN = 16 };                                                                         \
        int64_t found = 0;                                                                         \
        for (int64_t first = 0; first < n; first += RUN) {                                         \
            int64_t end = n - first < RUN ? n : first + RUN;                                       \
            type any = 0;                                                                          \
            for (int64_t i = first; i < end; i++)                                                  \
                any |= (type)(words[i] - low) <= span;                                             \
            for (int64_t i = first; any && i < end; i++) {                                         \
                out[found] = words[i];                                                             \
                found += (type)(words[i] - low) <= span;                                           \
            }                                                                                      \
        }                                                                                          \
        return found;                                                                              \
    }

SELECT(select_words, uint64_t)
SELECT(select_offsets, uint32_t)

#endif

const mb_word_kernels MB_ISA_NAME(mb_word_kernels) = {
    of_floats, of_integers,   count,        count_offsets,
    below,     below_offsets, select_words, select_offsets,
};
