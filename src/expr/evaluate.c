// Programs over all rows of columns: for whoever takes the blocks, and to give pending columns
// their values.

#include "expr/evaluate.h"

#include <string.h>

#include "column/builder.h"
#include "column/realign.h"
#include "column/storage.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"
#include "expr/program.h"

static int64_t block_rows(const mb_program *program)
{
    for (int i = 0; i < program->nsteps; i++)
        if (program->steps[i].kind != MB_STEP_LEAF) return MB_STEP_ROWS;
    return MB_BLOCK_ROWS;
}

// Whether compiling may communicate.
static bool needs_agreement(mb_column *const *columns, int ncolumns)
{
    for (int i = 0; i < ncolumns; i++)
        if (mb_column_pending(columns[i]) ||
            !mb_layout_equal(columns[i]->layout, columns[0]->layout))
            return true;
    return false;
}

// Streams n local rows from `first` on, a multiple of 64, as mb_evaluate does all of them. Operands
// that the program needs as leaves are given their values, by programs of their own.
static mb_status stream(mb_context *cx, mb_column *const *columns, int ncolumns, mb_purpose purpose,
                        int64_t first, int64_t n, mb_take *take, void *state)
{
    mb_block blocks[MB_MOST_ROOTS];
    mb_program program = {0};
    // A rank that has failed must not be waited for in what follows.
    mb_status status = needs_agreement(columns, ncolumns) ? mb_step(cx, MB_OK, NULL) : MB_OK;
    if (!status) status = mb_program_compile(&program, columns, ncolumns, purpose, mb_materialise);
    int64_t end = first + n, most = block_rows(&program);
    for (int64_t at = first; at < end && !status; at += most) {
        int64_t rows = end - at < most ? end - at : most;
        status = mb_program_run(&program, at, rows, blocks);
        if (!status) status = take(state, blocks, at, rows);
    }
    mb_program_close(&program);
    return status;
}

mb_status mb_evaluate(mb_context *cx, mb_column *const *columns, int ncolumns, mb_take *take,
                      void *state)
{
    int64_t rows = mb_column_rows(columns[0]);
    return stream(cx, columns, ncolumns, MB_STREAM, 0, rows, take, state);
}

mb_status mb_evaluate_some(mb_context *cx, mb_column *column, int64_t first, int64_t n,
                           mb_take *take, void *state)
{
    return stream(cx, &column, 1, MB_GLANCE, first, n, take, state);
}

mb_status mb_evaluate_scalar(mb_column *column, mb_value *value, bool *there)
{
    mb_block block = {0};
    mb_program program = {0};
    uint64_t wide[MB_BLOCK_LANES];
    int width = mb_kind_width(column->type->kind);
    mb_status status = mb_program_compile(&program, &column, 1, MB_GLANCE, mb_materialise);
    if (!status) status = mb_program_run(&program, 0, 1, &block);
    if (!status) {
        value->bits = 0;
        if (width == 8) block.values = mb_block_widen(program.kernels, &block, 1, wide);
        memcpy(value, block.values, (size_t)width);
        *there = !block.validity || (block.validity[0] & 1);
    }
    mb_program_close(&program);
    return status;
}

// --- Pending columns.

typedef struct filling {
    mb_builder *builder;
    const mb_kernels *kernels;
} filling;

static mb_status append_block(void *state, const mb_block *block, int64_t first, int64_t n)
{
    filling *filling = state;
    uint64_t wide[MB_BLOCK_ROWS];
    uint8_t there[MB_BLOCK_ROWS];
    const void *values = block->values;
    (void)first;
    if (mb_builder_width(filling->builder) == 8)
        values = mb_block_widen(filling->kernels, block, n, wide);
    if (block->validity) mb_validity_bytes(block->validity, n, there);
    return mb_builder_append(filling->builder, values, block->validity ? there : NULL, n);
}

// The range of a leaf of the graph is known before its values are.
static bool known_range(const mb_column *column, mb_range *range)
{
    const mb_expression *expression = column->expression;
    int64_t last = column->layout->n_global - 1;
    if (!mb_kind_is_integer(column->type->kind)) return false;
    range->minimum = range->maximum = expression->value[0].u;
    if (expression->op == MB_CONSTANT) return true;
    if (expression->op == MB_RANDOM) {
        range->maximum = range->minimum + expression->value[1].u - 1;
        return expression->value[1].u != 0;
    }
    if (expression->op != MB_SEQUENCE || last < 0) return false;
    uint64_t end = range->minimum + (uint64_t)last * expression->value[1].u;
    if (expression->value[1].i >= 0)
        range->maximum = end;
    else
        range->minimum = end;
    return true;
}

// The operand of a cast that changes no value; NULL for other columns.
static mb_column *same_values(const mb_column *column)
{
    mb_column *operand = column->expression->operands[0];
    bool same = column->expression->op == MB_CAST && operand->type->kind == column->type->kind;
    return same ? operand : NULL;
}

// Its column has the planes of its operand.
static mb_status share(mb_context *cx, mb_column *column, mb_column *operand)
{
    mb_column_retain(operand);
    mb_status status = mb_materialise(cx, operand);
    if (!status) mb_column_store(column, operand);
    mb_column_release(operand);
    return status;
}

static mb_status compute(mb_context *cx, mb_column *column)
{
    mb_status status;
    filling filling = {.kernels = mb_kernels_of(cx->isa)};
    mb_column *made = NULL;
    mb_range range;
    int64_t rows = mb_column_rows(column);
    bool known = known_range(column, &range);
    MB_TRY(mb_builder_open(cx, column->type, rows, known ? &range : NULL, 8, &filling.builder));
    status = stream(cx, &column, 1, MB_KEEP, 0, rows, append_block, &filling);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_builder_finish(cx, &filling.builder, 1, &column->layout, 0, &made));
    mb_column_store(column, made);
done:
    mb_column_release(made);
    mb_builder_close(filling.builder);
    return status;
}

// Validity bits where the mask is true, packed.
static void compress_validity(const uint64_t *bits, const uint8_t *mask, int64_t n, uint64_t *out)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!mask[i]) continue;
        uint64_t bit = bits[i / 64] >> (i % 64) & 1;
        out[kept / 64] |= bit << (kept % 64);
        kept++;
    }
}

// The mask's true rows as bytes; a missing one counts as false.
static mb_status plain_mask(mb_context *cx, const mb_column *mask, mb_buffer **buffer)
{
    int64_t rows = mb_column_rows(mask);
    if (!mask->validity.data) {
        *buffer = mb_buffer_retain(mask->values.buffer);
        return MB_OK;
    }
    mb_status status = mb_buffer_new_array(cx, rows, 1, buffer);
    if (status) return status;
    uint8_t *bytes = (*buffer)->data;
    const uint8_t *values = mask->values.data;
    for (int64_t i = 0; i < rows; i++)
        bytes[i] = values[i] & mb_column_valid(mask, i);
    return MB_OK;
}

// The rows of the source that each rank keeps.
static mb_status filter_rows(mb_context *cx, const mb_column *source, const mb_column *mask,
                             mb_layout *layout, mb_column **result)
{
    mb_buffer *bytes = NULL;
    int64_t rows = mb_column_rows(source);
    int width = source->values.width;
    mb_column model = {.type = source->type,
                       .layout = layout,
                       .identity = mb_result_identity(cx, 0),
                       .values = {.width = width, .base = source->values.base},
                       .facts = mb_facts_of_rows(source)};
    mb_status status = plain_mask(cx, mask, &bytes);
    if (!status) status = mb_column_new(cx, &model, result);
    if (!status) {
        const uint8_t *chosen = mask->validity.data ? bytes->data : mask->values.data;
        mb_kernels_of(cx->isa)->compress[mb_width_index(width)](source->values.data, chosen, rows,
                                                                (*result)->values.buffer->data);
        if (source->facts.missing)
            compress_validity(source->validity.data, chosen, rows,
                              (*result)->validity.buffer->data);
    }
    mb_buffer_release(bytes);
    return status;
}

static mb_status filter(mb_context *cx, mb_column *column)
{
    mb_status status;
    mb_column *a = column->expression->operands[0], *mask = column->expression->operands[1];
    mb_column *source = NULL, *made = NULL, *moved = NULL;
    MB_TRY(mb_materialise(cx, mask));
    MB_TRY(mb_settle(cx, a, mask->layout, &source));
    status = filter_rows(cx, source, mask, column->expression->natural, &made);
    MB_TRY(mb_column_settle(cx, status, made));
    MB_TRY(mb_column_realign(cx, made, column->layout, &moved));
    mb_column_store(column, moved);
done:
    mb_column_release(moved);
    mb_column_release(source);
    mb_column_release(made);
    return status;
}

mb_status mb_materialise(mb_context *cx, mb_column *column)
{
    if (!mb_column_pending(column)) return MB_OK;
    mb_column *operand = same_values(column);
    if (operand) return share(cx, column, operand);
    return column->expression->op == MB_FILTER ? filter(cx, column) : compute(cx, column);
}

mb_status mb_settle(mb_context *cx, mb_column *column, mb_layout *layout, mb_column **settled)
{
    mb_status status = mb_materialise(cx, column);
    return status ? status : mb_column_realign(cx, column, layout, settled);
}
