// Expressions: what a pending column will be. A directed acyclic graph of element-wise operators
// over leaves; nothing runs until an operation needs values.
//
// A node is immutable and shared by reference counts. Its operands are columns, so that a pending
// one that several expressions use is materialised once, for all of them.
#pragma once

#include <stdint.h>

#include "column/column.h"

typedef enum mb_operator {
    // Leaves: functions of the row number.
    MB_CONSTANT, // value[0]
    MB_SEQUENCE, // value[0] + row * value[1], rows counted from 0
    MB_RANDOM,   // value[0] + a number below value[1] (0: any), drawn from seed and row
    // Comparisons: a bool from two operands, or an operand and value[0].
    MB_EQ,
    MB_NE,
    MB_LT,
    MB_LE,
    MB_GT,
    MB_GE,
    // Logic on bools.
    MB_AND,
    MB_OR,
    MB_XOR,
    MB_NOT,
    // The rows of operand 0 where operand 1, a bool, is true. Not element-wise: always materialised
    // before another expression uses it.
    MB_FILTER,
    MB_OPERATORS
} mb_operator;

typedef struct mb_expression {
    mb_operator op;
    mb_column *operands[2]; // NULL where there is none
    mb_value value[2];
    mb_type value_type; // of value[0]
    uint64_t seed;
    mb_layout *natural; // of MB_FILTER: each rank keeps its own rows; the column's may be levelled
    int depth;          // of the graph below, through pending columns
} mb_expression;

// "eq", "and", ...; the names that errors and plans use.
const char *mb_operator_name(mb_operator op);

// A pending column of n rows from a leaf. `values` as the operator says. Not collective.
mb_status mb_expression_leaf(mb_context *cx, mb_operator op, mb_type type, int64_t n_global,
                             const mb_value values[2], uint64_t seed,
                             mb_column **column) MB_MUST_CHECK;

// A pending bool column: a compared with b. Exact between all types; missing where one is.
// MB_EINVALID when the lengths differ. Not collective.
mb_status mb_expression_compare(mb_context *cx, mb_operator op, mb_column *a, mb_column *b,
                                mb_column **column) MB_MUST_CHECK;

// The same with a scalar of a type.
mb_status mb_expression_compare_scalar(mb_context *cx, mb_operator op, mb_column *a, mb_type type,
                                       mb_value scalar, mb_column **column) MB_MUST_CHECK;

// A pending bool column: logic on two bools, or on one for MB_NOT (b NULL). Not collective.
mb_status mb_expression_logic(mb_context *cx, mb_operator op, mb_column *a, mb_column *b,
                              mb_column **column) MB_MUST_CHECK;

// A pending column: the rows of `a` where `mask` is true. Each rank keeps those that `natural` says
// (counted by the caller from the mask); the result is laid out evenly where that is too skewed.
// Not collective.
mb_status mb_expression_filter(mb_context *cx, mb_column *a, mb_column *mask, mb_layout *natural,
                               mb_column **column) MB_MUST_CHECK;
