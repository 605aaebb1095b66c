// Storage of integers: which width and base hold a range of values, and the loops between widths.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/isa.h"
#include "core/kind.h"

// A width in bytes (1, 2, 4, 8) and the base that narrower values are counted from.
typedef struct mb_storage {
    int width;
    uint64_t base;
} mb_storage;

// The narrowest storage of integers between two values, given in mb_order_bits' order; base 0 where
// that is as narrow, else a base that leaves room on both sides. 8 bytes always have base 0.
mb_storage mb_storage_choose(mb_kind kind, uint64_t low, uint64_t high);

// The values that fit, in the same order.
void mb_storage_window(mb_kind kind, mb_storage storage, uint64_t *low, uint64_t *high);

// 0, 1, 2, 3 for widths 1, 2, 4, 8.
static inline int mb_width_index(int width)
{
    return width == 8 ? 3 : width / 2;
}

typedef struct mb_storage_kernels {
    // out[i] = in[i] + delta, from width index a to b; regions must not overlap.
    void (*convert[4][4])(const void *in, int64_t n, uint64_t delta, void *out);
    // Bounds of n > 0 64-bit words in mb_order_bits' order; flip is 1 << 63 for unsigned values.
    void (*bounds)(const uint64_t *values, int64_t n, uint64_t flip, uint64_t *low, uint64_t *high);
    // Number of i in 1..n-1 with values[i] below values[i - 1].
    int64_t (*descents)(const uint64_t *values, int64_t n, uint64_t flip);
    // Copies `bytes` past the caches, for data that is not read again soon. `to` is a multiple of
    // MB_ALIGNMENT.
    void (*stream)(const void *from, size_t bytes, void *to);
} mb_storage_kernels;

extern const mb_storage_kernels mb_storage_kernels_base, mb_storage_kernels_avx2,
    mb_storage_kernels_avx512;

// The kernels of an instruction set.
const mb_storage_kernels *mb_storage_kernels_of(mb_isa isa);
