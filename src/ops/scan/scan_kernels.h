// The loops of scans, built for each instruction set.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/isa.h"
#include "core/kind.h"

enum { MB_SCAN_BLOCK = 4096 }; // rows of a block of a float scan

// How two values are combined, as scans name it.
typedef enum mb_scan_kind { MB_CUMSUM, MB_CUMPROD, MB_CUMMIN, MB_CUMMAX, MB_SCANS } mb_scan_kind;

// What is before a block of a float scan: before its superblock, and in this before the block, as
// the sum, or product, of two values.
typedef struct mb_scan_before {
    double outer, high, low;
} mb_scan_before;

typedef struct mb_scan_kernels {
    // Of floats, for MB_CUMSUM and MB_CUMPROD: all rows of a whole block combined, in the order of
    // `block`.
    double (*total[2])(const double *rows);
    // n <= MB_SCAN_BLOCK rows from a block's first on: out[i] = outer + (high + (low + scan[i])),
    // or the products. `out` begins a line of the cache, and is written past the caches. Returns
    // the total of a whole block. The order of additions is one for all instruction sets.
    double (*block[2])(const double *rows, int64_t n, const mb_scan_before *before, double *out);
    // Of 64-bit values (integers, or floats for the minimum and the maximum), where the order does
    // not matter: out[i] = carry combined with values[0] .. values[i]; returns the last, or the
    // carry. A NaN stays. NULL where `block` is used.
    mb_value (*run[MB_SCANS][MB_KINDS])(const mb_value *values, int64_t n, mb_value carry,
                                        mb_value *out);
} mb_scan_kernels;

extern const mb_scan_kernels mb_scan_kernels_base, mb_scan_kernels_avx2, mb_scan_kernels_avx512;

const mb_scan_kernels *mb_scan_kernels_of(mb_isa isa);
