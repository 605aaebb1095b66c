#include "ops/address/rows.h"

#include <string.h>

#include "column/builder.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/text/entries.h"

typedef struct looking {
    mb_isa isa;
    const mb_segments *segments;
    bool tests, others;
    mb_builder *builder;
} looking;

static mb_status append_tests(const looking *how, const uint64_t *numbers, const uint8_t *valid,
                              int64_t n)
{
    uint8_t tests[MB_BLOCK_ROWS];
    for (int64_t i = 0; i < n; i++)
        tests[i] =
            (mb_segments_find_number(how->segments, (uint32_t)numbers[i]) != 0) != how->others;
    return mb_builder_append(how->builder, tests, valid, n);
}

static mb_status append_blocks(const looking *how, const uint64_t *numbers, uint8_t *valid,
                               int64_t n)
{
    uint64_t blocks[MB_BLOCK_ROWS];
    for (int64_t i = 0; i < n; i++) {
        blocks[i] = (uint64_t)mb_segments_find_number(how->segments, (uint32_t)numbers[i]);
        valid[i] &= blocks[i] != 0;
    }
    return mb_builder_append_words(how->builder, blocks, valid, n);
}

static mb_status take(void *state, const mb_block *block, int64_t first, int64_t n)
{
    const looking *how = state;
    uint64_t wide[MB_BLOCK_ROWS];
    uint8_t valid[MB_BLOCK_ROWS];
    const uint64_t *numbers = mb_block_widen(mb_kernels_of(how->isa), block, n, wide);
    (void)first;
    memset(valid, 1, (size_t)n);
    if (block->validity) mb_validity_bytes(block->validity, n, valid);
    return how->tests ? append_tests(how, numbers, block->validity ? valid : NULL, n)
                      : append_blocks(how, numbers, valid, n);
}

static mb_status measure(mb_context *cx, const void *argument, mb_string string, mb_value *value,
                         bool *valid)
{
    mb_address address;
    const looking *how = argument;
    (void)cx;
    (void)mb_address_of_string(string, &address);
    int64_t block = mb_segments_find(how->segments, &address);
    if (how->tests)
        value->b = (block != 0) != how->others;
    else
        value->i = block;
    *valid = how->tests || block != 0;
    return MB_OK;
}

static mb_status look_up(mb_context *cx, mb_column *column, looking how, const mb_type *type,
                         mb_column **result)
{
    mb_status status;
    how.isa = cx->isa;
    if (mb_dictionary_of(column->type))
        return mb_text_values(cx, column, type, measure, &how, result);
    status = mb_builder_open(cx, type, mb_column_rows(column), NULL, 8, &how.builder);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_step(cx, mb_evaluate(cx, &column, 1, take, &how), NULL));
    status = mb_builder_finish(cx, &how.builder, 1, &column->layout, 0, result);
done:
    mb_builder_close(how.builder);
    return status;
}

mb_status mb_ip_test_rows(mb_context *cx, mb_column *column, const mb_segments *segments,
                          bool others, mb_column **result)
{
    const looking how = {.segments = segments, .tests = true, .others = others};
    return look_up(cx, column, how, &mb_type_bool, result);
}

mb_status mb_ip_find_rows(mb_context *cx, mb_column *column, const mb_segments *segments,
                          mb_column **result)
{
    return look_up(cx, column, (looking){.segments = segments}, &mb_type_int, result);
}

// --- Numbers that a function gives.

typedef struct numbering {
    mb_context *cx;
    mb_ip_number *number;
    const void *argument;
    mb_builder *builder;
} numbering;

static mb_status number_rows(void *state, const mb_block *block, int64_t first, int64_t n)
{
    const numbering *how = state;
    uint64_t numbers[MB_BLOCK_ROWS], wide[MB_BLOCK_ROWS];
    uint8_t valid[MB_BLOCK_ROWS];
    const uint64_t *rows = mb_block_widen(mb_kernels_of(how->cx->isa), block, n, wide);
    mb_status status = MB_OK;
    (void)first;
    for (int64_t i = 0; i < n && !status; i++) {
        const mb_address address = mb_address_of_number((uint32_t)rows[i]);
        int64_t number = 0;
        if (mb_block_valid(block, i))
            status = how->number(how->cx, how->argument, &address, &number);
        numbers[i] = (uint64_t)number;
        valid[i] = number != 0;
    }
    return status ? status : mb_builder_append_words(how->builder, numbers, valid, n);
}

static mb_status number_entry(mb_context *cx, const void *argument, mb_string string,
                              mb_value *value, bool *valid)
{
    mb_address address;
    const numbering *how = argument;
    (void)mb_address_of_string(string, &address);
    mb_status status = how->number(cx, how->argument, &address, &value->i);
    *valid = value->i != 0;
    return status;
}

mb_status mb_ip_number_rows(mb_context *cx, mb_column *column, mb_ip_number *number,
                            const void *argument, mb_column **result)
{
    numbering how = {.cx = cx, .number = number, .argument = argument};
    mb_status status;
    if (mb_dictionary_of(column->type))
        return mb_text_values(cx, column, &mb_type_int, number_entry, &how, result);
    status = mb_builder_open(cx, &mb_type_int, mb_column_rows(column), NULL, 8, &how.builder);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_step(cx, mb_evaluate(cx, &column, 1, number_rows, &how), NULL));
    status = mb_builder_finish(cx, &how.builder, 1, &column->layout, 0, result);
done:
    mb_builder_close(how.builder);
    return status;
}
