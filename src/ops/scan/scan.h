// Scans: each row combined with all rows before it.
#pragma once

#include "column/column.h"
#include "ops/scan/scan_kernels.h"

// The sum, product, minimum or maximum of each row and those before it; with `exclusive` of those
// before it alone. Of bools and ints an int, of uints a uint, both modulo 2^64; of floats a float;
// minima and maxima keep the type. A missing row stays missing and adds nothing. An exclusive scan
// begins with 0 or 1; a minimum or maximum of no rows is missing. NaN stays from its row on.
//
// Sums and products of floats are made of blocks of 4,096 rows, counted over all ranks, so they
// have the same bits on any number of ranks. A sum is off by no more than 32 roundings of the sum
// of magnitudes, and one for each 16 million rows; a scan of values that are not negative never
// steps down. What overflows within a block or a superblock of 4,096 blocks does so in the result.
//
// Gives a pending operand its values; beside these and the result it takes 0.3 MB, and for sums and
// products of floats one 4,096th of the operand. Inside a body, collective.
mb_status mb_scan(mb_context *cx, mb_column *column, mb_scan_kind kind, bool exclusive,
                  mb_column **result) MB_MUST_CHECK;
