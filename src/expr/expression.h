// Expressions: what a pending column will be. A directed acyclic graph of element-wise operators
// over leaves; nothing runs until an operation needs values.
//
// A node is immutable and shared by reference counts. Its operands are columns, so that a pending
// one that several expressions use is materialised once, for all of them. A scalar operand is a
// constant column.
#pragma once

#include <stdint.h>

#include "column/column.h"
#include "expr/registered.h"
#include "types/operator.h"

// A value for each of the integers 0 .. n - 1, n >= 1, the same on all ranks.
typedef struct mb_map {
    int64_t n;
    int width; // of values as they are stored, from 0: as in a column of the result's type
    mb_buffer *values;
    mb_buffer *valid; // a byte for each, 0 where it is missing; NULL: none is
} mb_map;

typedef struct mb_expression {
    int references;
    mb_operator op;
    mb_kind as;                            // what the operands are brought to
    mb_column *operands[MB_MOST_OPERANDS]; // NULL where there is none
    mb_value value[2];
    uint64_t seed;
    mb_map map;                  // of MB_MAP
    const mb_registered *called; // of MB_CALL; the runtime's
    mb_layout *natural; // of MB_FILTER: each rank keeps its own rows; the column's may be levelled
    int depth;          // of the graph below, through pending columns
    char *site;         // the script line of an operator that may fail, or NULL

    uint64_t first_consumer; // identity of the first column that was computed from this one, or 0
    mb_tentative consumed;   // the change that set it
    int64_t rows_read;       // that were computed without the others, to be read
} mb_expression;

// Keeps an expression, and so its operands, past the moment when its column gets its values.
mb_expression *mb_expression_retain(mb_expression *expression);
void mb_expression_release(mb_expression *expression);

// A pending column of n rows from a leaf. `values` as the operator says. Not collective.
mb_status mb_expression_leaf(mb_context *cx, mb_operator op, const mb_type *type, int64_t n_global,
                             const mb_value values[2], uint64_t seed,
                             mb_column **column) MB_MUST_CHECK;

// One scalar for each row of a column: a constant column, of missing rows when `value` is NULL.
mb_status mb_expression_scalar(mb_context *cx, const mb_column *like, const mb_type *type,
                               const mb_value *value, mb_column **column) MB_MUST_CHECK;

// A pending column: the operator applied to as many operands as it takes. Missing where an operand
// is, but for MB_WHERE (its condition or the side it takes) and MB_IS_MISSING. `site` is the script
// line that errors of single rows name, or NULL. Times and durations of several units are brought
// to the finest. MB_EINVALID when types or lengths do not go together. Not collective.
mb_status mb_expression_apply(mb_context *cx, mb_operator op, mb_column *const *operands,
                              const char *site, mb_column **column) MB_MUST_CHECK;

// The same of a column and a scalar of a type, without a site. Not collective.
mb_status mb_expression_apply_scalar(mb_context *cx, mb_operator op, mb_column *operand,
                                     const mb_type *type, mb_value value,
                                     mb_column **column) MB_MUST_CHECK;

// As mb_expression_apply, of operands of one unit. Not collective.
mb_status mb_expression_combine(mb_context *cx, mb_operator op, mb_column *const *operands,
                                const char *site, mb_column **column) MB_MUST_CHECK;

// A column as another type; the column itself when it has it. Floats are truncated; a value that
// the type does not hold is an error of its row, or with `wrap` taken modulo 2^64 (0 for NaN and
// infinities). Not collective.
mb_status mb_expression_cast(mb_context *cx, mb_column *operand, const mb_type *type, bool wrap,
                             const char *site, mb_column **column) MB_MUST_CHECK;

// A float column rounded to so many decimals (below 0: to tens, hundreds, ...): the doubles nearest
// to the decimal numbers nearest to the values, half to even. Not collective.
mb_status mb_expression_round(mb_context *cx, mb_column *operand, int64_t decimals,
                              mb_column **column) MB_MUST_CHECK;

// A registered kernel, element-wise, of a column for each of its inputs: constant ones for scalars.
// Missing as the kernel says. MB_EINVALID when types or lengths do not go together. Not collective.
mb_status mb_expression_call(mb_context *cx, const mb_registered *kernel,
                             mb_column *const *operands, const char *site,
                             mb_column **column) MB_MUST_CHECK;

// A column of the values that a table has for the integers of `operand`, missing where these are.
// Others than 0 .. n - 1 take that of n - 1. References to the buffers are taken. Not collective.
mb_status mb_expression_map(mb_context *cx, mb_column *operand, const mb_map *map,
                            const mb_type *type, mb_column **column) MB_MUST_CHECK;

// A column of times or durations in another unit: MB_EOVERFLOW for rows that do not fit a finer
// one, rounded down for a coarser one. The column itself when it has the unit. Not collective.
mb_status mb_expression_in_unit(mb_context *cx, mb_column *operand, int unit, const char *site,
                                mb_column **column) MB_MUST_CHECK;

// MB_MULTIPLE and MB_FIELD, of times or durations; `seed` is the rounding. The type is the
// operand's, or int of parts. Not collective.
mb_status mb_expression_of_time(mb_context *cx, mb_operator op, mb_column *operand,
                                const mb_value values[2], uint64_t seed, const char *site,
                                mb_column **column) MB_MUST_CHECK;

// A pending column: the rows of `a` where `mask` is true. Each rank keeps those that `natural` says
// (counted by the caller from the mask); the result is laid out evenly where that is too skewed.
// Not collective.
mb_status mb_expression_filter(mb_context *cx, mb_column *a, mb_column *mask, mb_layout *natural,
                               mb_column **column) MB_MUST_CHECK;

// What a pending column will be, a line for each step: calls `tell` with the text of each. Not
// collective.
void mb_expression_explain(mb_column *column, void (*tell)(void *state, const char *line),
                           void *state);
