#include "expr/expression.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "types/dictionary.h"
#include "types/time.h"

mb_expression *mb_expression_retain(mb_expression *expression)
{
    if (expression) expression->references++;
    return expression;
}

void mb_expression_release(mb_expression *expression)
{
    if (!expression || --expression->references > 0) return;
    for (int i = 0; i < MB_MOST_OPERANDS; i++)
        mb_column_release(expression->operands[i]);
    mb_buffer_release(expression->map.values);
    mb_buffer_release(expression->map.valid);
    mb_layout_release(expression->natural);
    free(expression->site);
    free(expression);
}

enum { MOST_LIVE = 40 };

static int depth_below(const mb_column *operand)
{
    return operand && operand->expression ? operand->expression->depth : 0;
}

static uint64_t hash_map(uint64_t hash, const mb_map *map)
{
    if (map->values) hash = mb_hash_bytes(hash, map->values->data, (size_t)(map->n * map->width));
    return map->valid ? mb_hash_bytes(hash, map->valid->data, (size_t)map->n) : hash;
}

static uint64_t hash_of(const mb_expression *expression, const mb_type *type, int64_t n_global)
{
    uint64_t hash = mb_hash_word((uint64_t)expression->op, mb_type_identity(type));
    hash = mb_hash_word(hash, (uint64_t)n_global);
    hash = mb_hash_word(hash, expression->seed);
    for (int i = 0; i < MB_MOST_OPERANDS; i++) {
        const mb_column *operand = expression->operands[i];
        hash = mb_hash_word(hash, operand ? operand->identity : 0);
    }
    hash = hash_map(hash, &expression->map);
    if (expression->called) hash = mb_hash_word(hash, expression->called->hash);
    hash = mb_hash_word(hash, expression->value[0].bits);
    return mb_hash_word(hash, expression->value[1].bits);
}

// A pending column of `expression`, whose operands are retained here.
static mb_status pend(mb_context *cx, const mb_expression *expression, const mb_type *type,
                      mb_layout *layout, const char *where, mb_column **column)
{
    mb_expression *made = mb_allocate(cx, 1, sizeof *made);
    char *site = where ? mb_copy_string(cx, where) : NULL;
    mb_column model = {.type = type,
                       .layout = layout,
                       .identity = hash_of(expression, type, layout->n_global),
                       .state = MB_PENDING,
                       .expression = made,
                       .drop_expression = mb_expression_release};
    mb_status status = !made || (where && !site) ? MB_EMEMORY : mb_column_new(cx, &model, column);
    if (status) {
        free(site);
        free(made);
        return status;
    }
    *made = *expression;
    made->references = 1;
    made->site = site;
    mb_buffer_retain(made->map.values);
    mb_buffer_retain(made->map.valid);
    mb_layout_retain(made->natural);
    for (int i = 0; i < MB_MOST_OPERANDS; i++) {
        mb_column_retain(made->operands[i]);
        int below = depth_below(made->operands[i]);
        if (below >= made->depth) made->depth = below + 1;
        if (made->operands[i] && made->operands[i]->live) (*column)->live = true;
    }
    // What a host's array has become by many operators is a value of its own, once it is stored:
    // chains are released by recursion.
    if (made->depth > MOST_LIVE) (*column)->live = false;
    return MB_OK;
}

mb_status mb_expression_leaf(mb_context *cx, mb_operator op, const mb_type *type, int64_t n_global,
                             const mb_value values[2], uint64_t seed, mb_column **column)
{
    mb_layout *layout;
    mb_expression leaf = {
        .op = op, .as = type->kind, .value = {values[0], values[1]}, .seed = seed};
    mb_status status = mb_layout_even(cx, n_global, &layout);
    if (status) return status;
    status = pend(cx, &leaf, type, layout, NULL, column);
    mb_layout_release(layout);
    return status;
}

mb_status mb_expression_scalar(mb_context *cx, const mb_column *like, const mb_type *type,
                               const mb_value *value, mb_column **column)
{
    mb_expression leaf = {.op = value ? MB_CONSTANT : MB_NULL, .as = type->kind};
    if (value) leaf.value[0] = *value;
    return pend(cx, &leaf, type, like->layout, NULL, column);
}

static bool is_scalar(const mb_column *column)
{
    return column->expression &&
           (column->expression->op == MB_CONSTANT || column->expression->op == MB_NULL);
}

// Ends the message of a failure with what the operands are.
static mb_status refuse(mb_context *cx, mb_status status, const char *link,
                        mb_column *const *operands, int n)
{
    for (int i = 0; i < n; i++) {
        char one[64];
        size_t used = strlen(cx->message);
        mb_column_describe(operands[i], one, sizeof one);
        if (is_scalar(operands[i])) snprintf(one, sizeof one, "%s scalar", operands[i]->type->name);
        snprintf(cx->message + used, sizeof cx->message - used, "%s%s", i ? ", " : link, one);
    }
    return status;
}

static mb_status check_operands(mb_context *cx, const char *name, mb_column *const *operands, int n)
{
    for (int i = 0; i < n; i++) {
        if (operands[i]->cx != cx)
            return mb_fail(cx, MB_EINVALID, "%s: the columns belong to different runtimes", name);
        if (operands[i]->layout->n_global != operands[0]->layout->n_global)
            return refuse(cx, mb_fail(cx, MB_EINVALID, "%s: the lengths differ", name), ": ",
                          operands, n);
    }
    return MB_OK;
}

// The operand that says how the result is laid out: rows of a scalar can be anywhere.
static mb_column *leading_operand(mb_column *const *operands, int n)
{
    for (int i = 0; i < n; i++)
        if (!is_scalar(operands[i])) return operands[i];
    return operands[0];
}

// A float result as whole ticks of a unit: rounded, half to even.
static mb_status pend_rounded(mb_context *cx, const mb_expression *node, const mb_type *type,
                              mb_layout *layout, const char *site, mb_column **column)
{
    mb_column *floats = NULL, *whole = NULL;
    mb_status status = pend(cx, node, &mb_type_float, layout, NULL, &floats);
    if (!status) status = mb_expression_combine(cx, MB_RINT, &floats, NULL, &whole);
    if (!status) status = mb_expression_cast(cx, whole, type, false, site, column);
    mb_column_release(floats);
    mb_column_release(whole);
    return status;
}

static bool keeps_integers(mb_operator op)
{
    return op == MB_FLOOR || op == MB_CEIL || op == MB_TRUNC || op == MB_RINT;
}

mb_status mb_expression_combine(mb_context *cx, mb_operator op, mb_column *const *operands,
                                const char *site, mb_column **column)
{
    const mb_type *types[MB_MOST_OPERANDS], *result;
    int n = mb_operator_arity(op);
    mb_expression node = {.op = op};
    for (int i = 0; i < n; i++) {
        types[i] = operands[i]->type;
        node.operands[i] = operands[i];
    }
    mb_status status = check_operands(cx, mb_operator_name(op), operands, n);
    if (status) return status;
    status = mb_operator_types(cx, op, types, &node.as, &result);
    if (status) return refuse(cx, status, ", got ", operands, n);
    if (keeps_integers(op) && result->kind != MB_FLOAT)
        return mb_expression_cast(cx, operands[0], result, false, NULL, column);
    mb_layout *layout = leading_operand(operands, n)->layout;
    const bool rounded = result->units && node.as == MB_FLOAT; // a duration beside a float
    if (rounded) return pend_rounded(cx, &node, result, layout, site, column);
    bool may_fail = ((op == MB_FLOORDIV || op == MB_MOD) && node.as != MB_FLOAT) || result->units;
    return pend(cx, &node, result, layout, may_fail ? site : NULL, column);
}

// Whether a cast is one between types that have nothing in common.
static bool is_foreign(const mb_type *from, const mb_type *to)
{
    return from->units && to->units && from->units != to->units;
}

mb_status mb_expression_cast(mb_context *cx, mb_column *operand, const mb_type *type, bool wrap,
                             const char *site, mb_column **column)
{
    mb_expression cast = {
        .op = MB_CAST, .as = operand->type->kind, .operands = {operand}, .value = {{.u = wrap}}};
    if (is_foreign(operand->type, type))
        return mb_fail(cx, MB_EINVALID, "as: a %s is no %s (%s)", operand->type->name, type->name,
                       operand->type->mend);
    if (mb_units_shared(operand->type, type))
        return mb_expression_in_unit(cx, operand, type->unit, site, column);
    if (!mb_type_unites(operand->type, type))
        return pend(cx, &cast, type, operand->layout, site, column);
    *column = mb_column_retain(operand);
    return MB_OK;
}

mb_status mb_expression_in_unit(mb_context *cx, mb_column *operand, int unit, const char *site,
                                mb_column **column)
{
    const mb_type *from = operand->type;
    const bool coarser = unit < from->unit;
    const int64_t factor = mb_unit_ticks(coarser ? from->unit - unit : unit - from->unit);
    mb_expression rescale = {.op = MB_RESCALE,
                             .as = MB_INT,
                             .operands = {operand},
                             .value = {{.i = factor}, {.u = coarser}}};
    if (unit != from->unit)
        return pend(cx, &rescale, from->units->types[unit], operand->layout, site, column);
    *column = mb_column_retain(operand);
    return MB_OK;
}

mb_status mb_expression_of_time(mb_context *cx, mb_operator op, mb_column *operand,
                                const mb_value values[2], uint64_t seed, const char *site,
                                mb_column **column)
{
    mb_expression node = {.op = op,
                          .as = MB_INT,
                          .operands = {operand},
                          .value = {values[0], values[1]},
                          .seed = seed};
    return pend(cx, &node, op == MB_FIELD ? &mb_type_int : operand->type, operand->layout, site,
                column);
}

mb_status mb_expression_round(mb_context *cx, mb_column *operand, int64_t decimals,
                              mb_column **column)
{
    mb_expression round = {
        .op = MB_ROUND, .as = MB_FLOAT, .operands = {operand}, .value = {{.i = decimals}}};
    return pend(cx, &round, &mb_type_float, operand->layout, NULL, column);
}

mb_status mb_expression_call(mb_context *cx, const mb_registered *kernel,
                             mb_column *const *operands, const char *site, mb_column **column)
{
    const int n = kernel->ninputs;
    mb_expression node = {.op = MB_CALL, .as = kernel->result, .called = kernel};
    mb_status status = check_operands(cx, kernel->is.name, operands, n);
    for (int i = 0; i < n && !status; i++) {
        node.operands[i] = operands[i];
        status = mb_registered_check(cx, kernel, i, operands[i]->type);
    }
    if (status) return status;
    return pend(cx, &node, mb_type_of(kernel->result), leading_operand(operands, n)->layout, site,
                column);
}

mb_status mb_expression_map(mb_context *cx, mb_column *operand, const mb_map *map,
                            const mb_type *type, mb_column **column)
{
    mb_expression node = {
        .op = MB_MAP, .as = operand->type->kind, .operands = {operand}, .map = *map};
    return pend(cx, &node, type, operand->layout, NULL, column);
}

mb_status mb_expression_filter(mb_context *cx, mb_column *a, mb_column *mask, mb_layout *natural,
                               mb_column **column)
{
    mb_expression filter = {
        .op = MB_FILTER, .as = a->type->kind, .operands = {a, mask}, .natural = natural};
    if (!mb_layout_skewed(natural)) return pend(cx, &filter, a->type, natural, NULL, column);
    mb_layout *even;
    mb_status status = mb_layout_even(cx, natural->n_global, &even);
    if (status) return status;
    status = pend(cx, &filter, a->type, even, NULL, column);
    mb_layout_release(even);
    return status;
}
