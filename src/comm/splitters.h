// Splitters of a sample sort: words that partition those of all ranks into parts of about one size.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/context.h"

typedef struct mb_splitters {
    mb_context *cx;
    mb_buffer *memory;
    int nranks;
    uint64_t *words; // rank r owns the words from words[r - 1] on, up to words[r] - 1
} mb_splitters;

// Allocates splitters. Memory: 520 bytes a rank. Not collective.
mb_status mb_splitters_open(mb_context *cx, mb_splitters *splitters) MB_MUST_CHECK;

// Frees splitters, which may be all zeros. Not collective.
void mb_splitters_close(mb_splitters *splitters);

// Chooses splitters from a sample of each rank: 64 of this rank's n words, which are `stride` bytes
// apart. Collective, after a step: cannot fail.
void mb_splitters_choose(mb_splitters *splitters, const void *words, int64_t n, size_t stride);

// The rank that owns a word. Not collective.
static inline int mb_splitters_owner(const mb_splitters *splitters, uint64_t word)
{
    int low = 0, high = splitters->nranks; // words[low - 1] <= word < words[high - 1]
    while (high - low > 1) {
        int middle = low + (high - low) / 2;
        if (splitters->words[middle - 1] <= word)
            low = middle;
        else
            high = middle;
    }
    return low;
}
