// Sorted words, and the last of them that is not above a value.
#pragma once

#include "core/context.h"

typedef struct mb_ordered {
    const uint64_t *words; // n of them, ascending; the caller's
    int64_t n;
    int shift; // of a value's distance from the first word, to its bucket
    int64_t nbuckets;
    mb_buffer *buckets; // how many words lie in the buckets before each, and in all
} mb_ordered;

// About two buckets to a word, over their range, say between which a value is searched by halves.
// Memory: 16 bytes a word at most. Not collective.
mb_status mb_ordered_open(mb_context *cx, const uint64_t *words, int64_t n,
                          mb_ordered *ordered) MB_MUST_CHECK;

void mb_ordered_close(mb_ordered *ordered);

// The number of the last word that is not above a value, or -1. Not collective.
static inline int64_t mb_ordered_last(const mb_ordered *ordered, uint64_t value)
{
    const uint64_t *words = ordered->words;
    if (ordered->n == 0 || value < words[0]) return -1;
    const int64_t *before = (const int64_t *)ordered->buckets->data;
    uint64_t bucket = (value - words[0]) >> ordered->shift, last = (uint64_t)ordered->nbuckets - 1;
    if (bucket > last) bucket = last;
    int64_t low = before[bucket], high = before[bucket + 1];
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (words[middle] <= value)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}
