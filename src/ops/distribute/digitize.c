#include "ops/distribute/digitize.h"

#include <math.h>

#include "column/builder.h"
#include "comm/lockstep.h"
#include "expr/scalar.h"
#include "order/order.h"

// The int or uint that is next above a float.
static bool whole_word(mb_kind kind, double edge, uint64_t *word)
{
    uint64_t bits = 0;
    int side = mb_integer_of_whole(kind, ceil(edge), &bits);
    *word = side ? 0 : mb_order_bits(kind, bits);
    return side <= 0;
}

// The smallest float that is not below an integer.
static double float_above(mb_kind kind, mb_value edge)
{
    mb_value converted = edge;
    if (mb_scalar_convert(MB_FLOAT, kind, &converted)) return converted.f;
    mb_scalar_test test = mb_scalar_test_of(MB_GE - MB_EQ, MB_FLOAT, MB_F64, 0, kind, edge);
    return test.comparison == MB_GE - MB_EQ ? test.bound.f
                                            : nextafter(test.bound.f, (double)INFINITY);
}

// The smallest int or uint that is not below an edge; false when there is none.
static bool integer_above(mb_kind kind, mb_kind edge_type, mb_value edge, uint64_t *word)
{
    if (edge_type == MB_FLOAT) return whole_word(kind, edge.f, word);
    if (mb_scalar_convert(kind, edge_type, &edge))
        *word = mb_order_bits(kind, edge.u);
    else if (kind == MB_UINT)
        *word = 0; // of a number below 0
    else
        return false;
    return true;
}

bool mb_edge_word(mb_kind kind, mb_kind edge_type, mb_value edge, uint64_t *word)
{
    if (kind == MB_FLOAT) {
        double least = float_above(edge_type, edge);
        *word = mb_order_float(least);
        return true;
    }
    if (kind != MB_BOOL) return integer_above(kind, edge_type, edge, word);
    return integer_above(MB_UINT, edge_type, edge, word) && *word <= 1;
}

typedef struct digitizing {
    const uint64_t *edges;
    int64_t n;
    mb_builder *builder;
} digitizing;

// How many edges are not above a word.
static int64_t edges_below(const uint64_t *edges, int64_t n, uint64_t word)
{
    const uint64_t *at = edges;
    while (n > 1) {
        int64_t half = n / 2;
        at += at[half - 1] <= word ? half : 0;
        n -= half;
    }
    return at - edges + (n == 1 && *at <= word);
}

static mb_status take_words(void *state, const uint64_t *words, const uint8_t *there, int64_t first,
                            int64_t n)
{
    digitizing *digitizing = state;
    int64_t numbers[MB_ORDER_ROWS];
    (void)first;
    for (int64_t i = 0; i < n; i++)
        numbers[i] = edges_below(digitizing->edges, digitizing->n, words[i]);
    return mb_builder_append(digitizing->builder, numbers, there, n);
}

mb_status mb_digitize(mb_context *cx, mb_column *column, const uint64_t *edges, int64_t n,
                      mb_column **result)
{
    mb_range range = {0, (uint64_t)n};
    digitizing digitizing = {.edges = edges, .n = n};
    mb_status status;
    MB_TRY(
        mb_builder_open(cx, &mb_type_int, mb_column_rows(column), &range, 8, &digitizing.builder));
    status = mb_order_each(cx, column, take_words, NULL, &digitizing);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_builder_finish(cx, &digitizing.builder, 1, &column->layout, 0, result));
done:
    mb_builder_close(digitizing.builder);
    return status;
}
