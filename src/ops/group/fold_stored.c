// Folds of keys and values as they are stored: sums and means of sums that stay in 64 bits, and
// counts.

#include "ops/group/fold.h"

// Rows are prefetched by hand: the random accesses to states defeat the hardware prefetcher.
enum { AHEAD = 1024, ROWS = 16 };

#define COUNT_KEYS(bits)                                                                           \
    static void count_##bits(const void *keys, uint32_t shift, const void *values, int64_t n,      \
                             void *states)                                                         \
    {                                                                                              \
        const uint##bits##_t *key = keys;                                                          \
        uint64_t *counts = states;                                                                 \
        int64_t i = 0;                                                                             \
        (void)values;                                                                              \
        for (; i + ROWS <= n; i += ROWS) {                                                         \
            __builtin_prefetch((const char *)&key[i] + AHEAD);                                     \
            for (int k = 0; k < ROWS; k++)                                                         \
                counts[key[i + k] - shift]++;                                                      \
        }                                                                                          \
        for (; i < n; i++)                                                                         \
            counts[key[i] - shift]++;                                                              \
    }

#define SUM_FORM(bits, name, type)                                                                 \
    static void sum_##bits##_##name(const void *keys, uint32_t shift, const void *values,          \
                                    int64_t n, void *states)                                       \
    {                                                                                              \
        const uint##bits##_t *key = keys;                                                          \
        const type *value = values;                                                                \
        uint64_t *sums = states;                                                                   \
        int64_t i = 0;                                                                             \
        for (; i + ROWS <= n; i += ROWS) {                                                         \
            __builtin_prefetch((const char *)&key[i] + AHEAD);                                     \
            __builtin_prefetch((const char *)&value[i] + AHEAD);                                   \
            for (int k = 0; k < ROWS; k++)                                                         \
                sums[key[i + k] - shift] += value[i + k];                                          \
        }                                                                                          \
        for (; i < n; i++)                                                                         \
            sums[key[i] - shift] += value[i];                                                      \
    }

#define MEAN_FORM(bits, name, type)                                                                \
    static void mean_##bits##_##name(const void *keys, uint32_t shift, const void *values,         \
                                     int64_t n, void *states)                                      \
    {                                                                                              \
        const uint##bits##_t *key = keys;                                                          \
        const type *value = values;                                                                \
        uint64_t *sums = states;                                                                   \
        for (int64_t i = 0; i < n; i++) {                                                          \
            uint64_t *sum = sums + 2 * (uint64_t)(key[i] - shift);                                 \
            __builtin_prefetch((const char *)&key[i] + AHEAD);                                     \
            __builtin_prefetch((const char *)&value[i] + AHEAD);                                   \
            sum[0] += value[i];                                                                    \
            sum[1]++;                                                                              \
        }                                                                                          \
    }

#define KEYS(bits)                                                                                 \
    COUNT_KEYS(bits)                                                                               \
    SUM_FORM(bits, u8, uint8_t)                                                                    \
    SUM_FORM(bits, u16, uint16_t)                                                                  \
    SUM_FORM(bits, u32, uint32_t)                                                                  \
    SUM_FORM(bits, u64, uint64_t)                                                                  \
    MEAN_FORM(bits, u8, uint8_t)                                                                   \
    MEAN_FORM(bits, u16, uint16_t)                                                                 \
    MEAN_FORM(bits, u32, uint32_t)                                                                 \
    MEAN_FORM(bits, u64, uint64_t)

KEYS(8)
KEYS(16)
KEYS(32)

mb_add_stored *mb_fold_stored(const mb_fold *fold, int key_width, mb_form form)
{
    static mb_add_stored *const counts[] = {count_8, count_16, count_32};
    static mb_add_stored *const sums[][MB_F32] = {
        {sum_8_u8, sum_8_u16, sum_8_u32, sum_8_u64, sum_8_u64},
        {sum_16_u8, sum_16_u16, sum_16_u32, sum_16_u64, sum_16_u64},
        {sum_32_u8, sum_32_u16, sum_32_u32, sum_32_u64, sum_32_u64},
    };
    static mb_add_stored *const means[][MB_F32] = {
        {mean_8_u8, mean_8_u16, mean_8_u32, mean_8_u64, mean_8_u64},
        {mean_16_u8, mean_16_u16, mean_16_u32, mean_16_u64, mean_16_u64},
        {mean_32_u8, mean_32_u16, mean_32_u32, mean_32_u64, mean_32_u64},
    };
    int keys = key_width / 2;
    if (fold->kind == MB_FOLD_SIZE || fold->kind == MB_FOLD_COUNT) return counts[keys];
    bool in_words = fold->kind == MB_FOLD_SUM && fold->width == sizeof(uint64_t);
    bool narrow_mean = fold->kind == MB_FOLD_MEAN && fold->width == 2 * sizeof(uint64_t);
    if (narrow_mean && form < MB_F32) return means[keys][form];
    return in_words && form < MB_F32 ? sums[keys][form] : NULL;
}
