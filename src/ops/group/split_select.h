// Quantiles of groups whose rows several ranks have.
#pragma once

#include "core/context.h"
#include "core/kind.h"
#include "core/memory.h"

// The order keys of this rank's values of a group.
typedef struct mb_split_part {
    int group; // among the split ones, in the order of ranks; -1: none
    const uint64_t *orders;
    int64_t n;
} mb_split_part;

// Words that mb_split_select needs for `groups` groups: O(ranks), as a rank shares at most two.
int64_t mb_split_need(int64_t groups);

// The quantile q of each of `groups` groups of values of a kind, NaN of nothing and where a value
// is NaN, into `results`. Radix selection: counts of the next digit of the order keys are added
// over the ranks, for one digit after another. `memory` has as many words as mb_split_need says.
// Collective, after a step.
void mb_split_select(mb_context *cx, mb_kind kind, const mb_split_part *parts, int nparts,
                     int groups, double q, int64_t *memory, double *results);
