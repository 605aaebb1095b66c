// Running programs: a block of rows through the steps.

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "column/storage.h"
#include "expr/program.h"
#include "types/time.h"

// The validity of n rows, or NULL where all are there.
static const uint64_t *worth_keeping(const uint64_t *validity, int64_t n)
{
    uint64_t missing = 0;
    for (int64_t i = 0; i < n / 64; i++)
        missing |= ~validity[i];
    if (n % 64) missing |= ~validity[n / 64] & ((UINT64_C(1) << (n % 64)) - 1);
    return missing ? validity : NULL;
}

static void run_leaf(const mb_program *program, mb_program_step *step, int64_t first, int64_t n)
{
    const mb_column *column = step->leaf;
    const char *values = (const char *)column->values.data + first * column->values.width;
    step->block.values = values;
    if (n < MB_STEP_ROWS && mb_step_shares(step)) { // loops read whole vectors
        void *copy = mb_step_values(program, step);
        step->block.values = memcpy(copy, values, (size_t)(n * column->values.width));
    }
    step->block.validity = NULL;
    if (!column->validity.data) return;
    const uint64_t *validity = (const uint64_t *)column->validity.data + first / 64;
    step->block.validity = worth_keeping(validity, n);
}

// Asks for a share of the next block's rows: steps read their leaves one after another, a piece of
// each too short for the processor to foresee the next, and all of them at once would stall it.
static void prefetch_share(mb_program *program)
{
    for (int lines = program->share; lines > 0 && program->ahead_leaf < program->nsteps;) {
        const mb_program_step *step = &program->steps[program->ahead_leaf];
        int64_t bytes = step->leaf ? MB_STEP_ROWS * (int64_t)step->leaf->values.width : 0;
        const char *next = step->block.values;
        for (; lines > 0 && program->ahead_byte < bytes;
             lines--, program->ahead_byte += MB_ALIGNMENT)
            __builtin_prefetch(next + bytes + program->ahead_byte, 0, 2);
        if (program->ahead_byte < bytes) break;
        program->ahead_leaf++;
        program->ahead_byte = 0;
    }
}

static const mb_block *operand(const mb_program *program, const mb_program_step *step, int i)
{
    return &program->steps[step->args[i]].block;
}

// Whether the missing rows of an operand are the business of the kernel that is called.
static bool looks_itself(const mb_program_step *step, int i)
{
    return step->kind == MB_STEP_CALL && step->expression->called->inputs[i].takes_missing;
}

// A row of the result is there when it is in all operands.
static void join_validity(mb_program *program, mb_program_step *step)
{
    uint64_t *joined = mb_step_validity(program, step);
    step->block.validity = NULL;
    for (int i = 0; i < step->nargs; i++) {
        const uint64_t *next = operand(program, step, i)->validity;
        if (!next || looks_itself(step, i)) continue;
        for (int w = 0; w < MB_STEP_WORDS; w++)
            joined[w] = step->block.validity ? joined[w] & next[w] : next[w];
        step->block.validity = joined;
    }
}

// The bits of 64 bools, eight at a time: they move side by side in pairs, fours, eights. Bytes
// behind the last row may be anything: no other bit depends on them, which a checker of memory sees
// of shifts.
static uint64_t pack_bytes(const uint8_t *bytes)
{
    uint64_t word = 0;
    for (int i = 0; i < 8; i++) {
        uint64_t eight;
        memcpy(&eight, bytes + 8 * i, sizeof eight);
        eight &= UINT64_C(0x0101010101010101);
        eight = (eight | eight >> 7) & UINT64_C(0x0003000300030003);
        eight = (eight | eight >> 14) & UINT64_C(0x0000000f0000000f);
        word |= ((eight | eight >> 28) & UINT64_C(0xff)) << 8 * i;
    }
    return word;
}

static uint64_t validity_word(const mb_block *block, int w)
{
    return block->validity ? block->validity[w] : ~UINT64_C(0);
}

// The rows of a word that are known to be false, for `&`, or true, for `|`.
static uint64_t decided_word(const mb_program_step *step, const mb_block *block, int w)
{
    uint64_t values = pack_bytes((const uint8_t *)block->values + w * INT64_C(64));
    return validity_word(block, w) & (step->logic == MB_AND ? ~values : values);
}

// Kleene's logic: a row is there when both operands are, or when one of them decides alone.
static void decide_validity(mb_program *program, mb_program_step *step, int64_t n)
{
    const mb_block *a = operand(program, step, 0), *b = operand(program, step, 1);
    uint64_t *known = mb_step_validity(program, step);
    step->block.validity = a->validity || b->validity ? known : NULL;
    for (int w = 0; step->block.validity && w < (n + 63) / 64; w++) {
        known[w] = validity_word(a, w) & validity_word(b, w);
        if (b->validity) known[w] |= decided_word(step, a, w);
        if (a->validity) known[w] |= decided_word(step, b, w);
    }
}

// A row of a table's values is there when its code is, and the value.
static void map_validity(mb_program *program, mb_program_step *step, int64_t n)
{
    const uint64_t *known = operand(program, step, 0)->validity;
    uint64_t *valid = mb_step_validity(program, step);
    mb_arguments at = step->at;
    at.in[0] = operand(program, step, 0)->values;
    at.in[1] = step->at.in[2];
    at.n = n;
    at.out = program->bad;
    step->map_valid(&at);
    for (int w = 0; w < (n + 63) / 64; w++)
        valid[w] = pack_bytes(program->bad + w * INT64_C(64)) & (known ? known[w] : ~UINT64_C(0));
    step->block.validity = valid;
}

// A row of a choice is there when its condition is, and the side that it takes.
static void choose_validity(mb_program *program, mb_program_step *step)
{
    const mb_block *condition = operand(program, step, 0);
    const uint64_t *known = condition->validity;
    const uint64_t *a = operand(program, step, 1)->validity;
    const uint64_t *b = operand(program, step, 2)->validity;
    uint64_t *chosen = mb_step_validity(program, step);
    step->block.validity = known || a || b ? chosen : NULL;
    if (!step->block.validity) return;
    for (int w = 0; w < MB_STEP_WORDS; w++) {
        uint64_t first = pack_bytes((const uint8_t *)condition->values + w * INT64_C(64));
        chosen[w] = (known ? known[w] : ~UINT64_C(0)) &
                    ((first & (a ? a[w] : ~UINT64_C(0))) | (~first & (b ? b[w] : ~UINT64_C(0))));
    }
}

static bool is_choice(const mb_program_step *step)
{
    return step->kind == MB_STEP_KERNEL && step->nargs == 3;
}

static void run_missing(const mb_program *program, mb_program_step *step, int64_t n)
{
    const uint64_t *validity = operand(program, step, 0)->validity;
    uint8_t *missing = mb_step_values(program, step);
    step->block.validity = NULL;
    memset(missing, 0, (size_t)n);
    if (!validity) return;
    mb_validity_bytes(validity, n, missing);
    for (int64_t i = 0; i < n; i++)
        missing[i] ^= 1;
}

static void run_test(const mb_program *program, mb_program_step *step, int64_t n)
{
    const mb_block *tested = operand(program, step, 0);
    uint8_t *out = mb_step_values(program, step);
    if (step->test.always)
        memset(out, step->test.always > 0, (size_t)n);
    else
        program->kernels->compare_scalar[step->test.comparison][tested->form](
            tested->values, step->test.bound, n, out);
}

static void describe_value(mb_kind kind, const void *values, int64_t row, char *text, size_t size)
{
    mb_value value;
    memcpy(&value, (const char *)values + row * 8, sizeof value);
    if (kind == MB_FLOAT)
        snprintf(text, size, "%.14g", value.f == value.f ? value.f : (double)NAN);
    else
        mb_type_of(kind)->format(mb_type_of(kind), value, text, size);
}

static void describe_moment(const mb_program_step *step, int i, int64_t row, char *text,
                            size_t size)
{
    mb_value value;
    const mb_type *type = step->expression->operands[i]->type;
    memcpy(&value, (const char *)step->at.in[i] + row * 8, sizeof value);
    type->format(type, value, text, size);
}

// The message of a row whose result is beyond the range of a type that counts in a unit.
static mb_status fail_unit(mb_program *program, const mb_program_step *step, int64_t block_row)
{
    char a[64], b[64] = "";
    const long long row = step->at.row + block_row + 1;
    const mb_expression *expression = step->expression;
    const mb_type *type = step->column->type, *operand = expression->operands[0]->type;
    const char *name = mb_operator_name(expression->op), *site = expression->site;
    describe_moment(step, 0, block_row, a, sizeof a);
    if (expression->operands[1]) describe_moment(step, 1, block_row, b, sizeof b);
    const char *unit = type->units ? mb_unit_names[type->unit] : "the calendar's years";
    return mb_fail(program->cx, MB_EOVERFLOW,
                   "%s%s%s%s%s at row %lld is beyond what %s counts in %s (:as(\"%s\", {unit = "
                   "\"s\"}) reaches further)%s%s",
                   a, *b ? " " : "", *b ? name : "", *b ? " " : "", b, row,
                   type->units ? type->name : "a field", unit,
                   type->units ? type->name : operand->name,
                   site ? "; the expression was built at " : "", site ? site : "");
}

// The message of a row that an operator refuses.
static mb_status fail_row(mb_program *program, const mb_program_step *step, int64_t block_row)
{
    char value[32];
    const mb_expression *expression = step->expression;
    const char *name = mb_operator_name(expression->op);
    const char *site = expression->site ? expression->site : "";
    const char *built = *site ? "; the expression was built at " : "";
    long long row = step->at.row + block_row + 1;
    const bool divides = expression->op == MB_FLOORDIV || expression->op == MB_MOD;
    if (expression->op != MB_CAST && !divides) return fail_unit(program, step, block_row);
    if (expression->op != MB_CAST)
        return mb_fail(program->cx, MB_EINVALID,
                       "attempt to perform 'n%s0' at row %lld (a:%s(b, {zero = v}) gives such rows "
                       "a value)%s%s",
                       expression->op == MB_MOD ? "%%" : name, row,
                       expression->op == MB_MOD ? "mod" : "floordiv", built, site);
    describe_value(expression->as, step->at.in[0], block_row, value, sizeof value);
    return mb_fail(program->cx, MB_EOVERFLOW,
                   "as: %s at row %lld does not fit %s (:as(\"%s\", {wrap = true}) takes it modulo "
                   "2^64)%s%s",
                   value, row, mb_kind_name(step->as), mb_kind_name(step->as), built, site);
}

// Fails for the first row that is there and that the operator refuses.
static mb_status check_rows(mb_program *program, const mb_program_step *step, int64_t n)
{
    const uint64_t *validity = step->block.validity;
    if (!step->check(&step->at, program->bad)) return MB_OK;
    for (int64_t i = 0; i < n; i++)
        if (program->bad[i] && (!validity || (validity[i / 64] >> (i % 64) & 1)))
            return fail_row(program, step, i);
    return MB_OK;
}

static mb_status run_kernel(mb_program *program, mb_program_step *step, int64_t first, int64_t n)
{
    mb_arguments *at = &step->at;
    for (int i = 0; i < step->nargs; i++)
        at->in[i] = operand(program, step, i)->values;
    at->row = program->first_row + first;
    at->n = n;
    at->out = mb_step_values(program, step);
    mb_status status = step->check ? check_rows(program, step, n) : MB_OK;
    if (!status) step->kernel(at);
    return status;
}

// Blocks that a kernel most likely writes out of are guarded in all builds.
static bool is_guarded(int64_t first, int64_t n)
{
#ifdef MB_CHECKED
    (void)first;
    (void)n;
    return true;
#else
    return first == 0 || n < MB_STEP_ROWS;
#endif
}

// A kernel that may make rows missing begins with those that are so by its operands.
static uint64_t *open_validity(const mb_program *program, const mb_program_step *step)
{
    uint64_t *valid = mb_step_validity(program, step);
    if (!step->expression->called->gives_missing) return NULL;
    for (int w = 0; w < MB_STEP_WORDS; w++)
        valid[w] = step->block.validity ? step->block.validity[w] : ~UINT64_C(0);
    return valid;
}

static mb_status run_call(mb_program *program, mb_program_step *step, int64_t first, int64_t n)
{
    const mb_expression *expression = step->expression;
    mb_kernel_block *block = &program->call;
    block->n = n;
    block->row = program->first_row + first;
    if (block->row >= program->layout->n_global) block->row = first; // scalars are on every rank
    block->valid = step->block.validity;
    block->out = mb_step_values(program, step);
    block->out_valid = open_validity(program, step);
    for (int i = 0; i < MB_KERNEL_INPUTS; i++) {
        const mb_block *in = i < step->nargs ? operand(program, step, i) : NULL;
        block->in[i] = in ? in->values : NULL;
        block->in_valid[i] = in && looks_itself(step, i) ? in->validity : NULL;
    }
    if (block->out_valid) step->block.validity = block->out_valid;
    return mb_registered_call(program->cx, expression->called, block, is_guarded(first, n),
                              expression->site);
}

static mb_status run_step(mb_program *program, mb_program_step *step, int64_t first, int64_t n)
{
    const mb_block *a;
    if (step->kind == MB_STEP_FIXED) return MB_OK;
    if (step->kind == MB_STEP_LEAF) {
        run_leaf(program, step, first, n);
        return MB_OK;
    }
    if (n == MB_STEP_ROWS) prefetch_share(program);
    step->block.values = mb_step_values(program, step);
    if (is_choice(step))
        choose_validity(program, step);
    else if (step->logic)
        decide_validity(program, step, n);
    else if (step->map_valid)
        map_validity(program, step, n);
    else
        join_validity(program, step);
    switch (step->kind) {
    case MB_STEP_WIDEN:
        a = operand(program, step, 0);
        program->kernels->widen[a->form](a->values, n, a->base, mb_step_values(program, step));
        return MB_OK;
    case MB_STEP_TEST: run_test(program, step, n); return MB_OK;
    case MB_STEP_MISSING: run_missing(program, step, n); return MB_OK;
    case MB_STEP_CALL: return run_call(program, step, first, n);
    default: return run_kernel(program, step, first, n);
    }
}

mb_status mb_program_run(mb_program *program, int64_t first, int64_t n, mb_block *blocks)
{
    program->ahead_leaf = 0;
    program->ahead_byte = 0;
    for (int i = 0; i < program->nsteps; i++) {
        mb_status status = run_step(program, &program->steps[i], first, n);
        if (status) return status;
    }
    if (n == MB_STEP_ROWS) prefetch_share(program);
    for (int i = 0; i < program->nroots; i++)
        blocks[i] = program->steps[program->roots[i]].block;
    return MB_OK;
}
