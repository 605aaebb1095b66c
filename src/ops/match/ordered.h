// Binary search in sorted words, narrowed by a table of buckets.
#pragma once

#include "core/context.h"

typedef struct mb_ordered {
    const uint64_t *words; // n of them, ascending; the caller's
    int64_t n;
    int shift; // the bucket of a value is (value - words[0]) >> shift
    int64_t nbuckets;
    mb_buffer *buckets; // int64_t: how many words are below each bucket; one more: n
} mb_ordered;

// Cuts the range of the words into about two buckets a word. Memory: 16 bytes a word at most. Not
// collective.
mb_status mb_ordered_open(mb_context *cx, const uint64_t *words, int64_t n,
                          mb_ordered *ordered) MB_MUST_CHECK;

void mb_ordered_close(mb_ordered *ordered);

// The index of the last word that is not above a value, or -1. Not collective.
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
