#include "ops/text/rows.h"

#include <string.h>

#include "column/builder.h"
#include "column/ranges.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"
#include "expr/evaluate.h"
#include "ops/move/gather.h"

// --- Which entries rows have.

typedef struct marking {
    mb_isa isa;
    const mb_dictionary *dictionary;
    uint8_t *used;
    bool local, whole;
} marking;

static mb_status mark_block(void *state, const mb_block *block, int64_t first, int64_t n)
{
    marking *to = state;
    uint64_t wide[MB_BLOCK_ROWS], begin = (uint64_t)to->dictionary->first;
    const uint64_t *codes = mb_block_widen(mb_kernels_of(to->isa), block, n, wide);
    for (int64_t i = 0; i < n; i++) {
        uint64_t at = codes[i] - begin;
        bool there = mb_block_valid(block, i);
        to->whole = to->whole && there && at == (uint64_t)(first + i);
        if (!there) continue;
        if (at < (uint64_t)to->dictionary->count)
            to->used[at] = 1;
        else
            to->local = false;
    }
    return MB_OK;
}

mb_status mb_text_rows_open(mb_context *cx, mb_column *column, mb_text_rows *rows)
{
    const mb_dictionary *dictionary = mb_dictionary_of(column->type);
    *rows = (mb_text_rows){.column = column, .dictionary = dictionary, .local = true};
    if (!dictionary->spread) return MB_OK;
    const bool as_long = mb_column_rows(column) == dictionary->count;
    marking to = {.isa = cx->isa, .dictionary = dictionary, .local = true, .whole = as_long};
    mb_payload others = {0}; // ranks whose rows have entries of others, or not all of their own
    mb_status status = mb_materialise(cx, column);
    if (!status) status = mb_buffer_new_zeroed(cx, dictionary->count, 1, &rows->used);
    MB_TRY(mb_step(cx, status, NULL));
    to.used = rows->used->data;
    status = mb_evaluate(cx, &column, 1, mark_block, &to);
    others.count = (uint64_t)!to.local << 32 | !to.whole;
    status = mb_step(cx, status, &others);
    rows->local = others.count >> 32 == 0;
    rows->whole = others.count == 0;
done:
    if (status || !rows->local) {
        mb_buffer_release(rows->used);
        rows->used = NULL;
    }
    return status;
}

void mb_text_rows_close(mb_text_rows *rows)
{
    mb_buffer_release(rows->used);
    *rows = (mb_text_rows){0};
}

// --- Rows take what their entries have.

typedef struct taking {
    mb_isa isa;
    const mb_map *table;
    uint64_t begin; // the code of the table's first entry
    bool positions; // codes become rows of a column, from 1
    mb_builder *builder;
} taking;

static uint64_t word_of(const mb_map *table, uint64_t at)
{
    uint64_t word = 0;
    memcpy(&word, (const char *)table->values->data + at * (size_t)table->width,
           (size_t)table->width);
    return word;
}

static mb_status take_block(void *state, const mb_block *block, int64_t first, int64_t n)
{
    taking *to = state;
    uint64_t wide[MB_BLOCK_ROWS], words[MB_BLOCK_ROWS];
    uint8_t valid[MB_BLOCK_ROWS];
    const uint64_t *codes = mb_block_widen(mb_kernels_of(to->isa), block, n, wide);
    const uint8_t *there = to->table && to->table->valid ? to->table->valid->data : NULL;
    (void)first;
    for (int64_t i = 0; i < n; i++) {
        uint64_t at = codes[i] - to->begin;
        valid[i] = mb_block_valid(block, i);
        words[i] = !valid[i] ? 0 : to->positions ? at + 1 : word_of(to->table, at);
        if (valid[i] && there) valid[i] = there[at];
    }
    return mb_builder_append_words(to->builder, words, valid, n);
}

// A column of the rows, of a type, in which codes are counted or looked up.
static mb_status take_rows(mb_context *cx, mb_column *column, taking to, const mb_type *type,
                           mb_column **result)
{
    to.isa = cx->isa;
    mb_status status = mb_builder_open(cx, type, mb_column_rows(column), NULL, 8, &to.builder);
    status = mb_step(cx, status, NULL);
    if (!status) {
        status = mb_evaluate(cx, &column, 1, take_block, &to);
        status = mb_step(cx, status, NULL);
    }
    if (!status) status = mb_builder_finish(cx, &to.builder, 1, &column->layout, 0, result);
    mb_builder_close(to.builder);
    return status;
}

// The table as a column, laid out as the entries are.
static mb_status spread_table(mb_context *cx, const mb_map *table, const mb_type *type,
                              mb_column **column)
{
    enum { AT_ONCE = 1 << 10 };
    uint64_t words[AT_ONCE];
    mb_layout *layout = NULL;
    mb_builder *builder = NULL;
    const uint8_t *valid = table->valid ? table->valid->data : NULL;
    mb_status status = mb_builder_open(cx, type, table->n, NULL, 8, &builder);
    for (int64_t first = 0; first < table->n && !status; first += AT_ONCE) {
        int64_t n = table->n - first < AT_ONCE ? table->n - first : AT_ONCE;
        for (int64_t i = 0; i < n; i++)
            words[i] = word_of(table, (uint64_t)(first + i));
        status = mb_builder_append_words(builder, words, valid ? valid + first : NULL, n);
    }
    status = mb_layout_gather(cx, status, table->n, NULL, &layout);
    if (!status) status = mb_builder_finish(cx, &builder, 1, &layout, 0, column);
    mb_layout_release(layout);
    mb_builder_close(builder);
    return status;
}

// Rows ask the ranks that have their entries.
static mb_status ask_rows(mb_context *cx, const mb_text_rows *rows, const mb_map *table,
                          const mb_type *type, mb_column **result)
{
    mb_column *values = NULL, *positions = NULL;
    mb_status status = spread_table(cx, table, type, &values);
    if (!status)
        status = take_rows(cx, rows->column, (taking){.positions = true}, &mb_type_int, &positions);
    if (!status) status = mb_gather(cx, &values, 1, positions, result);
    mb_column_release(values);
    mb_column_release(positions);
    return status;
}

mb_status mb_text_rows_map(mb_context *cx, mb_status status, const mb_text_rows *rows,
                           const mb_map *table, const mb_type *type, mb_column **result)
{
    const mb_dictionary *dictionary = rows->dictionary;
    status = mb_step(cx, status, NULL);
    if (status) return status;
    if (!dictionary->spread) return mb_expression_map(cx, rows->column, table, type, result);
    if (!rows->local) return ask_rows(cx, rows, table, type, result);
    return take_rows(cx, rows->column,
                     (taking){.table = table, .begin = (uint64_t)dictionary->first}, type, result);
}

mb_status mb_text_rows_adopt(mb_context *cx, mb_status status, const mb_text_rows *rows,
                             const mb_map *table, const mb_type *type, mb_column **result)
{
    status = mb_step(cx, status, NULL);
    if (status) return status;
    const mb_column model = {
        .type = type,
        .layout = rows->column->layout,
        .identity = mb_result_identity(cx, 0),
        .state = MB_STORED,
        .values = {.width = table->width, .buffer = table->values, .data = table->values->data}};
    mb_column *made = NULL;
    if (!mb_kind_is_integer(type->kind)) return mb_column_new(cx, &model, result);
    MB_TRY(mb_step(cx, mb_column_new(cx, &model, &made), NULL));
    MB_TRY(mb_column_find_ranges(cx, made));
    *result = mb_column_retain(made);
done:
    mb_column_release(made);
    return status;
}

mb_status mb_text_rows_make(mb_context *cx, const mb_text_rows *rows, mb_text_rows_fill *fill,
                            void *state, const mb_type *type, mb_column **result)
{
    enum { AT_ONCE = 1 << 10 };
    uint64_t words[AT_ONCE];
    uint8_t valid[AT_ONCE];
    const int64_t count = rows->dictionary->count;
    mb_builder *builder = NULL;
    mb_status status = mb_builder_open(cx, type, count, NULL, 8, &builder);
    for (int64_t i = 0; i < count && !status; i += AT_ONCE) {
        const int64_t n = count - i < AT_ONCE ? count - i : AT_ONCE;
        memset(valid, 1, (size_t)n);
        status = fill(cx, state, rows, i, n, words, valid);
        if (!status) status = mb_builder_append_words(builder, words, valid, n);
    }
    status = mb_step(cx, status, NULL);
    if (!status) status = mb_builder_finish(cx, &builder, 1, &rows->column->layout, 0, result);
    mb_builder_close(builder);
    return status;
}
