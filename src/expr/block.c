// Blocks of stored rows.

#include "column/storage.h"
#include "core/invariant.h"
#include "expr/program.h"

mb_form mb_form_of(mb_kind kind, int width)
{
    if (kind == MB_FLOAT) return width == 4 ? MB_F32 : MB_F64;
    switch (width) {
    case 1: return MB_U8;
    case 2: return MB_U16;
    case 4: return MB_U32;
    default: return kind == MB_INT ? MB_I64 : MB_U64;
    }
}

int mb_form_width(mb_form form)
{
    static const int widths[MB_FORMS] = {1, 2, 4, 8, 8, 4, 8};
    return widths[form];
}

const void *mb_block_widen(const mb_kernels *kernels, const mb_block *block, int64_t n, void *out)
{
    if (mb_form_width(block->form) == 8) return block->values;
    kernels->widen[block->form](block->values, n, block->base, out);
    return out;
}

// Narrow integers whose base doubles do not add exactly, a few at a time.
static void widen_to_doubles(mb_isa isa, mb_kind kind, const mb_block *block, int64_t n,
                             double *out)
{
    uint64_t wide[MB_STEP_ROWS];
    int64_t width = mb_form_width(block->form);
    mb_kernel *to_float = mb_operator_kernels_of(isa)->to_float[mb_form_of(kind, 8)];
    for (int64_t first = 0; first < n; first += MB_STEP_ROWS) {
        int64_t part = n - first < MB_STEP_ROWS ? n - first : MB_STEP_ROWS;
        const char *values = (const char *)block->values + first * width;
        mb_kernels_of(isa)->widen[block->form](values, part, block->base, wide);
        mb_arguments at = {.in = {wide}, .n = part, .out = out + first};
        to_float(&at);
    }
}

const double *mb_block_doubles(mb_isa isa, mb_kind kind, const mb_block *block, int64_t n,
                               double *out)
{
    if (kind == MB_FLOAT) return mb_block_widen(mb_kernels_of(isa), block, n, out);
    if (mb_form_width(block->form) < 8 && mb_beyond_doubles(kind, block->base)) {
        widen_to_doubles(isa, kind, block, n, out);
        return out;
    }
    mb_arguments at = {.in = {block->values}, .base = {block->base}, .n = n, .out = out};
    mb_operator_kernels_of(isa)->to_float[block->form](&at);
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

mb_block mb_block_of(const mb_column *column, int64_t first)
{
    mb_block block = {.form = mb_form_of(column->type->kind, column->values.width),
                      .base = column->values.base};
    MB_ASSERT(!mb_column_pending(column));
    block.values = (const char *)column->values.data + first * column->values.width;
    if (column->validity.data)
        block.validity = (const uint64_t *)column->validity.data + first / 64;
    return block;
}
