// Radix sort of words, in cache: two LSD passes over the highest digits leave few words out of
// place, which insertion puts right. More words than the cache holds are cut by their highest digit
// first.

#include <string.h>

#include "core/kind.h"
#include "order/order.h"

enum {
    FEW = 24,           // words that are sorted by insertion
    MOST_DIGIT = 11,    // bits of a pass
    IN_CACHE = 1 << 17, // words that are sorted by their low digits first
    SPLIT_DIGIT = 8,    // bits that cut more words than that
    BATCH = 512,        // words whose digits are worked out at a time
};

_Static_assert(MOST_DIGIT <= 16, "digits are stored in 16 bits");

// Insertion, as long as it takes no more than `moves`; whether it came to its end.
static bool insert(uint64_t *words, int64_t n, int64_t moves)
{
    uint64_t last = words[0];
    for (int64_t i = 1; i < n; i++) {
        uint64_t moved = words[i];
        if (moved >= last) {
            last = moved;
            continue;
        }
        int64_t j = i;
        for (; j > 0 && words[j - 1] > moved; j--)
            words[j] = words[j - 1];
        words[j] = moved;
        moves -= i - j;
        if (moves < 0) return false;
    }
    return true;
}

// --- Passes.

typedef struct digit {
    int shift;
    uint64_t mask;
    uint32_t starts[1 << MOST_DIGIT];
} digit;

static void begin(digit *digit, int low, int high)
{
    digit->shift = low;
    digit->mask = (UINT64_C(1) << (high - low)) - 1;
    memset(digit->starts, 0, (digit->mask + 1) * sizeof *digit->starts);
}

static void work_out(const digit *digit, const uint64_t *restrict words, int64_t n,
                     uint16_t *restrict values)
{
    const int shift = digit->shift;
    const uint64_t mask = digit->mask;
    for (int64_t i = 0; i < n; i++)
        values[i] = (uint16_t)(words[i] >> shift & mask);
}

static void make_starts(digit *digit)
{
    uint32_t start = 0;
    for (uint64_t b = 0; b <= digit->mask; b++) {
        uint32_t size = digit->starts[b];
        digit->starts[b] = start;
        start += size;
    }
}

// Counts both digits in one go over the words. These are worked out first: loads next to the stores
// of counts would wait for these at times.
static void count_both(const uint64_t *words, int64_t n, digit *one, digit *other)
{
    uint16_t ones[BATCH], others[BATCH];
    for (int64_t first = 0; first < n; first += BATCH) {
        int64_t size = n - first < BATCH ? n - first : BATCH;
        work_out(one, words + first, size, ones);
        work_out(other, words + first, size, others);
        for (int64_t i = 0; i < size; i++) {
            one->starts[ones[i]]++;
            other->starts[others[i]]++;
        }
    }
    make_starts(one);
    make_starts(other);
}

static void deal(const uint64_t *restrict from, uint64_t *restrict to, int64_t n, digit *digit)
{
    uint32_t *restrict starts = digit->starts;
    const int shift = digit->shift;
    const uint64_t mask = digit->mask;
    for (int64_t i = 0; i < n; i++)
        to[starts[from[i] >> shift & mask]++] = from[i];
}

// Sorts by the bits from `low` to below `high`, least significant digits first, two at a time; to
// and fro, so that the words end where they began.
static void passes(uint64_t *words, uint64_t *scratch, int64_t n, int low, int high, int most)
{
    int rounds = (high - low + 2 * most - 1) / (2 * most);
    digit one, other;
    for (; rounds > 0; rounds--) {
        int bits = (high - low + rounds - 1) / rounds;
        begin(&one, low, low + bits / 2);
        begin(&other, low + bits / 2, low + bits);
        count_both(words, n, &one, &other);
        deal(words, scratch, n, &one);
        deal(scratch, words, n, &other);
        low += bits;
    }
}

// Digits that leave one word in eight with company. Insertion gives up where words are not spread
// evenly, and then passes go over all bits.
static void sort_part(uint64_t *words, uint64_t *scratch, int64_t n, int low, int high)
{
    int most = (mb_bits_below(n) + 3) / 2;
    if (most > MOST_DIGIT) most = MOST_DIGIT;
    if (high - low <= 2 * most) {
        passes(words, scratch, n, low, high, most);
        return;
    }
    passes(words, scratch, n, high - 2 * most, high, most);
    if (!insert(words, n, 4 * n)) passes(words, scratch, n, low, high, MOST_DIGIT);
}

static int varying_above(const uint64_t *words, int64_t n, int low)
{
    uint64_t varying = 0;
    for (int64_t i = 0; i < n; i++)
        varying |= words[i] ^ words[0];
    return varying >> low ? mb_bit_length(varying) : low;
}

// Cuts the words by their highest digit; returns where each of the parts begins in `to`.
static void split(const uint64_t *restrict from, uint64_t *restrict to, int64_t n, int shift,
                  int64_t *starts)
{
    enum { PARTS = 1 << SPLIT_DIGIT };
    int64_t cursors[PARTS];
    memset(starts, 0, (PARTS + 1) * sizeof *starts);
    for (int64_t i = 0; i < n; i++)
        starts[(from[i] >> shift) % PARTS + 1]++;
    for (int b = 0; b < PARTS; b++) {
        cursors[b] = starts[b];
        starts[b + 1] += starts[b];
    }
    for (int64_t i = 0; i < n; i++)
        to[cursors[(from[i] >> shift) % PARTS]++] = from[i];
}

uint64_t *MB_ISA_NAME(mb_radix_sort)(uint64_t *words, uint64_t *scratch, int64_t n, int low)
{
    enum { PARTS = 1 << SPLIT_DIGIT };
    int64_t starts[PARTS + 1];
    if (n <= FEW) {
        if (n > 1) insert(words, n, INT64_MAX);
        return words;
    }
    int high = varying_above(words, n, low);
    if (high == low) return words;
    if (n <= IN_CACHE) {
        sort_part(words, scratch, n, low, high);
        return words;
    }
    int shift = high - SPLIT_DIGIT > low ? high - SPLIT_DIGIT : low;
    split(words, scratch, n, shift, starts);
    for (int b = 0; b < PARTS; b++) {
        uint64_t *part = scratch + starts[b];
        int64_t size = starts[b + 1] - starts[b];
        if (size == 0) continue;
        const uint64_t *sorted = MB_ISA_NAME(mb_radix_sort)(part, words + starts[b], size, low);
        if (sorted != part) memcpy(part, sorted, (size_t)size * sizeof *part);
    }
    return scratch;
}
