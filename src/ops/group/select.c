#include "ops/group/select.h"

#include <math.h>

#include "core/hash.h"
#include "core/kind.h"

enum {
    FEW = 24,      // words that are sorted by insertion
    SAMPLES = 15,  // words that a pivot is chosen of
    SPARSE = 2048, // fewer words have a smaller sample
};

static void sort_few(uint64_t *words, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        uint64_t word = words[i];
        int64_t at = i;
        for (; at > 0 && words[at - 1] > word; at--)
            words[at] = words[at - 1];
        words[at] = word;
    }
}

// A word that has about k of n words below it.
static uint64_t choose_pivot(const uint64_t *words, int64_t n, int64_t k, uint64_t *random)
{
    uint64_t sample[SAMPLES] = {0};
    const int m = n < SPARSE ? SAMPLES / 3 : SAMPLES;
    for (int i = 0; i < m; i++) {
        *random = mb_mix(*random + UINT64_C(0x9e3779b97f4a7c15));
        sample[i] = words[(uint64_t)(((mb_uint128)*random * (uint64_t)n) >> 64)];
    }
    sort_few(sample, m);
    return sample[k * m / n];
}

// Moves the words below the pivot, or those up to it, to the front; returns how many there are.
// Without branches on words, which would be mispredicted.
#define PARTITION(name, compare)                                                                   \
    static int64_t name(uint64_t *words, int64_t n, uint64_t pivot)                                \
    {                                                                                              \
        int64_t front = 0;                                                                         \
        for (int64_t i = 0; i < n; i++) {                                                          \
            uint64_t word = words[i];                                                              \
            words[i] = words[front];                                                               \
            words[front] = word;                                                                   \
            front += word compare pivot;                                                           \
        }                                                                                          \
        return front;                                                                              \
    }

PARTITION(move_below, <)
PARTITION(move_upto, <=)

// Reorders n words as far as it takes for words[k] to be the word that a sort would put there: no
// word before it is larger, none after it smaller.
static void quickselect(uint64_t *words, int64_t n, int64_t k)
{
    uint64_t random = (uint64_t)n;
    while (n > FEW) {
        uint64_t pivot = choose_pivot(words, n, k, &random);
        int64_t front = move_below(words, n, pivot);
        if (k < front) {
            n = front;
            continue;
        }
        if (front == 0) { // the pivot is the least word
            front = move_upto(words, n, pivot);
            if (k < front) return;
        }
        words += front;
        n -= front;
        k -= front;
    }
    sort_few(words, n);
}

double mb_select_ends(uint64_t *words, int64_t n, double q, uint64_t *ends)
{
    double place = q * (double)(n - 1), part = place - floor(place);
    int64_t k = (int64_t)place;
    quickselect(words, n, k);
    ends[0] = ends[1] = words[k];
    if (part == 0) return 0;
    ends[1] = words[k + 1];
    for (int64_t i = k + 2; i < n; i++)
        ends[1] = words[i] < ends[1] ? words[i] : ends[1];
    return part;
}
