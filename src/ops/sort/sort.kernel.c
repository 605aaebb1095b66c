// Partitioning rows into buckets.
//
// The partition collects a few cache lines for each bucket and writes them past the caches once
// full (Polychroniou, Ross: A Comprehensive Study of Main-Memory Partitioning and its Application
// to Large-Scale Comparison- and Radix-Sort, SIGMOD 2014).

#ifdef __SSE2__
#include <emmintrin.h>
#endif
#include <string.h>

#include "core/memory.h"
#include "ops/sort/sort_kernels.h"
#include "order/keys.h"

static mb_steps steps(const uint64_t *words, int64_t n)
{
    int64_t ups = 0, downs = 0;
    for (int64_t i = 1; i < n; i++) {
        ups += words[i] > words[i - 1];
        downs += words[i] < words[i - 1];
    }
    return (mb_steps){ups > 0, downs > 0, ups + downs < n - 1};
}

static void cells(const uint64_t *words, int64_t n, int shift, uint32_t *buckets)
{
    for (int64_t i = 0; i < n; i++)
        buckets[i] = (uint32_t)(words[i] >> shift);
}

// Cells are computed first: loads beside the stores of counts would at times wait for these.
static void count(const uint64_t *words, int64_t n, int shift, int64_t *counts)
{
    uint32_t at[MB_KEY_ROWS];
    cells(words, n, shift, at);
    for (int64_t i = 0; i < n; i++)
        counts[at[i]]++;
}

static void find_buckets(const uint64_t *restrict words, int64_t n, int shift,
                         const uint32_t *restrict first, const uint64_t *restrict upto, int steps,
                         uint32_t *restrict buckets)
{
    for (int64_t i = 0; i < n; i++)
        buckets[i] = first[words[i] >> shift];
    for (uint32_t half = (UINT32_C(1) << steps) / 2; half > 0; half /= 2)
        for (int64_t i = 0; i < n; i++)
            buckets[i] += words[i] > upto[buckets[i] + half - 1] ? half : 0;
}

// --- Scattering.

// Writes a cache line past the caches, to an aligned address.
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

// Writes a full stage of `count` elements, those before index `end`, of a bucket that may begin
// within it.
static inline void flush_stage(const char *stage, int64_t end, int64_t start, size_t width,
                               size_t count, char *out)
{
    int64_t first = end - (int64_t)count;
    if (first < start) {
        memcpy(out + (size_t)start * width, stage + (size_t)(start - first) * width,
               (size_t)(end - start) * width);
        return;
    }
    for (size_t part = 0; part < count * width; part += MB_ALIGNMENT)
        stream_line(stage + part, out + (size_t)first * width + part);
}

// Flushes the stage of a bucket.
static inline void finish_stage(const char *stage, int64_t cursor, int64_t start, size_t width,
                                size_t count, char *out)
{
    int64_t first = cursor - cursor % (int64_t)count, from = first > start ? first : start;
    memcpy(out + (size_t)from * width, stage + (size_t)(from - first) * width,
           (size_t)(cursor - from) * width);
}

enum { AHEAD = 32 }; // rows to prefetch the outputs of

// Defines the scatter of n elements to their buckets, and the flush of their stages.
#define PLACE(name, type)                                                                          \
    static void place_##name(const mb_scatter *to, const void *values, const uint32_t *buckets,    \
                             int64_t n)                                                            \
    {                                                                                              \
        enum { STAGE = MB_STAGE_BYTES / sizeof(type) };                                            \
        const type *restrict made = values;                                                        \
        int64_t *cursors = to->cursors;                                                            \
        char *out = to->out, *stages = to->stages;                                                 \
        for (int64_t i = 0; !stages && i < n; i++) {                                               \
            uint32_t soon = buckets[i + AHEAD < n ? i + AHEAD : i];                                \
            __builtin_prefetch(out + (size_t)cursors[soon] * sizeof(type), 1);                     \
            ((type *)out)[cursors[buckets[i]]++] = made[i];                                        \
        }                                                                                          \
        for (int64_t i = 0; stages && i < n; i++) {                                                \
            uint32_t b = buckets[i];                                                               \
            char *stage = stages + (size_t)b * MB_STAGE_BYTES;                                     \
            int64_t at = cursors[b]++;                                                             \
            ((type *)stage)[at % STAGE] = made[i];                                                 \
            if (at % STAGE == STAGE - 1)                                                           \
                flush_stage(stage, at + 1, to->starts[b], sizeof(type), STAGE, out);               \
        }                                                                                          \
    }                                                                                              \
    static void finish_##name(const mb_scatter *to)                                                \
    {                                                                                              \
        enum { STAGE = MB_STAGE_BYTES / sizeof(type) };                                            \
        for (int64_t b = 0; to->stages && b < to->nbuckets; b++)                                   \
            finish_stage((char *)to->stages + (size_t)b * MB_STAGE_BYTES, to->cursors[b],          \
                         to->starts[b], sizeof(type), STAGE, to->out);                             \
    }

PLACE(u8, uint8_t)
PLACE(u16, uint16_t)
PLACE(u32, uint32_t)
PLACE(u64, uint64_t)

#define SCATTER(name, width, type, element)                                                        \
    static void scatter_##name(const mb_scatter *to, const uint64_t *words,                        \
                               const uint32_t *buckets, int64_t row, int64_t n)                    \
    {                                                                                              \
        type made[MB_KEY_ROWS] = {0};                                                              \
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

// Words and rows of a bucket: stages of as many elements.
enum { APART = MB_STAGE_BYTES / sizeof(uint64_t), APART_BYTES = MB_STAGE_BYTES + 4 * APART };

static void scatter_apart(const mb_scatter *to, const uint64_t *words, const uint32_t *buckets,
                          int64_t row, int64_t n)
{
    int64_t *cursors = to->cursors;
    char *out = to->out, *rows = (char *)to->rows, *stages = to->stages;
    for (int64_t i = 0; !stages && i < n; i++) {
        int64_t at = cursors[buckets[i]]++;
        ((uint64_t *)to->out)[at] = words[i] & to->mask;
        to->rows[at] = (uint32_t)(row + i);
    }
    for (int64_t i = 0; stages && i < n; i++) {
        uint32_t b = buckets[i];
        char *stage = stages + (size_t)b * APART_BYTES, *row_stage = stage + MB_STAGE_BYTES;
        int64_t at = cursors[b]++;
        ((uint64_t *)(void *)stage)[at % APART] = words[i] & to->mask;
        ((uint32_t *)(void *)row_stage)[at % APART] = (uint32_t)(row + i);
        if (at % APART < APART - 1) continue;
        flush_stage(stage, at + 1, to->starts[b], sizeof(uint64_t), APART, out);
        flush_stage(row_stage, at + 1, to->starts[b], sizeof(uint32_t), APART, rows);
    }
}

static void finish_apart(const mb_scatter *to)
{
    for (int64_t b = 0; to->stages && b < to->nbuckets; b++) {
        const char *stage = (const char *)to->stages + (size_t)b * APART_BYTES;
        finish_stage(stage, to->cursors[b], to->starts[b], sizeof(uint64_t), APART, to->out);
        finish_stage(stage + MB_STAGE_BYTES, to->cursors[b], to->starts[b], sizeof(uint32_t), APART,
                     (char *)to->rows);
    }
}

// --- Moved rows to words, and sorted words to positions.

#define GATHER(name, type, element)                                                                \
    static void gather_##name(const void *moved, const uint32_t *rows, int64_t n,                  \
                              const mb_moved_words *how, uint64_t *words, void *positions)         \
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
                         const mb_moved_words *how, uint64_t *words, void *positions)
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

static void emit_rows(const uint64_t *words, int64_t n, const mb_moved_words *how, void *out)
{
    const uint64_t mask = (UINT64_C(1) << how->row_bits) - 1;
    for (int64_t i = 0; !how->wide && i < n; i++)
        ((uint32_t *)out)[i] = (uint32_t)((words[i] & mask) + 1);
    for (int64_t i = 0; how->wide && i < n; i++)
        ((uint64_t *)out)[i] = (words[i] & mask) + 1;
}

static void emit_apart(const uint64_t *words, int64_t n, const mb_moved_words *how,
                       const void *positions, void *out)
{
    const uint64_t mask = (UINT64_C(1) << how->row_bits) - 1;
    for (int64_t i = 0; !how->wide && i < n; i++)
        ((uint32_t *)out)[i] = ((const uint32_t *)positions)[words[i] & mask];
    for (int64_t i = 0; how->wide && i < n; i++)
        ((uint64_t *)out)[i] = ((const uint64_t *)positions)[words[i] & mask];
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
};
