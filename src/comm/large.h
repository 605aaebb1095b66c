// Collectives whose sizes are 64 bits, begun and awaited: by functions of MPI 4, or, where MPI
// counts in ints, in pieces. All are collective; of every rank's sizes all ranks know.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/context.h"

void mb_large_broadcast(mb_context *cx, void *data, size_t size, int root);
void mb_large_gather_all(mb_context *cx, const void *mine, size_t size, void *all);
void mb_large_sum_all(mb_context *cx, const int64_t *mine, int64_t n, int64_t *sums);
void mb_large_sum_before(mb_context *cx, const int64_t *mine, int64_t n, int64_t *sums);

// Each rank's bytes, of these sizes, one rank's after another: on all ranks.
void mb_large_gather_all_varying(mb_context *cx, const void *mine, const int64_t *sizes, void *all);

// The same on `root` alone, which puts its own there itself.
void mb_large_gather_varying(mb_context *cx, int root, const void *mine, const int64_t *sizes,
                             void *all);
