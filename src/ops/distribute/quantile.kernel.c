#ifdef __AVX512F__
#include <immintrin.h>
#endif
#include "ops/distribute/quantile_internal.h"

#define COUNT(name, type)                                                                          \
    static void name(const type *restrict orders, int64_t n, type low, int shift,                  \
                     uint64_t *restrict table)                                                     \
    {                                                                                              \
        for (int64_t i = 0; i < n; i++)                                                            \
            table[(type)(orders[i] - low) >> shift]++;                                             \
    }

COUNT(count, uint64_t)
COUNT(count_offsets, uint32_t)

#define BELOW(name, type)                                                                          \
    static int64_t name(const type *restrict orders, int64_t n, type bound)                        \
    {                                                                                              \
        type found = 0;                                                                            \
        for (int64_t i = 0; i < n; i++)                                                            \
            found += orders[i] < bound;                                                            \
        return (int64_t)found;                                                                     \
    }

BELOW(below, uint64_t)
BELOW(below_offsets, uint32_t)

#ifdef __AVX512F__

#define SELECT(name, type, bits, lanes)                                                            \
    static int64_t name(const type *orders, int64_t n, type low, type span, type *out)             \
    {                                                                                              \
        int64_t found = 0, i = 0;                                                                  \
        const __m512i least = _mm512_set1_epi##bits((int##bits##_t)low);                           \
        const __m512i reach = _mm512_set1_epi##bits((int##bits##_t)span);                          \
        for (; i + (lanes) <= n; i += (lanes)) {                                                   \
            __m512i x = _mm512_loadu_si512(orders + i);                                            \
            __mmask##lanes ones =                                                                  \
                _mm512_cmple_epu##bits##_mask(_mm512_sub_epi##bits(x, least), reach);              \
            _mm512_storeu_si512(out + found, _mm512_maskz_compress_epi##bits(ones, x));            \
            found += __builtin_popcount(ones);                                                     \
        }                                                                                          \
        for (; i < n; i++)                                                                         \
            if ((type)(orders[i] - low) <= span) out[found++] = orders[i];                         \
        return found;                                                                              \
    }

SELECT(select_orders, uint64_t, 64, 8)
SELECT(select_offsets, uint32_t, 32, 16)

#else

// Few orders are in most ranges that are selected, so that whole runs can be passed over.
#define SELECT(name, type)                                                                         \
    static int64_t name(const type *restrict orders, int64_t n, type low, type span,               \
                        type *restrict out)                                                        \
    {                                                                                              \
        enum { RUN = 16 };                                                                         \
        int64_t found = 0;                                                                         \
        for (int64_t first = 0; first < n; first += RUN) {                                         \
            int64_t end = n - first < RUN ? n : first + RUN;                                       \
            type any = 0;                                                                          \
            for (int64_t i = first; i < end; i++)                                                  \
                any |= (type)(orders[i] - low) <= span;                                            \
            for (int64_t i = first; any && i < end; i++) {                                         \
                out[found] = orders[i];                                                            \
                found += (type)(orders[i] - low) <= span;                                          \
            }                                                                                      \
        }                                                                                          \
        return found;                                                                              \
    }

SELECT(select_orders, uint64_t)
SELECT(select_offsets, uint32_t)

#endif

const mb_quantile_kernels MB_ISA_NAME(mb_quantile_kernels) = {
    count, count_offsets, below, below_offsets, select_orders, select_offsets,
};
