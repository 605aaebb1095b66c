// Partitioning rows into buckets, and sorting words in cache.
//
// The partition collects a cache line for each bucket and writes it past the caches once full
// (Polychroniou, Ross: A Comprehensive Study of Main-Memory Partitioning and its Application to
// Large-Scale Comparison- and Radix-Sort, SIGMOD 2014).

#ifdef __SSE2__
#include <emmintrin.h>
#endif
#include <string.h>

#include "core/memory.h"
#include "ops/sort/keys.h"
#include "ops/sort/sort_kernels.h"

static mb_steps steps(const uint64_t *words, int64_t n)
{
    int64_t ups = 0, downs = 0;
    for (int64_t i = 1; i < n; i++) {
        ups += words[i] > words[i - 1];
        downs += words[i] < words[i - 1];
    }
    return (mb_steps){ups > 0, downs > 0, ups + downs < n - 1};
}

static void count(const uint64_t *words, int64_t n, int shift, int64_t *counts)
{
    for (int64_t i = 0; i < n; i++)
        counts[words[i] >> shift]++;
}

static void cells(const uint64_t *words, int64_t n, int shift, uint32_t *buckets)
{
    for (int64_t i = 0; i < n; i++)
        buckets[i] = (uint32_t)(words[i] >> shift);
}

static void find_buckets(const uint64_t *words, int64_t n, int shift, const uint32_t *first,
                         const uint64_t *upto, uint32_t *buckets)
{
    for (int64_t i = 0; i < n; i++) {
        uint64_t cell = words[i] >> shift;
        uint32_t bucket = first[cell];
        for (int k = 0; k < MB_CELL_BUCKETS - 1; k++)
            bucket += words[i] > upto[(MB_CELL_BUCKETS - 1) * cell + (uint64_t)k];
        buckets[i] = bucket;
    }
}

// --- Scattering.

// A line past the caches, to a multiple of its size.
static inline void stream_line(const void *line, void *to)
{
#ifdef __SSE2__
    for (size_t part = 0; part < MB_ALIGNMENT; part += sizeof(__m128i))
        _mm_stream_si128((void *)((char *)to + part),
                         _mm_load_si128((const void *)((const char *)line + part)));
#else
    memcpy(to, line, MB_ALIGNMENT);
#endif
}

// The line that ends before place `end`, of a bucket that may begin within it.
static inline void flush_line(const char *line, int64_t end, int64_t start, size_t width, char *out)
{
    int64_t first = end - (int64_t)(MB_ALIGNMENT / width);
    if (first >= start)
        stream_line(line, out + (size_t)first * width);
    else
        memcpy(out + (size_t)start * width, line + (size_t)(start - first) * width,
               (size_t)(end - start) * width);
}

// What a bucket has in its line at the end.
static inline void finish_line(const char *line, int64_t cursor, int64_t start, size_t width,
                               char *out)
{
    int64_t a_line = (int64_t)(MB_ALIGNMENT / width), first = cursor - cursor % a_line;
    int64_t from = first > start ? first : start;
    memcpy(out + (size_t)from * width, line + (size_t)(from - first) * width,
           (size_t)(cursor - from) * width);
}

enum { LINES = 2 * MB_ALIGNMENT }; // bytes of scratch for a bucket's words and rows apart

// Moves n elements to their buckets, and defines what writes the rest of these.
#define PLACE(name, type)                                                                          \
    static void place_##name(const mb_scatter *to, const void *values, const uint32_t *buckets,    \
                             int64_t n)                                                            \
    {                                                                                              \
        enum { A_LINE = MB_ALIGNMENT / sizeof(type) };                                             \
        const type *restrict made = values;                                                        \
        int64_t *cursors = to->cursors;                                                            \
        char *out = to->out, *lines = to->lines;                                                   \
        for (int64_t i = 0; !lines && i < n; i++)                                                  \
            ((type *)out)[cursors[buckets[i]]++] = made[i];                                        \
        for (int64_t i = 0; lines && i < n; i++) {                                                 \
            uint32_t b = buckets[i];                                                               \
            char *line = lines + (size_t)b * MB_ALIGNMENT;                                         \
            int64_t at = cursors[b]++;                                                             \
            ((type *)line)[at % A_LINE] = made[i];                                                 \
            if (at % A_LINE == A_LINE - 1)                                                         \
                flush_line(line, at + 1, to->starts[b], sizeof(type), out);                        \
        }                                                                                          \
    }                                                                                              \
    static void finish_##name(const mb_scatter *to)                                                \
    {                                                                                              \
        for (int64_t b = 0; to->lines && b < to->nbuckets; b++)                                    \
            finish_line((char *)to->lines + (size_t)b * MB_ALIGNMENT, to->cursors[b],              \
                        to->starts[b], sizeof(type), to->out);                                     \
    }

PLACE(u8, uint8_t)
PLACE(u16, uint16_t)
PLACE(u32, uint32_t)
PLACE(u64, uint64_t)

#define SCATTER(name, width, type, element)                                                        \
    static void scatter_##name(const mb_scatter *to, const uint64_t *words,                        \
                               const uint32_t *buckets, int64_t row, int64_t n)                    \
    {                                                                                              \
        type made[MB_KEY_ROWS];                                                                    \
        const uint64_t mask = to->mask;                                                            \
        const int row_bits = to->row_bits;                                                         \
        (void)row, (void)row_bits;                                                                 \
        for (int64_t i = 0; i < n; i++)                                                            \
            made[i] = (type)(element);                                                             \
        place_##width(to, made, buckets, n);                                                       \
    }

SCATTER(rest4, u32, uint32_t, words[i] & mask)
SCATTER(rest8, u64, uint64_t, words[i] & mask)
SCATTER(packed4, u32, uint32_t, (words[i] & mask) << row_bits | (uint64_t)(row + i))
SCATTER(packed8, u64, uint64_t, (words[i] & mask) << row_bits | (uint64_t)(row + i))

static void scatter_apart(const mb_scatter *to, const uint64_t *words, const uint32_t *buckets,
                          int64_t row, int64_t n)
{
    enum { A_LINE = MB_ALIGNMENT / sizeof(uint64_t) };
    int64_t *cursors = to->cursors;
    char *out = to->out, *rows = (char *)to->rows, *lines = to->lines;
    for (int64_t i = 0; !lines && i < n; i++) {
        int64_t at = cursors[buckets[i]]++;
        ((uint64_t *)to->out)[at] = words[i] & to->mask;
        to->rows[at] = (uint32_t)(row + i);
    }
    for (int64_t i = 0; lines && i < n; i++) {
        uint32_t b = buckets[i];
        char *line = lines + (size_t)b * LINES;
        uint32_t *row_line = (uint32_t *)(void *)(line + MB_ALIGNMENT);
        int64_t at = cursors[b]++;
        ((uint64_t *)(void *)line)[at % A_LINE] = words[i] & to->mask;
        row_line[at % (2 * A_LINE)] = (uint32_t)(row + i);
        if (at % A_LINE < A_LINE - 1) continue;
        flush_line(line, at + 1, to->starts[b], sizeof(uint64_t), out);
        if (at % (2 * A_LINE) == 2 * A_LINE - 1)
            flush_line(line + MB_ALIGNMENT, at + 1, to->starts[b], sizeof(uint32_t), rows);
    }
}

static void finish_apart(const mb_scatter *to)
{
    for (int64_t b = 0; to->lines && b < to->nbuckets; b++) {
        const char *line = (const char *)to->lines + (size_t)b * LINES;
        finish_line(line, to->cursors[b], to->starts[b], sizeof(uint64_t), to->out);
        finish_line(line + MB_ALIGNMENT, to->cursors[b], to->starts[b], sizeof(uint32_t),
                    (char *)to->rows);
    }
}

// --- Into words and back.

#define GATHER(name, type, element)                                                                \
    static void gather_##name(const void *moved, const uint32_t *rows, int64_t n,                  \
                              const mb_gathering *how, uint64_t *words, void *positions)           \
    {                                                                                              \
        const type *restrict in = moved;                                                           \
        uint64_t *restrict out = words;                                                            \
        const uint64_t mask = (UINT64_C(1) << how->wire_bits) - 1, start = (uint64_t)how->start;   \
        const int wire = how->wire_bits, bits = how->row_bits;                                     \
        (void)rows, (void)positions, (void)mask, (void)start, (void)wire, (void)bits;              \
        for (int64_t i = 0; i < n; i++)                                                            \
            out[i] = element;                                                                      \
    }

GATHER(rest4, uint32_t, in[i])
GATHER(rest8, uint64_t, in[i])
GATHER(packed4, uint32_t, ((uint64_t)in[i] >> wire) << bits | ((in[i] & mask) + start))
GATHER(packed8, uint64_t, (in[i] >> wire) << bits | ((in[i] & mask) + start))

static void gather_apart(const void *moved, const uint32_t *rows, int64_t n,
                         const mb_gathering *how, uint64_t *words, void *positions)
{
    const uint64_t *restrict in = moved;
    uint64_t *restrict out = words, index = (uint64_t)how->index, first = (uint64_t)how->start + 1;
    uint32_t *restrict narrow = (uint32_t *)positions + index;
    uint64_t *restrict wide = (uint64_t *)positions + index;
    for (int64_t i = 0; i < n; i++)
        out[i] = (in[i] >> how->drop) << how->row_bits | (index + (uint64_t)i);
    for (int64_t i = 0; !how->wide && i < n; i++)
        narrow[i] = rows[i] + (uint32_t)first;
    for (int64_t i = 0; how->wide && i < n; i++)
        wide[i] = rows[i] + first;
}

static void emit_rows(const uint64_t *words, int64_t n, const mb_gathering *how, void *out)
{
    const uint64_t mask = (UINT64_C(1) << how->row_bits) - 1;
    for (int64_t i = 0; !how->wide && i < n; i++)
        ((uint32_t *)out)[i] = (uint32_t)((words[i] & mask) + 1);
    for (int64_t i = 0; how->wide && i < n; i++)
        ((uint64_t *)out)[i] = (words[i] & mask) + 1;
}

static void emit_apart(const uint64_t *words, int64_t n, const mb_gathering *how,
                       const void *positions, void *out)
{
    const uint64_t mask = (UINT64_C(1) << how->row_bits) - 1;
    for (int64_t i = 0; !how->wide && i < n; i++)
        ((uint32_t *)out)[i] = ((const uint32_t *)positions)[words[i] & mask];
    for (int64_t i = 0; how->wide && i < n; i++)
        ((uint64_t *)out)[i] = ((const uint64_t *)positions)[words[i] & mask];
}

// --- Sorting.

enum {
    FEW = 24,           // words that are sorted by insertion
    MOST_DIGIT = 11,    // bits of a pass
    IN_CACHE = 1 << 17, // words that are sorted by their low digits first
    SPLIT_DIGIT = 8,    // bits that cut more words than that
};

// Insertion, as long as it takes no more than `moves`; whether it came to its end.
static bool insert(uint64_t *words, int64_t n, int64_t moves)
{
    for (int64_t i = 1; i < n; i++) {
        uint64_t moved = words[i];
        int64_t j = i;
        for (; j > 0 && words[j - 1] > moved; j--)
            words[j] = words[j - 1];
        words[j] = moved;
        moves -= i - j;
        if (moves < 0) return false;
    }
    return true;
}

static void pass(const uint64_t *restrict from, uint64_t *restrict to, int64_t n, int shift,
                 int digit)
{
    uint32_t starts[1 << MOST_DIGIT];
    const uint64_t mask = (UINT64_C(1) << digit) - 1;
    memset(starts, 0, sizeof *starts << digit);
    for (int64_t i = 0; i < n; i++)
        starts[from[i] >> shift & mask]++;
    uint32_t start = 0;
    for (uint64_t b = 0; b <= mask; b++) {
        uint32_t size = starts[b];
        starts[b] = start;
        start += size;
    }
    for (int64_t i = 0; i < n; i++)
        to[starts[from[i] >> shift & mask]++] = from[i];
}

// Passes over the bits from `low` to below `high`, least significant digits first.
static uint64_t *passes(uint64_t *words, uint64_t *scratch, int64_t n, int low, int high, int most)
{
    int rounds = (high - low + most - 1) / most;
    for (; rounds > 0; rounds--) {
        int digit = (high - low + rounds - 1) / rounds;
        pass(words, scratch, n, low, digit);
        low += digit;
        uint64_t *swap = words;
        words = scratch;
        scratch = swap;
    }
    return words;
}

// Two passes over the highest bits leave few words out of place: insertion puts these right, unless
// there are many, and then passes over all bits.
static uint64_t *sort_in_cache(uint64_t *words, uint64_t *scratch, int64_t n, int low, int high)
{
    int most = n >= 1 << 13 ? MOST_DIGIT : 8;
    if (high - low <= 2 * most) return passes(words, scratch, n, low, high, most);
    uint64_t *sorted = passes(words, scratch, n, high - 2 * most, high, most);
    if (insert(sorted, n, 4 * n)) return sorted;
    return passes(sorted, sorted == words ? scratch : words, n, low, high, most);
}

static int varying_above(const uint64_t *words, int64_t n, int low)
{
    uint64_t varying = 0;
    for (int64_t i = 0; i < n; i++)
        varying |= words[i] ^ words[0];
    return varying >> low ? 64 - __builtin_clzll(varying) : low;
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

static uint64_t *sort(uint64_t *words, uint64_t *scratch, int64_t n, int low)
{
    enum { PARTS = 1 << SPLIT_DIGIT };
    int64_t starts[PARTS + 1];
    if (n <= FEW) {
        insert(words, n, INT64_MAX);
        return words;
    }
    int high = varying_above(words, n, low);
    if (high == low) return words;
    if (n <= IN_CACHE || high - low <= SPLIT_DIGIT)
        return sort_in_cache(words, scratch, n, low, high);
    split(words, scratch, n, high - SPLIT_DIGIT, starts);
    for (int b = 0; b < PARTS; b++) {
        uint64_t *part = scratch + starts[b];
        int64_t size = starts[b + 1] - starts[b];
        const uint64_t *sorted = sort(part, words + starts[b], size, low);
        if (sorted != part) memcpy(part, sorted, (size_t)size * sizeof *part);
    }
    return scratch;
}

const mb_sort_kernels MB_ISA_NAME(mb_sort_kernels) = {
    .steps = steps,
    .count = count,
    .cells = cells,
    .buckets = find_buckets,
    .scatter = {scatter_rest4, scatter_rest8, scatter_packed4, scatter_packed8, scatter_apart},
    .finish = {finish_u32, finish_u64, finish_u32, finish_u64, finish_apart},
    .carry = {place_u8, place_u16, place_u32, place_u64},
    .finish_carrying = {finish_u8, finish_u16, finish_u32, finish_u64},
    .gather = {gather_rest4, gather_rest8, gather_packed4, gather_packed8, gather_apart},
    .emit_rows = emit_rows,
    .emit_apart = emit_apart,
    .sort = sort,
};
