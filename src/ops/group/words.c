#include "ops/group/words.h"

#include <string.h>

#include "expr/evaluate.h"
#include "ops/count/counted.h"

// Whether the range of an integer column is known.
static bool has_range(const mb_column *column)
{
    uint64_t low = mb_order_bits(column->type->kind, column->facts.range.minimum);
    uint64_t high = mb_order_bits(column->type->kind, column->facts.range.maximum);
    return mb_kind_is_integer(column->type->kind) && column->facts.bounded && low <= high;
}

// What is taken off the values of an integer column.
static uint64_t origin_of(const mb_column *column)
{
    if (has_range(column)) return column->facts.range.minimum;
    return column->type->kind == MB_INT ? mb_order_bits(MB_INT, 0) : 0;
}

static void take_integers(const mb_words *words, int64_t first, int64_t n, uint64_t *out)
{
    mb_form form = (mb_form)words->form[0];
    const char *values = words->values[0];
    mb_kernels_of(words->cx->isa)
        ->widen[form](values + first * mb_form_width(form), n, words->origin, out);
}

static void take_floats(const mb_words *words, int64_t first, int64_t n, uint64_t *out)
{
    double values[MB_WORD_ROWS];
    mb_form form = (mb_form)words->form[0];
    const char *stored = words->values[0];
    mb_kernels_of(words->cx->isa)->widen[form](stored + first * mb_form_width(form), n, 0, values);
    for (int64_t i = 0; i < n; i++)
        out[i] = mb_order_float(values[i]);
}

mb_words mb_words_of(mb_context *cx, const mb_column *column)
{
    mb_words words = {.cx = cx, .n = mb_column_rows(column), .take = take_integers};
    words.validity = column->validity.data ? column->validity.data : NULL;
    words.values[0] = column->values.data;
    words.form[0] = mb_form_of(column->type->kind, column->values.width);
    words.origin = column->values.base - origin_of(column);
    words.bounded = has_range(column);
    if (words.bounded) words.largest = column->facts.range.maximum - column->facts.range.minimum;
    if (column->type->kind == MB_FLOAT) words.take = take_floats;
    return words;
}

bool mb_words_are_offsets(const mb_words *words)
{
    return words->take == take_integers && words->form[0] == MB_U32 && words->bounded &&
           !words->validity;
}

uint64_t mb_words_value(const mb_column *column, uint64_t word)
{
    if (column->type->kind != MB_FLOAT) return word + origin_of(column);
    mb_value value = {.f = mb_unorder_float(word)};
    return value.bits;
}

void mb_words_values(const mb_column *column, int64_t n, uint64_t *words)
{
    const uint64_t origin = column->type->kind == MB_FLOAT ? 0 : origin_of(column);
    for (int64_t i = 0; column->type->kind == MB_FLOAT && i < n; i++)
        words[i] = mb_words_value(column, words[i]);
    for (int64_t i = 0; i < n; i++)
        words[i] += origin;
}

#define TAKE_PAIR(a_bits, b_bits)                                                                  \
    static void take_pair_##a_bits##_##b_bits(const mb_words *words, int64_t first, int64_t n,     \
                                              uint64_t *out)                                       \
    {                                                                                              \
        const uint##a_bits##_t *a = (const uint##a_bits##_t *)words->values[0] + first;            \
        const uint##b_bits##_t *b = (const uint##b_bits##_t *)words->values[1] + first;            \
        for (int64_t i = 0; i < n; i++)                                                            \
            out[i] = a[i] * words->origin + b[i];                                                  \
    }

TAKE_PAIR(16, 16)
TAKE_PAIR(16, 32)
TAKE_PAIR(32, 16)
TAKE_PAIR(32, 32)

mb_words mb_words_pair(mb_context *cx, int64_t n, const void *a, int a_width, const void *b,
                       int b_width, uint64_t count)
{
    mb_words words = {.cx = cx, .n = n, .values = {a, b}, .origin = count};
    if (a_width == 2)
        words.take = b_width == 2 ? take_pair_16_16 : take_pair_16_32;
    else
        words.take = b_width == 2 ? take_pair_32_16 : take_pair_32_32;
    return words;
}

void mb_words_narrow(mb_kind kind, int width, void *values, int64_t n)
{
    const uint64_t *words = values;
    for (int64_t i = 0; kind == MB_BOOL && i < n; i++)
        ((uint8_t *)values)[i] = (uint8_t)words[i];
    for (int64_t i = 0; kind == MB_FLOAT && width == 4 && i < n; i++) {
        double value;
        memcpy(&value, (const char *)values + i * 8, sizeof value);
        ((float *)values)[i] = (float)value;
    }
}
