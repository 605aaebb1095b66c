#include "order/radix.h"

#include <string.h>

#include "core/kind.h"

enum { MOST_DIGIT = 12, SMALL = 64 }; // 2^12 counters stay in the first-level cache

static void insertion_sort(mb_key_count *pairs, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        mb_key_count moved = pairs[i];
        int64_t j = i;
        for (; j > 0 && pairs[j - 1].key > moved.key; j--)
            pairs[j] = pairs[j - 1];
        pairs[j] = moved;
    }
}

// Counts 0 .. last become the sums of those before each.
static void exclusive_scan(int64_t *counts, uint64_t last)
{
    int64_t sum = 0;
    for (uint64_t b = 0; b <= last; b++) {
        int64_t count = counts[b];
        counts[b] = sum;
        sum += count;
    }
}

mb_key_count *mb_radix_sort_pairs(mb_key_count *pairs, mb_key_count *scratch, int64_t n,
                                  uint64_t largest)
{
    int64_t starts[1 << MOST_DIGIT];
    if (n <= SMALL) {
        insertion_sort(pairs, n);
        return pairs;
    }
    int bits = mb_bit_length(largest);
    int passes = (bits + MOST_DIGIT - 1) / MOST_DIGIT;
    int digit = passes ? (bits + passes - 1) / passes : 0;
    uint64_t mask = (UINT64_C(1) << digit) - 1;
    for (int shift = 0; shift < bits; shift += digit) {
        memset(starts, 0, sizeof starts);
        for (int64_t i = 0; i < n; i++)
            starts[pairs[i].key >> shift & mask]++;
        exclusive_scan(starts, mask);
        for (int64_t i = 0; i < n; i++)
            scratch[starts[pairs[i].key >> shift & mask]++] = pairs[i];
        mb_key_count *swap = pairs;
        pairs = scratch;
        scratch = swap;
    }
    return pairs;
}
