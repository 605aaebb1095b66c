// Comparisons with a scalar, rewritten as a test of the stored values: exact, and without widening.
#pragma once

#include "expr/kernels.h"

typedef struct mb_scalar_test {
    int always;     // 1: true for every row, -1: for none; 0: what follows decides
    int comparison; // index from MB_EQ
    mb_value bound; // in the stored form
} mb_scalar_test;

// How rows of a column, stored in `form` from `base`, are compared with a scalar.
mb_scalar_test mb_scalar_test_of(int comparison, mb_type type, mb_form form, uint64_t base,
                                 mb_type scalar_type, mb_value scalar);
