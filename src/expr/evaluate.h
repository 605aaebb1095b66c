// Evaluation: expressions compiled to steps, evaluated a block of rows at a time.
//
// A block is a few hundred rows, so that what passes between steps stays in the first-level cache.
// Columns that all have values already are handed out in larger blocks that point into them.
#pragma once

#include <stdint.h>

#include "expr/expression.h"
#include "expr/kernels.h"

// Rows of a block as they are stored: value i is base + values[i] for narrow integers.
typedef struct mb_block {
    const void *values;
    mb_form form;
    uint64_t base;
    const uint64_t *validity; // bit i: row i of the block is there; NULL: all are
} mb_block;

// Whether row i of a block is there.
static inline bool mb_block_valid(const mb_block *block, int64_t i)
{
    return !block->validity || block->validity[i / 64] >> (i % 64) & 1;
}

// Takes rows first .. first + n - 1 of this rank: a block for each column that is evaluated. What
// the blocks point to is valid until the call returns.
typedef mb_status mb_take(void *state, const mb_block *blocks, int64_t first, int64_t n);

enum {
    MB_BLOCK_ROWS = 8192, // most rows of a block
    MB_MOST_ROOTS = 16,   // most columns that are evaluated together
};
MB_WHOLE_WORDS(MB_BLOCK_ROWS);

// Streams this rank's rows of columns of one length through `take`, in order, a block at a time;
// blocks begin at multiples of 64 rows. The columns are laid out as the first one is: others are
// moved. Pending operands that other operations asked for before are given their values, while
// there is memory. The status is this rank's own (that of `take`, or an error in a row): agree on
// it next. Inside a body, collective.
mb_status mb_evaluate(mb_context *cx, mb_column *const *columns, int ncolumns, mb_take *take,
                      void *state) MB_MUST_CHECK;

// Streams n local rows of a column from `first` on, a multiple of 64; the others are not computed,
// and the column stays as it is. The status is this rank's own: agree on it next. Inside a body,
// collective.
mb_status mb_evaluate_some(mb_context *cx, mb_column *column, int64_t first, int64_t n,
                           mb_take *take, void *state) MB_MUST_CHECK;

// The value of a column of one row that is made of scalars alone; not `there` when it is missing.
// Not collective.
mb_status mb_evaluate_scalar(mb_column *column, mb_value *value, bool *there) MB_MUST_CHECK;

// Gives a pending column its values; nothing for others. Inside a body, collective.
mb_status mb_materialise(mb_context *cx, mb_column *column) MB_MUST_CHECK;

// Gives a column values, and another layout of the same length where it differs. Inside a body,
// collective.
mb_status mb_settle(mb_context *cx, mb_column *column, mb_layout *layout,
                    mb_column **settled) MB_MUST_CHECK;

// Rows of a stored column from a local one on, a multiple of 64 unless the validity is not used.
mb_block mb_block_of(const mb_column *column, int64_t first);

// The form of stored values.
mb_form mb_form_of(mb_kind kind, int width);

// Bytes of a value of a form.
int mb_form_width(mb_form form);

// Rows of a block that are there, to the front of `out` (room for n values); returns how many, and
// makes `block` point to them. Nothing moves when none is missing.
int64_t mb_block_compact(const mb_kernels *kernels, mb_block *block, int64_t n, void *out);

// Values as 64 bits (integers with their base, floats as doubles), into `out` unless they are so
// already; returns where they are. Bools become 0 and 1.
const void *mb_block_widen(const mb_kernels *kernels, const mb_block *block, int64_t n, void *out);

// The same as doubles: integers rounded to the nearest. `type` is the column's.
const double *mb_block_doubles(mb_isa isa, mb_kind kind, const mb_block *block, int64_t n,
                               double *out);
