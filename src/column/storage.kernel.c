#ifdef __SSE2__
#include <emmintrin.h>
#endif
#include <string.h>

#include "column/storage.h"
#include "core/memory.h"

#define SIGN (UINT64_C(1) << 63)

#define CONVERT(from, to)                                                                          \
    static void convert_##from##_##to(const void *in, int64_t n, uint64_t delta, void *out)        \
    {                                                                                              \
        const uint##from##_t *restrict source = in;                                                \
        uint##to##_t *restrict target = out;                                                       \
        uint##to##_t shift = (uint##to##_t)delta;                                                  \
        for (int64_t i = 0; i < n; i++)                                                            \
            target[i] = (uint##to##_t)((uint##to##_t)source[i] + shift);                           \
    }

#define CONVERT_FROM(from) CONVERT(from, 8) CONVERT(from, 16) CONVERT(from, 32) CONVERT(from, 64)
CONVERT_FROM(8)
CONVERT_FROM(16)
CONVERT_FROM(32)
CONVERT_FROM(64)

static void bounds(const uint64_t *values, int64_t n, uint64_t flip, uint64_t *low, uint64_t *high)
{
    int64_t least = (int64_t)(values[0] ^ flip), most = least;
    for (int64_t i = 0; i < n; i++) {
        int64_t value = (int64_t)(values[i] ^ flip);
        least = value < least ? value : least;
        most = value > most ? value : most;
    }
    *low = (uint64_t)least ^ SIGN;
    *high = (uint64_t)most ^ SIGN;
}

static int64_t descents(const uint64_t *values, int64_t n, uint64_t flip)
{
    int64_t count = 0;
    for (int64_t i = 1; i < n; i++)
        count += (int64_t)(values[i] ^ flip) < (int64_t)(values[i - 1] ^ flip);
    return count;
}

// Whole lines are written without being read first.
static void stream(const void *from, size_t bytes, void *to)
{
    size_t done = 0;
#ifdef __SSE2__
    for (; done + MB_ALIGNMENT <= bytes; done += MB_ALIGNMENT)
        for (size_t part = 0; part < MB_ALIGNMENT; part += sizeof(__m128i))
            _mm_stream_si128((void *)((char *)to + done + part),
                             _mm_loadu_si128((const void *)((const char *)from + done + part)));
#endif
    memcpy((char *)to + done, (const char *)from + done, bytes - done);
}

#define ROW(from)                                                                                  \
    {                                                                                              \
        convert_##from##_8, convert_##from##_16, convert_##from##_32, convert_##from##_64          \
    }

const mb_storage_kernels MB_ISA_NAME(mb_storage_kernels) = {
    .convert = {ROW(8), ROW(16), ROW(32), ROW(64)},
    .bounds = bounds,
    .descents = descents,
    .stream = stream,
};
