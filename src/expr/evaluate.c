#include "expr/evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "column/storage.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "expr/scalar.h"

enum {
    ROWS = 512, // of a block that steps compute
    VALID_WORDS = ROWS / 64,
    MOST_STEPS = 128,
};

typedef struct instruction {
    const mb_column *column; // which it computes
    mb_column *leaf;         // owned: has values; else:
    mb_operator op;
    mb_scalar_test test; // a comparison with a scalar, on the stored width
    int a, b;            // steps of the operands, -1 where there is none
    mb_value value[2];
    uint64_t seed;
    mb_block block; // what it has computed
    char *scratch;  // ROWS words, then VALID_WORDS for validity
} instruction;

typedef struct program {
    mb_context *cx;
    const mb_kernels *kernels;
    mb_buffer *scratch;
    int64_t first_row; // of this rank
    int nsteps;
    instruction steps[MOST_STEPS];
    int nroots;
    int roots[MB_MOST_ROOTS]; // steps whose blocks are handed out
    uint64_t wide[2][ROWS];
} program;

mb_form mb_form_of(mb_type type, int width)
{
    if (type == MB_FLOAT) return width == 4 ? MB_F32 : MB_F64;
    switch (width) {
    case 1: return MB_U8;
    case 2: return MB_U16;
    case 4: return MB_U32;
    default: return type == MB_INT ? MB_I64 : MB_U64;
    }
}

int mb_form_width(mb_form form)
{
    static const int widths[MB_FORMS] = {1, 2, 4, 8, 8, 4, 8};
    return widths[form];
}

static int find_step(const program *program, const mb_column *column)
{
    for (int i = 0; i < program->nsteps; i++)
        if (program->steps[i].column == column) return i;
    return -1;
}

static mb_status add_leaf(program *program, mb_column *column, mb_layout *layout)
{
    instruction *leaf = &program->steps[program->nsteps];
    mb_status status = mb_realign(program->cx, column, layout, &leaf->leaf);
    if (status) return status;
    leaf->column = column;
    leaf->block.form = mb_form_of(column->type, leaf->leaf->width);
    leaf->block.base = leaf->leaf->base;
    program->nsteps++;
    return MB_OK;
}

static mb_form computed_form(mb_type type)
{
    return mb_form_of(type, type == MB_BOOL ? 1 : 8);
}

static void add_step(program *program, const mb_column *column, int a, int b)
{
    const mb_expression *expression = column->expression;
    instruction *made = &program->steps[program->nsteps++];
    made->column = column;
    made->op = expression->op;
    made->a = a;
    made->b = b;
    made->seed = expression->seed;
    memcpy(made->value, expression->value, sizeof made->value);
    made->block.form = computed_form(column->type);
    bool compares = made->op >= MB_EQ && made->op <= MB_GE;
    if (compares && b < 0) {
        const mb_block *operand = &program->steps[a].block;
        made->test = mb_scalar_test_of((int)(made->op - MB_EQ), program->steps[a].column->type,
                                       operand->form, operand->base, expression->value_type,
                                       expression->value[0]);
    }
}

// Whether an operand becomes a leaf: it has values, or somebody asked for them before, or it is no
// element-wise expression, or the program is long enough.
static bool ends_here(const program *program, const mb_column *column)
{
    return !mb_column_pending(column) || column->uses > 0 || column->expression->op == MB_FILTER ||
           program->nsteps > MOST_STEPS / 2;
}

static mb_status compile(program *program, mb_column *column, mb_layout *layout, int *index)
{
    int below[2] = {-1, -1};
    mb_status status = MB_OK;
    *index = find_step(program, column);
    if (*index >= 0) return MB_OK;
    if (ends_here(program, column) || !mb_layout_equal(column->layout, layout)) {
        status = mb_materialise(program->cx, column);
        if (!status) status = add_leaf(program, column, layout);
    } else {
        for (int i = 0; i < 2 && !status; i++)
            if (column->expression->operands[i])
                status = compile(program, column->expression->operands[i], layout, &below[i]);
        if (!status) add_step(program, column, below[0], below[1]);
    }
    *index = program->nsteps - 1;
    return status;
}

static mb_status place_scratch(program *program)
{
    const size_t size = (ROWS + VALID_WORDS) * sizeof(uint64_t);
    mb_status status = mb_buffer_new_array(program->cx, program->nsteps, size, &program->scratch);
    if (status) return status;
    for (int i = 0; i < program->nsteps; i++)
        program->steps[i].scratch = (char *)program->scratch->data + (size_t)i * size;
    return MB_OK;
}

static mb_status compile_all(program *program, mb_column *const *columns, int ncolumns)
{
    mb_status status = MB_OK;
    program->nroots = ncolumns;
    for (int i = 0; i < ncolumns && !status; i++)
        status = compile(program, columns[i], columns[0]->layout, &program->roots[i]);
    for (int i = 0; i < ncolumns && !status; i++)
        columns[i]->uses++;
    return status ? status : place_scratch(program);
}

static bool any_communication(mb_column *const *columns, int ncolumns)
{
    bool any = false;
    for (int i = 0; i < ncolumns; i++)
        any = any || mb_column_pending(columns[i]) ||
              !mb_layout_equal(columns[i]->layout, columns[0]->layout);
    return any;
}

static mb_status open_program(mb_context *cx, mb_column *const *columns, int ncolumns,
                              program **opened)
{
    mb_status status = MB_OK;
    program *made = calloc(1, sizeof *made);
    if (!made) status = mb_fail(cx, MB_EMEMORY, "out of memory for a program");
    // The walk below may communicate, so all begin it or none.
    if (any_communication(columns, ncolumns)) status = mb_step(cx, status, NULL);
    if (status) return status;
    made->cx = cx;
    made->kernels = mb_kernels_of(cx->isa);
    made->first_row = columns[0]->layout->start[mb_rank(cx)];
    *opened = made;
    return compile_all(made, columns, ncolumns);
}

static void close_program(program *program)
{
    if (!program) return;
    for (int i = 0; i < program->nsteps; i++)
        mb_column_release(program->steps[i].leaf);
    mb_buffer_release(program->scratch);
    free(program);
}

static int64_t block_rows(const program *program)
{
    for (int i = 0; i < program->nroots; i++)
        if (!program->steps[program->roots[i]].leaf) return ROWS;
    return MB_BLOCK_ROWS;
}

const void *mb_block_widen(const mb_kernels *kernels, const mb_block *block, int64_t n, void *out)
{
    if (mb_form_width(block->form) == 8) return block->values;
    kernels->widen[block->form](block->values, n, block->base, out);
    return out;
}

int64_t mb_block_compact(const mb_kernels *kernels, mb_block *block, int64_t n, void *out)
{
    uint8_t there[MB_BLOCK_ROWS];
    if (!block->validity) return n;
    mb_validity_bytes(block->validity, n, there);
    int width = mb_form_width(block->form), index = mb_width_index(width);
    n = kernels->compress[index](block->values, there, n, out);
    block->values = out;
    block->validity = NULL;
    return n;
}

static void run_leaf(instruction *step, int64_t first)
{
    const mb_column *column = step->leaf;
    step->block.values = (const char *)column->values + first * column->width;
    step->block.validity =
        column->validity ? (const uint64_t *)column->validity->data + first / 64 : NULL;
}

// A row of the result is there when it is in both operands.
static void join_validity(instruction *step, const mb_block *a, const mb_block *b)
{
    const uint64_t *left = a ? a->validity : NULL, *right = b ? b->validity : NULL;
    if (!left || !right) {
        step->block.validity = left ? left : right;
        return;
    }
    uint64_t *words = (uint64_t *)(void *)(step->scratch + ROWS * sizeof(uint64_t));
    for (int i = 0; i < VALID_WORDS; i++)
        words[i] = left[i] & right[i];
    step->block.validity = words;
}

static void run_compare(program *program, instruction *step, const mb_block *a, const mb_block *b,
                        int64_t n)
{
    static const mb_pair pairs[3][3] = {
        {MB_II, MB_IU, MB_IF}, {MB_IU, MB_UU, MB_UF}, {MB_IF, MB_UF, MB_FF}};
    static const int mirrored[MB_COMPARISONS] = {0, 1, 4, 5, 2, 3};
    const mb_kernels *kernels = program->kernels;
    mb_type types[2] = {program->steps[step->a].column->type, program->steps[step->b].column->type};
    int kinds[2], comparison = (int)(step->op - MB_EQ);
    for (int i = 0; i < 2; i++)
        kinds[i] = types[i] == MB_FLOAT ? 2 : types[i] == MB_UINT ? 1 : 0;
    const void *x = mb_block_widen(kernels, a, n, program->wide[0]);
    const void *y = mb_block_widen(kernels, b, n, program->wide[1]);
    if (kinds[0] > kinds[1]) {
        const void *swap = x;
        x = y;
        y = swap;
        comparison = mirrored[comparison];
    }
    kernels->compare[comparison][pairs[kinds[0]][kinds[1]]](x, y, n, (uint8_t *)step->scratch);
}

static void run_scalar_test(const mb_kernels *kernels, instruction *step, const mb_block *a,
                            int64_t n)
{
    if (step->test.always)
        memset(step->scratch, step->test.always > 0, (size_t)n);
    else
        kernels->compare_scalar[step->test.comparison][a->form](a->values, step->test.bound, n,
                                                                (uint8_t *)step->scratch);
}

static void fill_constant(instruction *step, int64_t n)
{
    if (step->block.form == MB_U8) {
        memset(step->scratch, step->value[0].b, (size_t)n);
        return;
    }
    uint64_t *words = (uint64_t *)(void *)step->scratch;
    for (int64_t i = 0; i < n; i++)
        words[i] = step->value[0].bits;
}

static void run_step(program *program, instruction *step, int64_t first, int64_t n)
{
    const mb_kernels *kernels = program->kernels;
    const mb_block *a = step->a >= 0 ? &program->steps[step->a].block : NULL;
    const mb_block *b = step->b >= 0 ? &program->steps[step->b].block : NULL;
    uint8_t *bytes = (uint8_t *)step->scratch;
    uint64_t *words = (uint64_t *)(void *)step->scratch;
    int64_t row = program->first_row + first;
    step->block.values = step->scratch;
    join_validity(step, a, b);
    switch (step->op) {
    case MB_CONSTANT: fill_constant(step, n); break;
    case MB_SEQUENCE:
        kernels->sequence(step->value[0].u + (uint64_t)row * step->value[1].u, step->value[1].u, n,
                          words);
        break;
    case MB_RANDOM:
        kernels->random(step->seed, row, step->value[0].u, step->value[1].u, n, words);
        break;
    case MB_AND: kernels->both(a->values, b->values, n, bytes); break;
    case MB_OR: kernels->either(a->values, b->values, n, bytes); break;
    case MB_XOR: kernels->differ(a->values, b->values, n, bytes); break;
    case MB_NOT: kernels->negate(a->values, n, bytes); break;
    default:
        if (b)
            run_compare(program, step, a, b, n);
        else
            run_scalar_test(kernels, step, a, n);
    }
}

static void run_steps(program *program, int64_t first, int64_t n, mb_block *blocks)
{
    for (int i = 0; i < program->nsteps; i++) {
        instruction *step = &program->steps[i];
        if (step->leaf)
            run_leaf(step, first);
        else
            run_step(program, step, first, n);
    }
    for (int i = 0; i < program->nroots; i++)
        blocks[i] = program->steps[program->roots[i]].block;
}

mb_status mb_evaluate(mb_context *cx, mb_column *const *columns, int ncolumns, mb_take *take,
                      void *state)
{
    mb_block blocks[MB_MOST_ROOTS];
    program *program = NULL;
    mb_status status = open_program(cx, columns, ncolumns, &program);
    int64_t rows = mb_column_rows(columns[0]), most = status ? 1 : block_rows(program);
    for (int64_t first = 0; first < rows && !status; first += most) {
        int64_t n = rows - first < most ? rows - first : most;
        run_steps(program, first, n, blocks);
        status = take(state, blocks, first, n);
    }
    close_program(program);
    return status;
}
