// The k largest or smallest values of each group.
#pragma once

#include "ops/group/numbering.h"

typedef struct mb_group_best {
    // The values, group after group and best first, and their positions from 1 on: an int column;
    // both evenly laid out.
    mb_column *values, *positions;
    mb_column *counts; // how many each group has: an int column with a row for each group
} mb_group_best;

// Finds the k largest or smallest values of each group; of equal ones the first. Missing values and
// NaN are left out. Each rank keeps the best of its local groups in heaps, and sends them to the
// ranks that own the groups. Memory: for each local group 24 bytes, and 16 for each of at most k of
// its rows; the same for the groups received; and the results. Inside a body, collective.
mb_status mb_group_top(mb_numbering *numbering, mb_column *column, int64_t k, bool largest,
                       mb_group_best *best) MB_MUST_CHECK;
