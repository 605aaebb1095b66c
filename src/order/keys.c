#include "order/keys.h"

#include <math.h>
#include <string.h>

#include "comm/lockstep.h"

// --- Bounds.

typedef struct bounding {
    mb_key_bounds bounds;
    const mb_kernels *kernels;
    const mb_order_kernels *order;
    uint64_t scratch[MB_BLOCK_ROWS], wide[MB_BLOCK_ROWS];
} bounding;

static void note(mb_key_bounds *bounds, uint64_t low, uint64_t high)
{
    if (low > high) return;
    if (!bounds->any || low < bounds->low) bounds->low = low;
    if (!bounds->any || high > bounds->high) bounds->high = high;
    bounds->any = true;
}

static mb_status bound_block(void *state, const mb_block *given, int64_t first, int64_t n)
{
    bounding *pass = state;
    mb_key_bounds *bounds = &pass->bounds;
    mb_block block = *given;
    uint64_t low, high;
    (void)first;
    int64_t rows = mb_block_compact(pass->kernels, &block, n, pass->scratch);
    if (rows < n) bounds->missing = true;
    if (rows == 0) return MB_OK;
    if (!mb_kind_has_nan(bounds->kind)) {
        pass->kernels->bounds[block.form](block.values, rows, &low, &high);
        low = mb_order_bits(bounds->kind, low + block.base);
        high = mb_order_bits(bounds->kind, high + block.base);
    } else if (bounds->single) {
        bounds->nan |= pass->order->bounds_single(block.values, rows, &low, &high) > 0;
    } else {
        const double *values = mb_block_widen(pass->kernels, &block, rows, pass->wide);
        bounds->nan |= pass->order->bounds_double(values, rows, &low, &high) > 0;
    }
    note(bounds, low, high);
    return MB_OK;
}

static mb_status find_bounds(mb_context *cx, mb_column *column, mb_key_bounds *bounds)
{
    mb_buffer *memory;
    mb_status status = mb_buffer_new(cx, sizeof(bounding), &memory);
    if (status) return status;
    bounding *pass = memory->data;
    pass->bounds = *bounds;
    pass->kernels = mb_kernels_of(cx->isa);
    pass->order = mb_order_kernels_of(cx->isa);
    status = mb_evaluate(cx, &column, 1, bound_block, pass);
    *bounds = pass->bounds;
    mb_buffer_release(memory);
    mb_payload all = {.sum = bounds->nan, .count = bounds->missing};
    if (bounds->any) {
        all.max[0] = ~bounds->low;
        all.max[1] = bounds->high;
        all.max[2] = 1;
    }
    status = mb_step(cx, status, &all);
    bounds->nan = all.sum > 0;
    bounds->missing = all.count > 0;
    bounds->any = all.max[2];
    bounds->low = ~all.max[0];
    bounds->high = all.max[1];
    return status;
}

mb_status mb_key_bounds_of(mb_context *cx, mb_column *column, mb_key_bounds *bounds)
{
    bool pending = mb_column_pending(column);
    mb_key_bounds found = {.kind = column->type->kind,
                           .missing = !pending && column->facts.missing};
    mb_range range;
    mb_status status = MB_OK;
    found.single = mb_kind_has_nan(found.kind) && !pending && column->values.width == 4;
    if (!pending && mb_column_range(column, &range))
        note(&found, mb_order_bits(found.kind, range.minimum),
             mb_order_bits(found.kind, range.maximum));
    else
        status = find_bounds(cx, column, &found);
    if (!status) *bounds = found;
    return status;
}

// The order of a double for that of a float.
static uint64_t order_of_double(uint64_t single)
{
    return mb_order_number((double)mb_unorder_single(single));
}

static mb_key_bounds as_doubles(mb_key_bounds bounds)
{
    if (!bounds.single) return bounds;
    bounds.single = false;
    bounds.low = order_of_double(bounds.low);
    bounds.high = order_of_double(bounds.high);
    return bounds;
}

mb_key_bounds mb_key_bounds_join(mb_key_bounds a, mb_key_bounds b)
{
    if (a.single != b.single) {
        a = as_doubles(a);
        b = as_doubles(b);
    }
    if (b.any) note(&a, b.low, b.high);
    a.nan |= b.nan;
    a.missing |= b.missing;
    return a;
}

// --- Words.

typedef struct coder {
    const mb_keys *keys;
    const mb_order_kernels *kernels;
    mb_take_keys *take;
    void *state;
    uint64_t codes[MB_KEY_ROWS];
    uint64_t *words[MB_MOST_FIELDS];
    uint64_t rows[]; // MB_KEY_ROWS for each word
} coder;

// Gives missing rows their code.
static void mark_missing(const uint64_t *validity, int64_t n, uint64_t code, uint64_t *codes)
{
    for (int64_t w = 0; w * 64 < n; w++) {
        if (!~validity[w]) continue;
        int64_t end = n - w * 64 < 64 ? n - w * 64 : 64;
        for (int64_t i = 0; i < end; i++)
            if (!(validity[w] >> i & 1)) codes[w * 64 + i] = code;
    }
}

mb_coding mb_key_coding(const mb_keys *keys, const mb_key_field *field, uint64_t base)
{
    const mb_key_bounds *bounds = &keys->bounds[field->column];
    mb_coding coding = {.nan = field->nan};
    // Integers are taken as stored: the distance of two is that of their orders.
    uint64_t low = mb_order_bits(bounds->kind, bounds->low);
    uint64_t high = mb_order_bits(bounds->kind, bounds->high);
    if (field->descending) {
        coding.flip = UINT64_MAX;
        coding.delta = high - base + 1;
    } else {
        coding.delta = base - low;
    }
    return coding;
}

static void code_field(const coder *coder, const mb_key_field *field, const mb_block *block,
                       int64_t from, int64_t n, uint64_t *codes)
{
    const mb_key_bounds *bounds = &coder->keys->bounds[field->column];
    const char *values = (const char *)block->values + from * mb_form_width(block->form);
    if (field->presence) {
        memset(codes, 0, (size_t)n * sizeof *codes);
    } else {
        mb_coding coding = mb_key_coding(coder->keys, field, block->base);
        if (bounds->single)
            coder->kernels->code_single(values, n, coding, codes);
        else
            coder->kernels->code[block->form](values, n, coding, codes);
    }
    if (block->validity)
        mark_missing(block->validity + from / 64, n, field->presence ? 1 : field->missing, codes);
}

// A word that is one field is written in place.
static void code_rows(coder *coder, const mb_block *blocks, int64_t from, int64_t n)
{
    const mb_keys *keys = coder->keys;
    for (int w = 0; w < keys->nwords; w++)
        if (keys->bits[w] == 0) memset(coder->words[w], 0, (size_t)n * sizeof(uint64_t));
    bool begun[MB_MOST_FIELDS] = {false};
    for (int i = 0; i < keys->nfields; i++) {
        const mb_key_field *field = &keys->fields[i];
        uint64_t *words = coder->words[field->word];
        if (!field->bits) continue;
        bool alone = field->bits == keys->bits[field->word];
        code_field(coder, field, &blocks[field->column], from, n, alone ? words : coder->codes);
        if (alone) continue;
        if (!begun[field->word]) memset(words, 0, (size_t)n * sizeof *words);
        begun[field->word] = true;
        coder->kernels->merge(coder->codes, n, field->shift, words);
    }
}

static mb_status take_block(void *state, const mb_block *blocks, int64_t first, int64_t n)
{
    coder *coder = state;
    mb_status status = MB_OK;
    for (int64_t from = 0; from < n && !status; from += MB_KEY_ROWS) {
        int64_t rows = n - from < MB_KEY_ROWS ? n - from : MB_KEY_ROWS;
        code_rows(coder, blocks, from, rows);
        status = coder->take(coder->state, coder->words, first + from, rows);
    }
    return status;
}

static mb_status open_coder(mb_context *cx, const mb_keys *keys, mb_take_keys *take, void *state,
                            mb_buffer **memory)
{
    size_t words = (size_t)keys->nwords * MB_KEY_ROWS * sizeof(uint64_t);
    mb_status status = mb_buffer_new(cx, sizeof(coder) + words, memory);
    if (status) return status;
    coder *coder = (*memory)->data;
    coder->keys = keys;
    coder->kernels = mb_order_kernels_of(cx->isa);
    coder->take = take;
    coder->state = state;
    for (int w = 0; w < keys->nwords; w++)
        coder->words[w] = coder->rows + (size_t)w * MB_KEY_ROWS;
    return MB_OK;
}

mb_status mb_keys_each(mb_context *cx, const mb_keys *keys, mb_column *const *columns,
                       mb_take_keys *take, void *state)
{
    mb_buffer *coder = NULL;
    mb_status status = open_coder(cx, keys, take, state, &coder);
    if (!status) status = mb_evaluate(cx, columns, keys->ncolumns, take_block, coder->data);
    mb_buffer_release(coder);
    return status;
}

static void rows_of(mb_column *const *columns, int ncolumns, int64_t first, mb_block *blocks)
{
    for (int i = 0; i < ncolumns; i++)
        blocks[i] = mb_block_of(columns[i], first);
}

mb_status mb_key_reader_open(mb_context *cx, const mb_keys *keys, mb_column *const *columns,
                             mb_key_reader *reader)
{
    *reader = (mb_key_reader){.columns = columns};
    return open_coder(cx, keys, NULL, NULL, &reader->coder);
}

void mb_key_reader_close(mb_key_reader *reader)
{
    mb_buffer_release(reader->coder);
    reader->coder = NULL;
}

uint64_t *const *mb_key_reader_take(const mb_key_reader *reader, int64_t first, int64_t n)
{
    mb_block blocks[MB_MOST_KEYS];
    coder *coder = reader->coder->data;
    rows_of(reader->columns, coder->keys->ncolumns, first, blocks);
    code_rows(coder, blocks, 0, n);
    return coder->words;
}

mb_status mb_keys_some(mb_context *cx, const mb_keys *keys, mb_column *const *columns,
                       int64_t first, int64_t n, mb_take_keys *take, void *state)
{
    mb_block blocks[MB_MOST_KEYS];
    mb_buffer *coder = NULL;
    rows_of(columns, keys->ncolumns, first, blocks);
    mb_status status = open_coder(cx, keys, take, state, &coder);
    if (!status) status = take_block(coder->data, blocks, first, n);
    mb_buffer_release(coder);
    return status;
}

#define PICK(type)                                                                                 \
    for (int64_t i = 0; i < n; i++)                                                                \
    ((type *)out)[i] = ((const type *)column->values.data)[rows[i]]

static void pick_values(const mb_column *column, const int64_t *rows, int64_t n, void *out)
{
    switch (column->values.width) {
    case 1: PICK(uint8_t); break;
    case 2: PICK(uint16_t); break;
    case 4: PICK(uint32_t); break;
    default: PICK(uint64_t); break;
    }
}

mb_status mb_keys_picked(mb_context *cx, const mb_keys *keys, mb_column *const *columns,
                         const int64_t *rows, int64_t n, mb_take_keys *take, void *state)
{
    enum { WORDS = MB_KEY_ROWS + MB_KEY_ROWS / 64 }; // values and validity of a column
    mb_block blocks[MB_MOST_KEYS];
    mb_buffer *coder = NULL, *picked = NULL;
    mb_status status = mb_buffer_new_zeroed(cx, keys->ncolumns, WORDS * 8, &picked);
    if (!status) status = open_coder(cx, keys, take, state, &coder);
    for (int c = 0; c < keys->ncolumns && !status; c++) {
        const mb_column *column = columns[c];
        uint64_t *values = (uint64_t *)picked->data + (size_t)c * WORDS;
        uint64_t *validity = values + MB_KEY_ROWS;
        pick_values(column, rows, n, values);
        for (int64_t i = 0; i < n; i++)
            validity[i / 64] |= (uint64_t)mb_column_valid(column, rows[i]) << (i % 64);
        blocks[c] = (mb_block){.values = values,
                               .form = mb_form_of(column->type->kind, column->values.width),
                               .base = column->values.base,
                               .validity = column->validity.data ? validity : NULL};
    }
    if (!status) status = take_block(coder->data, blocks, 0, n);
    mb_buffer_release(picked);
    mb_buffer_release(coder);
    return status;
}

// --- Values.

static uint64_t code_of(const mb_key_field *field, uint64_t *const *words, int64_t row)
{
    if (!field->bits) return 0;
    uint64_t mask = UINT64_MAX >> (64 - field->bits);
    return words[field->word][row] >> field->shift & mask;
}

static void floats_of(const mb_key_field *field, const mb_key_bounds *bounds,
                      uint64_t *const *words, int64_t n, uint64_t *values)
{
    for (int64_t i = 0; i < n; i++) {
        uint64_t code = code_of(field, words, i);
        uint64_t order = field->descending ? bounds->high - code : bounds->low + code;
        mb_value value = {.f = (double)NAN};
        if (!bounds->nan || code != field->nan)
            value.f = mb_unorder_number(bounds->single ? order_of_double(order) : order);
        values[i] = value.bits;
    }
}

static void integers_of(const mb_key_field *field, const mb_key_bounds *bounds,
                        const uint64_t *words, int64_t n, uint64_t *values)
{
    const uint64_t mask = field->bits ? UINT64_MAX >> (64 - field->bits) : 0;
    const uint64_t sign = mb_order_bits(bounds->kind, 0), flip = field->descending ? UINT64_MAX : 0;
    const uint64_t base = field->descending ? bounds->high + 1 : bounds->low;
    for (int64_t i = 0; i < n; i++)
        values[i] = (((words[i] >> field->shift & mask) ^ flip) + base) ^ sign;
}

void mb_keys_values(const mb_keys *keys, int column, uint64_t *const *words, int64_t n,
                    uint64_t *values, uint8_t *valid)
{
    const mb_key_bounds *bounds = &keys->bounds[column];
    const mb_key_field *field = keys->fields, *presence = NULL;
    for (; field->column != column || field->presence; field++)
        if (field->column == column) presence = field;
    memset(valid, 1, (size_t)n);
    for (int64_t i = 0; bounds->missing && i < n; i++)
        valid[i] =
            presence ? !code_of(presence, words, i) : code_of(field, words, i) != field->missing;
    if (mb_kind_has_nan(bounds->kind))
        floats_of(field, bounds, words, n, values);
    else
        integers_of(field, bounds, words[field->word], n, values);
}
