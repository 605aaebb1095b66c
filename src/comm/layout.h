// Layouts: which rows of a column are on which rank.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/context.h"

// Rank r holds rows start[r] .. start[r + 1] - 1, counted from 0. Immutable, known to every rank.
typedef struct mb_layout {
    int64_t references;
    int nranks;
    int64_t n_global;
    int64_t start[];
} mb_layout;

// The first row of a rank when n rows are split evenly.
static inline int64_t mb_even_start(int64_t n, int nranks, int rank)
{
    int64_t share = n / nranks, rest = n % nranks;
    return rank * share + (rank < rest ? rank : rest);
}

// n rows split evenly. Not collective.
mb_status mb_layout_even(mb_context *cx, int64_t n_global, mb_layout **layout) MB_MUST_CHECK;

// counts[r] rows on rank r. Not collective.
mb_status mb_layout_counts(mb_context *cx, const int64_t *counts, mb_layout **layout) MB_MUST_CHECK;

mb_layout *mb_layout_retain(mb_layout *layout);
void mb_layout_release(mb_layout *layout);

// Whether every rank holds the same rows.
bool mb_layout_equal(const mb_layout *a, const mb_layout *b);

// The rank that holds a row.
int mb_layout_owner(const mb_layout *layout, int64_t row);

// Rows of a rank.
static inline int64_t mb_layout_rows(const mb_layout *layout, int rank)
{
    return layout->start[rank + 1] - layout->start[rank];
}

// The most rows that a rank holds.
int64_t mb_layout_most(const mb_layout *layout);

// Whether one rank holds so much more than the others that its operations would wait for it: more
// than one and a half times the mean, and more than can be neglected.
bool mb_layout_skewed(const mb_layout *layout);
