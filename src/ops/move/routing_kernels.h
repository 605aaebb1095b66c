// The loop of routing, built for each instruction set.
#pragma once

#include <stdint.h>

#include "core/isa.h"

typedef struct mb_routing_kernels {
    // Finds the buckets of n <= MB_POSITION_ROWS rows, (row >> shift) + rank, and replaces each row
    // by its local one on its rank, which begins at starts[rank].
    void (*route)(int64_t *rows, int64_t n, const int64_t *starts, int nranks, int shift,
                  uint32_t *buckets);
} mb_routing_kernels;

extern const mb_routing_kernels mb_routing_kernels_base, mb_routing_kernels_avx2,
    mb_routing_kernels_avx512;
