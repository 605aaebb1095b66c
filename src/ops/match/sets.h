// Set operations on the values of columns.
#pragma once

#include "column/column.h"

typedef enum mb_set_operation {
    MB_INTERSECT,
    MB_UNION,
    MB_DIFFERENCE,
    MB_SYMMETRIC_DIFFERENCE,
} mb_set_operation;

// The distinct values of an operation on two columns of one type, in ascending order; missing rows
// are passed over, all NaN are one value, the last, and -0.0 equals 0.0. Each rank finds the
// distinct values of its own rows of both, and sends each to the rank that will hold it. Inside a
// body, collective. Memory: the tables of mb_tally_*, 64 bytes a distinct value of this rank, and
// for floats 8 bytes a row.
mb_status mb_set_operate(mb_context *cx, mb_set_operation operation, mb_column *a, mb_column *b,
                         mb_column **result) MB_MUST_CHECK;
