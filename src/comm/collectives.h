// Collectives: broadcast, gather and reduction of arrays whose sizes all ranks can hold. Rows that
// go to the ranks that own them are sent by shuffle.h.
//
// All are collective, and called after a step has agreed that all ranks are ready; they cannot
// fail: an MPI error ends the job. Sizes are bytes in 64 bits. No call blocks inside MPI. The
// caller owns all arrays.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "comm/layout.h"
#include "core/context.h"

// Copies `size` bytes of rank `root` to all ranks.
void mb_broadcast(mb_context *cx, int root, void *data, size_t size);

// Gathers `size` bytes of each rank, in rank order, on all ranks.
void mb_gather_all(mb_context *cx, const void *mine, size_t size, void *all);

// Gathers sizes[r] bytes of each rank r, in rank order, on all ranks. Every rank has all sizes.
void mb_gather_all_varying(mb_context *cx, const void *mine, const int64_t *sizes, void *all);

// Gathers n elements of `width` bytes of each rank, in rank order, on all ranks; n may differ.
// Returns the number of all elements.
int64_t mb_gather_lists(mb_context *cx, const void *mine, int64_t n, size_t width, void *all);

// Gathers rows first .. first + n - 1 of a layout, of `width` bytes, on all ranks. `mine` begins
// with the first of them that this rank owns.
void mb_gather_rows(mb_context *cx, const void *mine, const mb_layout *layout, int64_t first,
                    int64_t n, size_t width, void *all);

// Gathers sizes[r] bytes of each rank r, in rank order, on rank `root` alone: other ranks' `all` is
// not written. Every rank has all sizes.
void mb_gather_varying(mb_context *cx, int root, const void *mine, const int64_t *sizes, void *all);

// sums[i] is the sum of mine[i] over all ranks.
void mb_sum_all(mb_context *cx, const int64_t *mine, int64_t n, int64_t *sums);

// sums[i] is the sum of mine[i] over the ranks before this one: an exclusive scan.
void mb_sum_before(mb_context *cx, const int64_t *mine, int64_t n, int64_t *sums);
