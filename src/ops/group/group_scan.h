// Each row combined with all rows of its group before it.
#pragma once

#include "ops/group/numbering.h"

typedef enum mb_group_scan_kind {
    MB_GROUP_CUMCOUNT, // how many rows are before it
    MB_GROUP_CUMSUM,   // of integers, modulo 2^64
    MB_GROUP_CUMPROD,
    MB_GROUP_CUMMIN,
    MB_GROUP_CUMMAX,
    MB_GROUP_FFILL, // the last value that is there
    MB_GROUP_SCANS
} mb_group_scan_kind;

// Sums and products of bools and ints are ints, of uints uints; minima, maxima and last values keep
// the type. A missing row stays missing and adds nothing, but where last values are asked for. NaN
// stays from its row on. No row moves: each rank combines its rows of each group, the groups'
// owners tell it what the ranks before have, and it walks its rows from there. MB_EINVALID for sums
// and products of others than integers and bools. Memory: for each local group and each group
// received 18 bytes, beside the result. Inside a body, collective.
mb_status mb_group_scan(mb_numbering *numbering, mb_column *column, mb_group_scan_kind kind,
                        mb_column **result) MB_MUST_CHECK;
