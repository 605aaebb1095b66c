// The loops of histograms, built for each instruction set.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/isa.h"

// The bins of integers that are stored as offsets.
typedef struct mb_offset_bins {
    uint32_t first, span; // offsets first .. first + span are in bins
    uint32_t bins;
    // Offset first + x is in bin mb_guess_bin(x) or, unless `exact`, in the bin before it where x
    // is below the start of that one.
    double scale, nudge;
    bool exact;
    uint32_t *starts; // of the bins, counted from `first`; bins + 1
} mb_offset_bins;

static inline uint32_t mb_guess_bin(const mb_offset_bins *by, uint32_t x)
{
    // By way of signed numbers, since not all instruction sets convert others.
    double place = (double)(int32_t)(x - (UINT32_C(1) << 31)) * by->scale + by->nudge;
    double last = (double)(int32_t)by->bins - 1;
    return (uint32_t)(int32_t)(place < last ? place : last);
}

// The bins of integers of 64 bits, by their order words less the first in a bin.
typedef struct mb_word_bins {
    uint64_t flip, first, span; // words first .. first + span, bits ^ flip, are in bins
    double scale, nudge;        // a guess: scale x + nudge
    uint32_t bins, reached;     // `reached` > 0 of them begin within the type
    const uint64_t *starts;     // of these
} mb_word_bins;

typedef struct mb_histogram_kernels {
    // The bin of each value by its edges, as mb_axis has them; `bins` where it is in none. `scale`
    // is about bins / (high - low), and `bins` at most 2^24.
    void (*bins)(const double *values, int64_t n, const double *edges, int32_t bins, double scale,
                 uint32_t *out);
    // The same by halves, for edges that such a guess misses by more than one.
    void (*search)(const double *values, int64_t n, const double *edges, int32_t bins,
                   uint32_t *out);
    // The same of integers of 64 bits.
    void (*word_bins)(const uint64_t *values, int64_t n, const mb_word_bins *by, uint32_t *out);
    // The same of offsets of 1, 2 and 4 bytes.
    void (*offset_bins[3])(const void *offsets, int64_t n, const mb_offset_bins *by, uint32_t *out);
    // The least and largest of n values that are numbers, and of *least and *most.
    void (*bounds)(const double *values, int64_t n, double *least, double *most);
    // The same of the order words, bits ^ flip, of integers.
    void (*word_bounds)(const uint64_t *values, int64_t n, uint64_t flip, uint64_t *least,
                        uint64_t *most);
} mb_histogram_kernels;

extern const mb_histogram_kernels mb_histogram_kernels_base, mb_histogram_kernels_avx2,
    mb_histogram_kernels_avx512;

const mb_histogram_kernels *mb_histogram_kernels_of(mb_isa isa);
