#include "expr/expression.h"

#include <stdlib.h>

#include "core/hash.h"

// Deeper graphs are cut: their operands are materialised first.
enum { DEEPEST = 64 };

const char *mb_operator_name(mb_operator op)
{
    static const char *const names[MB_OPERATORS] = {
        [MB_CONSTANT] = "full", [MB_SEQUENCE] = "range", [MB_RANDOM] = "random", [MB_EQ] = "eq",
        [MB_NE] = "ne",         [MB_LT] = "lt",          [MB_LE] = "le",         [MB_GT] = "gt",
        [MB_GE] = "ge",         [MB_AND] = "&",          [MB_OR] = "|",          [MB_XOR] = "~",
        [MB_NOT] = "~",         [MB_FILTER] = "filter",
    };
    return names[op];
}

static void drop(mb_expression *expression)
{
    mb_column_release(expression->operands[0]);
    mb_column_release(expression->operands[1]);
    mb_layout_release(expression->natural);
    free(expression);
}

static int depth_below(const mb_column *operand)
{
    return operand && operand->expression ? operand->expression->depth : 0;
}

static uint64_t hash_of(const mb_expression *expression, mb_type type, int64_t n_global)
{
    uint64_t hash = mb_hash_word((uint64_t)expression->op, (uint64_t)type);
    hash = mb_hash_word(hash, (uint64_t)n_global);
    hash = mb_hash_word(hash, expression->seed);
    for (int i = 0; i < 2; i++) {
        const mb_column *operand = expression->operands[i];
        hash = mb_hash_word(hash, operand ? operand->identity : 0);
        hash = mb_hash_word(hash, expression->value[i].bits);
    }
    return mb_hash_word(hash, (uint64_t)expression->value_type);
}

// A pending column of `expression`, whose operands are retained here.
static mb_status pend(mb_context *cx, const mb_expression *expression, mb_type type,
                      mb_layout *layout, mb_column **column)
{
    mb_expression *made = malloc(sizeof *made);
    mb_column *result;
    mb_status status = made ? mb_column_new(cx, type, layout, &result)
                            : mb_fail(cx, MB_EMEMORY, "out of memory for an expression");
    if (status) {
        free(made);
        return status;
    }
    *made = *expression;
    mb_layout_retain(made->natural);
    for (int i = 0; i < 2; i++) {
        mb_column_retain(made->operands[i]);
        int below = depth_below(made->operands[i]);
        if (below >= made->depth) made->depth = below + 1;
    }
    result->expression = made;
    result->drop_expression = drop;
    result->identity = hash_of(made, type, layout->n_global);
    *column = result;
    return MB_OK;
}

mb_status mb_expression_leaf(mb_context *cx, mb_operator op, mb_type type, int64_t n_global,
                             const mb_value values[2], uint64_t seed, mb_column **column)
{
    mb_layout *layout;
    mb_expression leaf = {
        .op = op, .value = {values[0], values[1]}, .value_type = type, .seed = seed};
    mb_status status = mb_layout_even(cx, n_global, &layout);
    if (status) return status;
    status = pend(cx, &leaf, type, layout, column);
    mb_layout_release(layout);
    return status;
}

static mb_status check_pair(mb_context *cx, mb_operator op, const mb_column *a, const mb_column *b)
{
    char left[64], right[64];
    if (a->cx != cx || b->cx != cx)
        return mb_fail(cx, MB_EINVALID, "%s: the columns belong to different runtimes",
                       mb_operator_name(op));
    if (a->layout->n_global == b->layout->n_global) return MB_OK;
    mb_column_describe(a, left, sizeof left);
    mb_column_describe(b, right, sizeof right);
    return mb_fail(cx, MB_EINVALID, "%s: the lengths differ: %s and %s", mb_operator_name(op), left,
                   right);
}

mb_status mb_expression_compare(mb_context *cx, mb_operator op, mb_column *a, mb_column *b,
                                mb_column **column)
{
    mb_expression compare = {.op = op, .operands = {a, b}};
    mb_status status = check_pair(cx, op, a, b);
    return status ? status : pend(cx, &compare, MB_BOOL, a->layout, column);
}

mb_status mb_expression_compare_scalar(mb_context *cx, mb_operator op, mb_column *a, mb_type type,
                                       mb_value scalar, mb_column **column)
{
    mb_expression compare = {.op = op, .operands = {a}, .value = {scalar}, .value_type = type};
    return pend(cx, &compare, MB_BOOL, a->layout, column);
}

static mb_status check_bool(mb_context *cx, mb_operator op, const mb_column *column)
{
    char text[64];
    if (column->type == MB_BOOL) return MB_OK;
    mb_column_describe(column, text, sizeof text);
    return mb_fail(cx, MB_EINVALID, "%s takes bool columns, got %s %s", mb_operator_name(op),
                   column->type == MB_INT || column->type == MB_UINT ? "an" : "a", text);
}

mb_status mb_expression_logic(mb_context *cx, mb_operator op, mb_column *a, mb_column *b,
                              mb_column **column)
{
    mb_expression logic = {.op = op, .operands = {a, b}};
    mb_status status = check_bool(cx, op, a);
    if (!status && b) status = check_bool(cx, op, b);
    if (!status && b) status = check_pair(cx, op, a, b);
    return status ? status : pend(cx, &logic, MB_BOOL, a->layout, column);
}

mb_status mb_expression_filter(mb_context *cx, mb_column *a, mb_column *mask, mb_layout *natural,
                               mb_column **column)
{
    mb_expression filter = {.op = MB_FILTER, .operands = {a, mask}, .natural = natural};
    if (!mb_layout_skewed(natural)) return pend(cx, &filter, a->type, natural, column);
    mb_layout *even;
    mb_status status = mb_layout_even(cx, natural->n_global, &even);
    if (status) return status;
    status = pend(cx, &filter, a->type, even, column);
    mb_layout_release(even);
    return status;
}
