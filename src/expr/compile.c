// From a graph of pending columns to the steps of a program.

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "column/realign.h"
#include "column/storage.h"
#include "comm/comm.h"
#include "expr/program.h"

// Past so many steps operands are materialised.
enum { MANY_STEPS = 64 };

// Functions of the row number are computed anew each time: that takes less than to read them.
static bool is_leaf(const mb_column *column)
{
    return mb_column_pending(column) && mb_operator_arity(column->expression->op) == 0;
}

static mb_form whole_form(mb_kind kind)
{
    return mb_form_of(kind, mb_kind_width(kind));
}

static bool is_narrow(mb_form form)
{
    return form == MB_U8 || form == MB_U16 || form == MB_U32;
}

// Adds a step, which the caller completes; `as` is the kind of its values, in 64 bits or a byte.
static mb_status add_step(mb_program *program, mb_step_kind kind, mb_column *column, mb_kind as,
                          int *index)
{
    if (program->nsteps == program->room) {
        int room = program->room ? 2 * program->room : 16;
        mb_program_step *steps =
            mb_reallocate(program->cx, program->steps, (size_t)room, sizeof *steps);
        if (!steps) return MB_EMEMORY;
        program->steps = steps;
        program->room = room;
    }
    mb_program_step *step = &program->steps[program->nsteps];
    memset(step, 0, sizeof *step);
    step->kind = kind;
    step->column = mb_column_retain(column);
    step->expression = mb_expression_retain(column->expression);
    step->as = as;
    step->block.form = whole_form(as);
    step->slot = -1;
    step->bounded = as == MB_BOOL;
    step->high = 1;
    *index = program->nsteps++;
    return MB_OK;
}

static void set_args(mb_program_step *step, int nargs, const int *args)
{
    step->nargs = nargs;
    for (int i = 0; i < nargs; i++)
        step->args[i] = args[i];
}

// The step with a column's values as `as`: as they are stored, if `stored`, else in 64 bits.
static int find_step(const mb_program *program, const mb_column *column, mb_kind as, bool stored)
{
    for (int i = 0; i < program->nsteps; i++) {
        const mb_program_step *step = &program->steps[i];
        bool whole = step->block.form == whole_form(as);
        if (step->column == column && step->as == as && (stored || whole)) return i;
    }
    return -1;
}

static mb_status add_leaf(mb_program *program, mb_column *column, int *index)
{
    mb_column *leaf;
    mb_status status = mb_column_realign(program->cx, column, program->layout, &leaf);
    if (status) return status;
    status = add_step(program, MB_STEP_LEAF, column, column->type->kind, index);
    if (status) {
        mb_column_release(leaf);
        return status;
    }
    mb_program_step *step = &program->steps[*index];
    step->leaf = leaf;
    step->block.form = mb_form_of(column->type->kind, leaf->values.width);
    step->block.base = leaf->values.base;
    if (leaf->facts.bounded && mb_kind_is_integer(column->type->kind)) {
        step->bounded = true;
        step->low = mb_integer(column->type->kind, leaf->facts.range.minimum);
        step->high = mb_integer(column->type->kind, leaf->facts.range.maximum);
    }
    return MB_OK;
}

static mb_status add_kernel(mb_program *program, mb_kernel *kernel, mb_column *column, mb_kind as,
                            int nargs, const int *args, int *index)
{
    mb_status status = add_step(program, MB_STEP_KERNEL, column, as, index);
    if (status) return status;
    mb_program_step *step = &program->steps[*index];
    step->kernel = kernel;
    set_args(step, nargs, args);
    for (int i = 0; i < nargs; i++)
        step->at.base[i] = program->steps[args[i]].block.base;
    return MB_OK;
}

static mb_value cast_value(const mb_program *program, mb_value value, mb_kind from, mb_kind to)
{
    mb_value in[MB_BLOCK_LANES] = {value}, out[MB_BLOCK_LANES] = {{0}};
    mb_arguments at = {.in = {in}, .n = 1, .out = out};
    if (from == to) return value;
    program->operators->cast[from][to](&at);
    return out[0];
}

static mb_status compile(mb_program *program, mb_column *column, int *index);

// A step has the values of another one.
static void keep_bounds(mb_program_step *step, const mb_program_step *from)
{
    step->bounded = from->bounded;
    step->low = from->low;
    step->high = from->high;
}

// From stored integers, bools or 4-byte floats to 64 bits of the same kind, or integers of bools.
static mb_status widen(mb_program *program, int from, mb_kind as, int *index)
{
    mb_status status = add_step(program, MB_STEP_WIDEN, program->steps[from].column, as, index);
    if (status) return status;
    mb_program_step *step = &program->steps[*index];
    const mb_program_step *narrow = &program->steps[from];
    set_args(step, 1, &from);
    if (narrow->as == as) keep_bounds(step, narrow);
    return MB_OK;
}

static mb_status convert_to_float(mb_program *program, int from, int *index)
{
    mb_status status;
    const mb_program_step *step = &program->steps[from];
    mb_form form = step->block.form;
    if (is_narrow(form) && mb_beyond_doubles(step->as, step->block.base)) {
        form = mb_form_of(step->as, 8);
        status = widen(program, from, step->as, &from);
        if (status) return status;
    }
    return add_kernel(program, program->operators->to_float[form], program->steps[from].column,
                      MB_FLOAT, 1, &from, index);
}

static mb_status convert_scalar(mb_program *program, int from, mb_kind as, int *index)
{
    mb_program_step scalar = program->steps[from];
    mb_value value = cast_value(program, scalar.at.value[0], scalar.as, as);
    mb_status status = add_step(program, MB_STEP_FIXED, scalar.column, as, index);
    if (status) return status;
    mb_program_step *step = &program->steps[*index];
    step->at.value[0] = value;
    if (as == scalar.as) keep_bounds(step, &scalar);
    return MB_OK;
}

// A column's values as `as`, in 64 bits or a byte.
static mb_status compile_as(mb_program *program, mb_column *column, mb_kind as, int *index)
{
    int stored;
    mb_status status = compile(program, column, &stored);
    if (status) return status;
    const mb_program_step *step = &program->steps[stored];
    *index = find_step(program, step->column, as, false);
    if (*index >= 0) return MB_OK;
    if (step->kind == MB_STEP_FIXED) return convert_scalar(program, stored, as, index);
    if (as == MB_FLOAT && step->as != MB_FLOAT) return convert_to_float(program, stored, index);
    return widen(program, stored, as, index);
}

// Integers are zeros from the base that they are, so that they are as narrow as can be.
static mb_status compile_fixed(mb_program *program, mb_column *column, int *index)
{
    mb_status status = add_step(program, MB_STEP_FIXED, column, column->type->kind, index);
    if (status) return status;
    mb_program_step *step = &program->steps[*index];
    step->at.value[0] = column->expression->value[0];
    if (mb_kind_is_integer(column->type->kind)) {
        step->block.form = MB_U8;
        step->block.base = step->at.value[0].u;
        step->bounded = true;
        step->low = step->high = mb_integer(column->type->kind, step->block.base);
    }
    return MB_OK;
}

static mb_status compile_leaf(mb_program *program, mb_column *column, int *index)
{
    const mb_expression *expression = column->expression;
    mb_kernel *kernel = program->operators->apply[expression->op][column->type->kind];
    mb_status status = add_kernel(program, kernel, column, column->type->kind, 0, NULL, index);
    if (status) return status;
    mb_arguments *at = &program->steps[*index].at;
    memcpy(at->value, expression->value, sizeof at->value);
    at->seed = expression->seed;
    return MB_OK;
}

static mb_status compile_missing(mb_program *program, mb_column *column, int *index)
{
    int operand;
    mb_status status = compile(program, column->expression->operands[0], &operand);
    if (!status) status = add_step(program, MB_STEP_MISSING, column, MB_BOOL, index);
    if (!status) set_args(&program->steps[*index], 1, &operand);
    return status;
}

// Casts that cannot fail are conversions; the others work on 64 bits.
static mb_status compile_cast(mb_program *program, mb_column *column, int *index)
{
    const mb_expression *expression = column->expression;
    mb_column *operand = expression->operands[0];
    mb_kind from = operand->type->kind, to = column->type->kind;
    int arg;
    if (from == to) return compile(program, operand, index);
    if (to == MB_FLOAT || from == MB_BOOL) return compile_as(program, operand, to, index);
    mb_status status = compile_as(program, operand, from, &arg);
    if (status) return status;
    status = add_kernel(program, program->operators->cast[from][to], column, to, 1, &arg, index);
    if (!status && !expression->value[0].u)
        program->steps[*index].check = program->operators->bad_cast[from][to];
    return status;
}

// Values as they are stored in the table, by codes as they are stored.
static mb_status compile_map(mb_program *program, mb_column *column, int *index)
{
    const mb_map *map = &column->expression->map;
    int arg;
    mb_status status = compile(program, column->expression->operands[0], &arg);
    if (status) return status;
    mb_form form = program->steps[arg].block.form;
    mb_kernel *const *kernels = program->operators->map[form == MB_U64 ? MB_I64 : form];
    status = add_kernel(program, kernels[mb_width_index(map->width)], column, column->type->kind, 1,
                        &arg, index);
    if (status) return status;
    mb_program_step *step = &program->steps[*index];
    step->block.form = mb_form_of(column->type->kind, map->width);
    step->at.in[1] = map->values->data;
    step->at.base[1] = (uint64_t)map->n - 1;
    if (!map->valid) return MB_OK;
    step->at.in[2] = map->valid->data;
    step->map_valid = kernels[0];
    return MB_OK;
}

// Values in 64 bits, or a byte, of the types in the kernel's signature.
static mb_status compile_call(mb_program *program, mb_column *column, int *index)
{
    const mb_expression *expression = column->expression;
    const mb_registered *kernel = expression->called;
    int args[MB_MOST_OPERANDS];
    for (int i = 0; i < kernel->ninputs; i++) {
        mb_status status =
            compile_as(program, expression->operands[i], kernel->inputs[i].kind, &args[i]);
        if (status) return status;
    }
    mb_status status = add_step(program, MB_STEP_CALL, column, kernel->result, index);
    if (!status) set_args(&program->steps[*index], kernel->ninputs, args);
    return status;
}

// Sums, differences and products of a type whose integers must fit, where the ranges of the
// operands do not prove that they do: rows are looked at, in 64 bits.
static mb_status check_integers(mb_program *program, mb_column *column, int *index)
{
    const mb_expression *expression = column->expression;
    int args[2];
    for (int i = 0; i < 2; i++) {
        mb_status status =
            compile_as(program, expression->operands[i], column->type->kind, &args[i]);
        if (status) return status;
    }
    int op = (int)(expression->op - MB_ADD);
    mb_kernel *kernel = program->operators->integer[op][MB_I64][MB_I64];
    mb_status status = add_kernel(program, kernel, column, column->type->kind, 2, args, index);
    if (!status) program->steps[*index].check = program->time->beyond[op];
    return status;
}

static int integer_form(const mb_program *program, int step)
{
    const mb_form form = program->steps[step].block.form;
    return (int)(form == MB_U64 ? MB_I64 : form);
}

// The operands as they are stored, and their forms; constants beside one of 64 bits in 64 bits,
// too, which saves the loop their widening.
static mb_status compile_stored(mb_program *program, const mb_column *column, int *args, int *forms)
{
    const mb_expression *expression = column->expression;
    for (int i = 0; i < 2; i++) {
        mb_status status = compile(program, expression->operands[i], &args[i]);
        if (status) return status;
        forms[i] = integer_form(program, args[i]);
    }
    for (int i = 0; i < 2; i++) {
        if (program->steps[args[i]].kind != MB_STEP_FIXED || forms[1 - i] != MB_I64) continue;
        const mb_kind as = program->steps[args[i]].as;
        mb_status status = compile_as(program, expression->operands[i], as, &args[i]);
        if (status) return status;
        forms[i] = integer_form(program, args[i]);
    }
    return MB_OK;
}

// Sums, differences and products of integers take their operands as they are stored, and are
// computed in 4 bytes where the ranges of the operands prove that this is enough.
static mb_status compile_integers(mb_program *program, mb_column *column, int *index)
{
    const mb_expression *expression = column->expression;
    int args[2], forms[2];
    mb_status status = compile_stored(program, column, args, forms);
    if (status) return status;
    mb_program_step bound = {.as = column->type->kind};
    mb_bound_result(expression->op, &program->steps[args[0]], &program->steps[args[1]], &bound);
    if (column->type->units && !bound.bounded) return check_integers(program, column, index);
    int op = (int)(expression->op - MB_ADD);
    mb_kernel *kernel = program->operators->integer[op][forms[0]][forms[1]];
    status = add_kernel(program, kernel, column, column->type->kind, 2, args, index);
    if (status) return status;
    mb_program_step *made = &program->steps[*index];
    made->bounded = bound.bounded;
    made->low = bound.low;
    made->high = bound.high;
    if (forms[0] == MB_I64 || forms[1] == MB_I64 || !mb_fits_narrow(made)) return MB_OK;
    made->kernel = program->operators->narrow[op][forms[0]][forms[1]];
    made->at.base[2] = made->block.base;
    return MB_OK;
}

static int mirrored(int comparison)
{
    return (int)(mb_operator_mirrored((mb_operator)(MB_EQ + comparison)) - MB_EQ);
}

static mb_status add_test(mb_program *program, mb_column *column, int comparison, int operand,
                          const mb_column *scalar, int *index)
{
    mb_status status = add_step(program, MB_STEP_TEST, column, MB_BOOL, index);
    if (status) return status;
    const mb_program_step *tested = &program->steps[operand];
    set_args(&program->steps[*index], 1, &operand);
    program->steps[*index].test =
        mb_scalar_test_of(comparison, tested->as, tested->block.form, tested->block.base,
                          scalar->type->kind, scalar->expression->value[0]);
    return MB_OK;
}

// Integers of one width and base are in the order of what is stored.
static bool alike(const mb_program_step *a, const mb_program_step *b)
{
    return a->block.form == b->block.form && is_narrow(a->block.form) &&
           a->block.base == b->block.base && (a->as == b->as || a->block.base == 0);
}

static mb_status add_comparison(mb_program *program, mb_column *column, int comparison,
                                mb_column *const *operands, int *index)
{
    static const mb_pair pairs[3][3] = {
        {MB_II, MB_IU, MB_IF}, {MB_IU, MB_UU, MB_UF}, {MB_IF, MB_UF, MB_FF}};
    mb_kind types[2] = {mb_kind_of_number(operands[0]->type->kind),
                        mb_kind_of_number(operands[1]->type->kind)};
    bool swapped = types[0] > types[1];
    int args[2];
    for (int i = 0; i < 2; i++) {
        mb_status status = compile_as(program, operands[i], types[i], &args[swapped ? 1 - i : i]);
        if (status) return status;
    }
    mb_pair pair = pairs[types[0] - MB_INT][types[1] - MB_INT];
    mb_kernel *kernel =
        program->operators->compare[swapped ? mirrored(comparison) : comparison][pair];
    return add_kernel(program, kernel, column, MB_BOOL, 2, args, index);
}

static mb_status compile_comparison(mb_program *program, mb_column *column, int *index)
{
    mb_column *const *operands = column->expression->operands;
    int comparison = (int)(column->expression->op - MB_EQ), args[2];
    for (int i = 0; i < 2; i++) {
        mb_status status = compile(program, operands[i], &args[i]);
        if (status) return status;
    }
    for (int i = 0; i < 2; i++)
        if (operands[i]->expression && operands[i]->expression->op == MB_CONSTANT)
            return add_test(program, column, i ? comparison : mirrored(comparison), args[1 - i],
                            operands[i], index);
    const mb_program_step *a = &program->steps[args[0]], *b = &program->steps[args[1]];
    if (!alike(a, b)) return add_comparison(program, column, comparison, operands, index);
    mb_kernel *kernel =
        program->operators->compare[comparison][MB_NARROW_PAIRS + (int)a->block.form];
    return add_kernel(program, kernel, column, MB_BOOL, 2, args, index);
}

// The kind that operand i of an expression is brought to.
static mb_kind operand_type(const mb_expression *expression, int i)
{
    if (expression->op == MB_WHERE && i == 0) return MB_BOOL;
    if (expression->op == MB_HASH && i == 0) return MB_UINT;
    return expression->as;
}

static mb_status compile_plain(mb_program *program, mb_column *column, int *index)
{
    const mb_expression *expression = column->expression;
    mb_operator op = expression->op;
    int args[MB_MOST_OPERANDS], nargs = mb_operator_arity(op);
    for (int i = 0; i < nargs; i++) {
        mb_status status =
            compile_as(program, expression->operands[i], operand_type(expression, i), &args[i]);
        if (status) return status;
    }
    mb_kernel *kernel = program->operators->apply[op][expression->as];
    if (!kernel) kernel = program->math->apply[op];
    mb_status status = add_kernel(program, kernel, column, column->type->kind, nargs, args, index);
    if (status) return status;
    memcpy(program->steps[*index].at.value, expression->value, sizeof expression->value);
    bool divides = (op == MB_FLOORDIV || op == MB_MOD) && expression->as != MB_FLOAT;
    if (divides) program->steps[*index].check = program->operators->zero_divisor;
    if ((op == MB_AND || op == MB_OR) && expression->as == MB_BOOL)
        program->steps[*index].logic = op;
    return MB_OK;
}

static mb_kernel *time_kernel(const mb_program *program, const mb_expression *expression)
{
    mb_kernel *const *fields = program->time->field;
    switch (expression->op) {
    case MB_RESCALE: return program->time->rescale;
    case MB_MULTIPLE: return program->time->multiple;
    default: return fields[expression->value[0].i];
    }
}

// Of integers in 64 bits; rows are checked unless their range tells that none fails.
static mb_status compile_time(mb_program *program, mb_column *column, int *index)
{
    const mb_expression *expression = column->expression;
    const mb_operator op = expression->op;
    int arg;
    int64_t low, high;
    mb_status status = compile_as(program, expression->operands[0], MB_INT, &arg);
    if (status) return status;
    status = add_kernel(program, time_kernel(program, expression), column, MB_INT, 1, &arg, index);
    if (status) return status;
    mb_program_step *step = &program->steps[*index];
    const mb_program_step *operand = &program->steps[arg];
    step->at.value[0] = expression->value[0];
    step->at.value[1] = expression->value[1];
    step->at.seed = expression->seed;
    if (op == MB_FIELD) {
        const mb_field field = (mb_field)expression->value[0].i;
        step->block.form = mb_field_form(field);
        step->block.base = (uint64_t)mb_field_base(field);
    }
    mb_time_limits(op, expression->value, &low, &high);
    const bool proven = operand->bounded && operand->low >= low && operand->high <= high;
    if (!proven && (low > INT64_MIN || high < INT64_MAX))
        step->check = program->time->outside[op - MB_RESCALE];
    return MB_OK;
}

static mb_status compile_expression(mb_program *program, mb_column *column, int *index)
{
    switch (column->expression->op) {
    case MB_CONSTANT:
    case MB_NULL: return compile_fixed(program, column, index);
    case MB_SEQUENCE:
    case MB_RANDOM: return compile_leaf(program, column, index);
    case MB_IS_MISSING: return compile_missing(program, column, index);
    case MB_CAST: return compile_cast(program, column, index);
    case MB_MAP: return compile_map(program, column, index);
    case MB_CALL: return compile_call(program, column, index);
    case MB_RESCALE:
    case MB_MULTIPLE:
    case MB_FIELD: return compile_time(program, column, index);
    case MB_ADD:
    case MB_SUB:
    case MB_MUL:
        if (column->type->kind != MB_FLOAT) return compile_integers(program, column, index);
        return compile_plain(program, column, index);
    default:
        if (mb_operator_compares(column->expression->op))
            return compile_comparison(program, column, index);
        return compile_plain(program, column, index);
    }
}

// Whether another operation asked for a column before, which is a reason to keep its values now.
static bool is_consumed_again(const mb_program *program, const mb_column *column)
{
    if (program->purpose == MB_GLANCE || program->cx->frugal) return false;
    if (program->purpose == MB_KEEP && column->identity == program->consumer) return false;
    return column->expression->first_consumer &&
           column->expression->first_consumer != program->consumer;
}

// Whether an operand becomes a leaf: it has values, or another operation asked for them before, or
// it is no element-wise expression, or is laid out differently, or the program is long enough.
static bool ends_here(const mb_program *program, const mb_column *column)
{
    if (is_leaf(column)) return false;
    return !mb_column_pending(column) || is_consumed_again(program, column) ||
           column->expression->op == MB_FILTER || program->nsteps > MANY_STEPS ||
           !mb_layout_equal(column->layout, program->layout);
}

static mb_status compile(mb_program *program, mb_column *column, int *index)
{
    *index = find_step(program, column, column->type->kind, true);
    if (*index >= 0) return MB_OK;
    if (ends_here(program, column)) {
        mb_status status = program->materialise(program->cx, column);
        return status ? status : add_leaf(program, column, index);
    }
    // An operand that is materialised on the way may give this column its values, too.
    mb_expression *expression = mb_expression_retain(column->expression);
    mb_status status = compile_expression(program, column, index);
    mb_expression_release(expression);
    return status;
}

// A column that was computed before without being kept is kept this time.
static mb_status compile_root(mb_program *program, mb_column *column, int *index)
{
    mb_status status = MB_OK;
    bool again = program->purpose == MB_STREAM && !program->cx->frugal;
    if (mb_column_pending(column) && again && column->expression->first_consumer &&
        !is_leaf(column))
        status = program->materialise(program->cx, column);
    return status ? status : compile(program, column, index);
}

static void settle_consumer(mb_tentative *change, bool failed)
{
    mb_expression *expression =
        (mb_expression *)(void *)((char *)change - offsetof(mb_expression, consumed));
    if (failed) expression->first_consumer = 0;
    mb_expression_release(expression);
}

// Columns that this program computes without keeping them: another consumer is to keep them.
static void note_consumer(mb_program *program, const mb_column *root)
{
    if (program->purpose == MB_GLANCE) return;
    for (int i = 0; i < program->nsteps; i++) {
        mb_column *column = program->steps[i].column;
        bool kept = program->purpose == MB_KEEP && column == root;
        if (!mb_column_pending(column) || column->expression->first_consumer || kept) continue;
        mb_expression *expression = mb_expression_retain(column->expression);
        expression->first_consumer = program->consumer;
        expression->consumed.settle = settle_consumer;
        mb_tentative_add(program->cx, &expression->consumed);
    }
}

mb_status mb_program_compile(mb_program *program, mb_column *const *columns, int ncolumns,
                             mb_purpose purpose, mb_materialiser *materialise)
{
    mb_context *cx = columns[0]->cx;
    program->cx = cx;
    program->purpose = purpose;
    program->materialise = materialise;
    program->layout = columns[0]->layout;
    program->first_row = program->layout->start[mb_rank(cx)];
    program->kernels = mb_kernels_of(cx->isa);
    program->operators = mb_operator_kernels_of(cx->isa);
    program->math = mb_math_kernels_of(cx->isa);
    program->time = mb_time_kernels_of(cx->isa);
    program->nroots = ncolumns;
    program->consumer = columns[0]->identity;
    for (int i = 0; i < ncolumns; i++) {
        mb_status status = compile_root(program, columns[i], &program->roots[i]);
        if (status) return status;
    }
    note_consumer(program, columns[0]);
    return mb_program_place(program);
}

void mb_program_close(mb_program *program)
{
    for (int i = 0; i < program->nsteps; i++) {
        mb_column_release(program->steps[i].leaf);
        mb_column_release(program->steps[i].column);
        mb_expression_release(program->steps[i].expression);
    }
    free(program->steps);
    free(program->scratch);
}
