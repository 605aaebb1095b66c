// What all ranks tell each other, after a step has agreed that all are ready; for rows that go to
// the ranks that own them see shuffle.h.
//
// Sizes are bytes in 64 bits; no call blocks inside MPI. All are collective and must not fail: an
// MPI error ends the job.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "comm/layout.h"
#include "core/context.h"

// `size` bytes of rank `root` to all.
void mb_broadcast(mb_context *cx, int root, void *data, size_t size);

// `size` bytes of each rank, to all, in rank order.
void mb_gather_all(mb_context *cx, const void *mine, size_t size, void *all);

// sizes[r] bytes of each rank r, to all, in rank order; every rank knows the sizes.
void mb_gather_all_varying(mb_context *cx, const void *mine, const int64_t *sizes, void *all);

// n elements of `width` bytes of each rank, to all, in rank order; each rank knows only its own
// number. Returns how many they are in all.
int64_t mb_gather_lists(mb_context *cx, const void *mine, int64_t n, size_t width, void *all);

// Rows first .. first + n - 1 of a layout, of `width` bytes, to all. `mine` begins with the first
// of them that is on this rank.
void mb_gather_rows(mb_context *cx, const void *mine, const mb_layout *layout, int64_t first,
                    int64_t n, size_t width, void *all);

// sizes[r] bytes of each rank r, to rank `root`, in rank order; every rank knows the sizes. Only
// the root's `all` is written.
void mb_gather_varying(mb_context *cx, int root, const void *mine, const int64_t *sizes, void *all);

// Adds up n words over all ranks, place by place; and those of the ranks before this one.
void mb_sum_all(mb_context *cx, const int64_t *mine, int64_t n, int64_t *sums);
void mb_sum_before(mb_context *cx, const int64_t *mine, int64_t n, int64_t *sums);
