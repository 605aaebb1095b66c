// The loops of histograms, built for each instruction set.
#pragma once

#include <stdint.h>

#include "core/isa.h"

typedef struct mb_histogram_kernels {
    // The bin of each value by its edges, as mb_axis has them; `bins` where it is in none. `scale`
    // is about bins / (high - low), and `bins` at most 2^24.
    void (*bins)(const double *values, int64_t n, const double *edges, int32_t bins, double scale,
                 int32_t *out);
    // The least and largest of n values that are numbers, and of *least and *most.
    void (*bounds)(const double *values, int64_t n, double *least, double *most);
} mb_histogram_kernels;

extern const mb_histogram_kernels mb_histogram_kernels_base, mb_histogram_kernels_avx2,
    mb_histogram_kernels_avx512;

const mb_histogram_kernels *mb_histogram_kernels_of(mb_isa isa);
