// Loops over the values of files, built for each instruction set.

#include <string.h>

#include "io/hdf/internal.h"

#define UNSHUFFLE(bits)                                                                            \
    static void unshuffle##bits(uint##bits##_t *restrict out, const uint8_t *restrict in,          \
                                int64_t n)                                                         \
    {                                                                                              \
        for (int64_t i = 0; i < n; i++) {                                                          \
            uint##bits##_t value = 0;                                                              \
            for (int b = 0; b < bits / 8; b++)                                                     \
                value |= (uint##bits##_t)((uint##bits##_t)in[b * n + i] << (8 * b));               \
            out[i] = value;                                                                        \
        }                                                                                          \
    }
UNSHUFFLE(16)
UNSHUFFLE(32)
UNSHUFFLE(64)

// Of values of several words, as strings may be.
static void unshuffle_words(uint64_t *restrict out, const uint8_t *restrict in, int64_t n,
                            int words)
{
    enum { AT_ONCE = 256 };
    uint64_t row[AT_ONCE];
    for (int64_t first = 0; first < n; first += AT_ONCE) {
        int64_t count = n - first < AT_ONCE ? n - first : AT_ONCE;
        for (int w = 0; w < words; w++) {
            const uint8_t *planes = in + 8 * w * n + first;
            for (int64_t i = 0; i < count; i++) {
                uint64_t value = 0;
                for (int b = 0; b < 8; b++)
                    value |= (uint64_t)planes[b * n + i] << (8 * b);
                row[i] = value;
            }
            for (int64_t i = 0; i < count; i++)
                out[(first + i) * words + w] = row[i];
        }
    }
}

static void unshuffle_any(uint8_t *restrict out, const uint8_t *restrict in, int64_t n, int size)
{
    for (int b = 0; b < size; b++)
        for (int64_t i = 0; i < n; i++)
            out[i * size + b] = in[b * n + i];
}

static void unshuffle(void *restrict out, const void *restrict in, int64_t n, int size)
{
    switch (size) {
    case 2: unshuffle16(out, in, n); break;
    case 4: unshuffle32(out, in, n); break;
    case 8: unshuffle64(out, in, n); break;
    default:
        if (size % 8 == 0 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
            unshuffle_words(out, in, n, size / 8);
        else
            unshuffle_any(out, in, n, size);
    }
}

#define SWAP(bits)                                                                                 \
    static void swap##bits(uint##bits##_t *data, int64_t n)                                        \
    {                                                                                              \
        for (int64_t i = 0; i < n; i++)                                                            \
            data[i] = __builtin_bswap##bits(data[i]);                                              \
    }
SWAP(16)
SWAP(32)
SWAP(64)

static void swap(void *data, int64_t n, int size)
{
    switch (size) {
    case 2: swap16(data, n); break;
    case 4: swap32(data, n); break;
    case 8: swap64(data, n); break;
    default: break;
    }
}

#define WIDEN(type)                                                                                \
    static void widen_##type(int64_t *restrict out, const type *restrict in, int64_t n)            \
    {                                                                                              \
        for (int64_t i = 0; i < n; i++)                                                            \
            out[i] = in[i];                                                                        \
    }
WIDEN(int8_t)
WIDEN(int16_t)
WIDEN(int32_t)
WIDEN(uint8_t)
WIDEN(uint16_t)
WIDEN(uint32_t)

static void widen(int64_t *restrict out, const void *restrict in, int64_t n, mb_hdf_element element)
{
    switch (element.is_signed ? -element.size : element.size) {
    case -1: widen_int8_t(out, in, n); break;
    case -2: widen_int16_t(out, in, n); break;
    case -4: widen_int32_t(out, in, n); break;
    case 1: widen_uint8_t(out, in, n); break;
    case 2: widen_uint16_t(out, in, n); break;
    case 4: widen_uint32_t(out, in, n); break;
    default: memcpy(out, in, 8 * (size_t)n);
    }
}

const mb_hdf_kernels MB_ISA_NAME(mb_hdf_kernels) = {unshuffle, swap, widen};
