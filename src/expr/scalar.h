// Scalars beside columns: a scalar is the number that the script wrote, whatever type the column
// has.
#pragma once

#include "core/context.h"
#include "expr/kernels.h"
#include "types/type.h"

// Whether a type holds a number exactly; then converts it. Bools are not numbers.
bool mb_scalar_convert(mb_kind to, mb_kind kind, mb_value *value);

// Prepares a scalar for an operator that combines it with a column of type `beside`. Integers take
// the column's integer type; where that does not hold them, the operators that wrap (+, -, *) and
// those of bits take them modulo 2^64, functions of floats take them as floats, and all others but
// comparisons fail: MB_EINVALID. Not collective.
mb_status mb_scalar_beside(mb_context *cx, mb_operator op, mb_kind beside, mb_kind *kind,
                           mb_value *value) MB_MUST_CHECK;

// Writes a number as messages show it.
void mb_scalar_describe(mb_kind kind, mb_value value, char *text, size_t size);

// A comparison with a scalar, rewritten as a test of the stored values: exact, without widening.

typedef struct mb_scalar_test {
    int always;     // 1: true for every row, -1: for none; 0: what follows decides
    int comparison; // index from MB_EQ
    mb_value bound; // in the stored form
} mb_scalar_test;

// How rows of a column, stored in `form` from `base`, are compared with a scalar.
mb_scalar_test mb_scalar_test_of(int comparison, mb_kind kind, mb_form form, uint64_t base,
                                 mb_kind scalar_type, mb_value scalar);
