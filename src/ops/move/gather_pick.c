// The loops of gathering.

#include <string.h>

#include "ops/move/gather_internal.h"

#define PICK(width, name, type)                                                                    \
    static void pick_##name##_##width(const char *from, int64_t from_stride, const void *numbers,  \
                                      int64_t n, char *to, int64_t to_stride)                      \
    {                                                                                              \
        const type *rows = numbers;                                                                \
        for (int64_t i = 0; i < n; i++)                                                            \
            memcpy(to + i * to_stride, from + (int64_t)rows[i] * from_stride, width);              \
    }

#define PICKS(width) PICK(width, narrow, uint32_t) PICK(width, wide, int64_t)
PICKS(1)
PICKS(2)
PICKS(4)
PICKS(8)

typedef void picking(const char *from, int64_t from_stride, const void *rows, int64_t n, char *to,
                     int64_t to_stride);

void mb_gather_pick(const char *from, int64_t from_stride, const void *rows, bool wide, int64_t n,
                    int width, char *to, int64_t to_stride)
{
    static picking *const pick[2][4] = {
        {pick_narrow_1, pick_narrow_2, pick_narrow_4, pick_narrow_8},
        {pick_wide_1, pick_wide_2, pick_wide_4, pick_wide_8}};
    pick[wide][width == 8 ? 3 : width / 2](from, from_stride, rows, n, to, to_stride);
}
