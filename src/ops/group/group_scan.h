// Each row combined with all rows of its group before it.
#pragma once

#include "ops/group/numbering.h"

typedef enum mb_group_scan_kind {
    MB_GROUP_CUMCOUNT, // how many rows are before it
    MB_GROUP_CUMSUM,   // of integers modulo 2^64
    MB_GROUP_CUMPROD,  // of integers modulo 2^64
    MB_GROUP_CUMMIN,
    MB_GROUP_CUMMAX,
    MB_GROUP_FFILL, // the last value that is there
    MB_GROUP_SCANS
} mb_group_scan_kind;

// Sums and products of bools and ints are ints, of uints uints; minima, maxima and last values keep
// the type. A missing row stays missing and adds nothing, but where last values are asked for. NaN
// stays from its row on. No row moves: each rank combines its rows of each group, the groups'
// owners tell it what the ranks before have, and it walks its rows from there. Sums of floats are
// those that aggregations have of these rows, and so do not depend on how rows are spread.
// MB_EINVALID for sums of what is no number, and for products of floats. Memory: for each local
// group, each one received and each one owned 9 bytes, of sums of floats 32, beside the result.
// Inside a body, collective.
mb_status mb_group_scan(mb_numbering *numbering, mb_column *column, mb_group_scan_kind kind,
                        mb_column **result) MB_MUST_CHECK;
