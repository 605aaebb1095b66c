#include "ops/radix.h"

#include <string.h>

enum { DIGIT = 11, BUCKETS = 1 << DIGIT, SMALL = 64 };

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

mb_key_count *mb_radix_sort_pairs(mb_key_count *pairs, mb_key_count *scratch, int64_t n,
                                  uint64_t largest)
{
    int64_t starts[BUCKETS];
    if (n <= SMALL) {
        insertion_sort(pairs, n);
        return pairs;
    }
    for (int shift = 0; shift < 64 && largest >> shift; shift += DIGIT) {
        memset(starts, 0, sizeof starts);
        for (int64_t i = 0; i < n; i++)
            starts[pairs[i].key >> shift & (BUCKETS - 1)]++;
        int64_t start = 0;
        for (int b = 0; b < BUCKETS; b++) {
            int64_t count = starts[b];
            starts[b] = start;
            start += count;
        }
        for (int64_t i = 0; i < n; i++)
            scratch[starts[pairs[i].key >> shift & (BUCKETS - 1)]++] = pairs[i];
        mb_key_count *swap = pairs;
        pairs = scratch;
        scratch = swap;
    }
    return pairs;
}
