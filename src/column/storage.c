#include "column/storage.h"

#include <stddef.h>

static uint64_t largest_offset(int width)
{
    return width == 8 ? UINT64_MAX : (UINT64_C(1) << (8 * width)) - 1;
}

mb_storage mb_storage_choose(mb_kind kind, uint64_t low, uint64_t high)
{
    uint64_t zero = mb_order_bits(kind, 0), span = high - low;
    int width = 1;
    while (span > largest_offset(width))
        width *= 2;
    if (width == 8) return (mb_storage){.width = 8};
    if (low >= zero && high - zero <= largest_offset(width)) return (mb_storage){.width = width};
    uint64_t slack = (largest_offset(width) - span) / 2;
    if (slack > low) slack = low;
    uint64_t base = low - slack;
    if (base > UINT64_MAX - largest_offset(width)) base = UINT64_MAX - largest_offset(width);
    return (mb_storage){.width = width, .base = mb_order_bits(kind, base)};
}

void mb_storage_window(mb_kind kind, mb_storage storage, uint64_t *low, uint64_t *high)
{
    *low = storage.width == 8 ? 0 : mb_order_bits(kind, storage.base);
    *high = storage.width == 8 ? UINT64_MAX : *low + largest_offset(storage.width);
}

MB_ISA_CHOICE(mb_storage_kernels, mb_storage_kernels, mb_storage_kernels_of);
