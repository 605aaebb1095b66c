// Programs: expressions compiled to steps over blocks of rows. For the files of this folder.
#pragma once

#include "expr/evaluate.h"
#include "expr/kernels.h"
#include "expr/scalar.h"

enum {
    MB_STEP_ROWS = MB_KERNEL_CALL_ROWS, // of a block that steps compute, so that what passes
                                        // between them stays in the first-level cache
    MB_STEP_WORDS = MB_STEP_ROWS / 64,  // of its validity
    MB_STEP_BYTES = MB_STEP_ROWS * 8 + MB_ALIGNMENT, // of what a step keeps of both
};
MB_WHOLE_WORDS(MB_STEP_ROWS);

typedef enum mb_step_kind {
    MB_STEP_LEAF,    // points into a column
    MB_STEP_FIXED,   // a constant, written once
    MB_STEP_KERNEL,  // an operator's loop
    MB_STEP_WIDEN,   // stored values to 64 bits
    MB_STEP_TEST,    // a comparison with a scalar, on the stored width
    MB_STEP_MISSING, // whether rows are missing
    MB_STEP_CALL,    // a registered kernel
} mb_step_kind;

typedef struct mb_program_step {
    mb_step_kind kind;
    mb_column *column;         // owned; whose values these are
    mb_expression *expression; // owned; that of the column when it was compiled, or NULL
    mb_kind as;                // of the values: the column's, or what they were converted to
    mb_column *leaf;           // owned; of MB_STEP_LEAF, in the program's layout
    mb_kernel *kernel;
    mb_kernel *map_valid; // of MB_MAP: the loop that maps to in[2], whether each is there; or NULL
    bool (*check)(const mb_arguments *at, uint8_t *bad); // of rows that fail, or NULL
    mb_scalar_test test;
    mb_operator logic; // MB_AND or MB_OR of bools, where a value may decide alone; else MB_CONSTANT
    int nargs, args[MB_MOST_OPERANDS]; // steps before this one
    int slot;                          // of the scratch memory; -1: none
    bool bounded;                      // integers and bools are known to be low .. high
    mb_int128 low, high;
    mb_arguments at;
    mb_block block; // what it has computed
} mb_program_step;

// What a program is for.
typedef enum mb_purpose {
    MB_STREAM, // all rows, for an operation: what was asked for before is computed and kept instead
    MB_KEEP,   // all rows of one column, which is about to get them as its values
    MB_GLANCE, // some rows, after which all is as before
} mb_purpose;

// Gives a pending column its values; nothing for others. Inside a body, collective.
typedef mb_status mb_materialiser(mb_context *cx, mb_column *column);

typedef struct mb_program {
    mb_context *cx;
    mb_layout *layout; // of the first root
    int64_t first_row; // of this rank
    const mb_kernels *kernels;
    const mb_operator_kernels *operators;
    const mb_math_kernels *math;
    const mb_time_kernels *time;
    mb_purpose purpose;
    mb_materialiser *materialise; // gives columns that become leaves their values
    uint64_t consumer;            // identity of the root that is compiled
    int nsteps, room;
    mb_program_step *steps;
    int nroots, roots[MB_MOST_ROOTS];
    void *scratch;
    int share;      // lines of the next block's leaves that each step asks for
    int ahead_leaf; // the leaf that it goes on with, and the byte
    int64_t ahead_byte;
    uint8_t bad[MB_STEP_ROWS];
    mb_kernel_block call; // of the registered kernel that is called
} mb_program;

// Compiles columns; see mb_evaluate. The program is the caller's to close whatever the status.
// Inside a body, collective.
mb_status mb_program_compile(mb_program *program, mb_column *const *columns, int ncolumns,
                             mb_purpose purpose, mb_materialiser *materialise) MB_MUST_CHECK;

// Gives the steps of a compiled program their scratch memory, and constants their values.
mb_status mb_program_place(mb_program *program) MB_MUST_CHECK;

// Computes rows first .. first + n - 1 of this rank.
mb_status mb_program_run(mb_program *program, int64_t first, int64_t n,
                         mb_block *blocks) MB_MUST_CHECK;

void mb_program_close(mb_program *program);

// Sets the range of a sum, difference or product of integers; unbounded where it may wrap.
void mb_bound_result(mb_operator op, const mb_program_step *a, const mb_program_step *b,
                     mb_program_step *result);

// Whether a result is known to fit 4 bytes, from 0 or a base of its own; then sets that.
bool mb_fits_narrow(mb_program_step *result);

// Whether the base of narrow integers has too many bits for exact sums of doubles.
static inline bool mb_beyond_doubles(mb_kind kind, uint64_t base)
{
    const int64_t limit = INT64_C(1) << 52;
    return mb_integer(kind, base) > limit || mb_integer(kind, base) < -limit;
}

_Static_assert(MB_STEP_WORDS * 8 <= MB_ALIGNMENT, "the validity of a step fits its scratch");

// Whether a step points into an array of a host, behind which nothing may be read.
static inline bool mb_step_shares(const mb_program_step *step)
{
    return step->kind == MB_STEP_LEAF && step->leaf->values.buffer->shared;
}

// The scratch memory of a step: MB_STEP_ROWS values, then MB_STEP_WORDS words of validity.
static inline void *mb_step_values(const mb_program *program, const mb_program_step *step)
{
    return (char *)program->scratch + (size_t)step->slot * MB_STEP_BYTES;
}

static inline uint64_t *mb_step_validity(const mb_program *program, const mb_program_step *step)
{
    return (uint64_t *)mb_step_values(program, step) + MB_STEP_ROWS;
}
