// Programs: an expression compiled to steps, evaluated a block of rows at a time.
//
// A block is a few hundred rows, so that what passes between steps stays in the first-level cache.
// A program whose root has values already hands out larger blocks that point into them.
#pragma once

#include <stdint.h>

#include "expr/expression.h"
#include "expr/kernels.h"

typedef struct mb_program mb_program;

// Rows of a block as they are stored: value i is base + values[i] for narrow integers.
typedef struct mb_block {
    const void *values;
    mb_form form;
    uint64_t base;
    const uint64_t *validity; // bit i: row i of the block is there; NULL: all are
} mb_block;

// Compiles the values of a column, of this rank's rows. Pending operands that were asked for before
// are materialised, and those laid out differently moved. Inside a body, collective.
mb_status mb_program_open(mb_context *cx, mb_column *column, mb_program **program) MB_MUST_CHECK;

// Most rows of a block; blocks begin at multiples of it.
int64_t mb_program_block_rows(const mb_program *program);

// Evaluates rows first .. first + n - 1 of this rank; valid until the next call. Not collective.
void mb_program_block(mb_program *program, int64_t first, int64_t n, mb_block *block);

void mb_program_close(mb_program *program);

// Gives a pending column its values; nothing for others. Inside a body, collective.
mb_status mb_materialise(mb_context *cx, mb_column *column) MB_MUST_CHECK;

// A column of the same values in another layout of the same length: itself when it is laid out so.
// Inside a body, collective. The column must have values.
mb_status mb_realign(mb_context *cx, mb_column *column, mb_layout *layout,
                     mb_column **result) MB_MUST_CHECK;

// The form of stored values.
mb_form mb_form_of(mb_type type, int width);

// Bytes of a value of a form.
int mb_form_width(mb_form form);

// Rows of a block that are there, to the front of `out` (room for n values); returns how many, and
// makes `block` point to them. Nothing moves when none is missing.
int64_t mb_block_compact(const mb_kernels *kernels, mb_block *block, int64_t n, void *out);

// Values as 64 bits (integers with their base, floats as doubles), into `out` unless they are so
// already; returns where they are. Bools become 0 and 1.
const void *mb_block_widen(const mb_kernels *kernels, const mb_block *block, int64_t n, void *out);
