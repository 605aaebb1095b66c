// Operators on times and durations of several units.

#include "expr/expression.h"
#include "types/time.h"

static bool is_constant(const mb_column *column)
{
    return column->expression && column->expression->op == MB_CONSTANT;
}

// The finest unit of the operands; -1 where none has one, or all have the same.
static int finest_unit(mb_column *const *operands, int n)
{
    int finest = -1;
    bool differ = false;
    for (int i = 0; i < n; i++) {
        const mb_type *type = operands[i]->type;
        if (!type->units) continue;
        differ = differ || (finest >= 0 && type->unit != finest);
        if (type->unit > finest) finest = type->unit;
    }
    return differ ? finest : -1;
}

static mb_status scalar_in_unit(mb_context *cx, mb_column *scalar, int unit, mb_column **column)
{
    bool fits;
    char text[MB_TEXT_SIZE];
    const mb_type *type = scalar->type;
    mb_value value = scalar->expression->value[0];
    if (mb_unit_convert(type->unit, unit, &value.i, &fits))
        return mb_expression_scalar(cx, scalar, type->units->types[unit], &value, column);
    type->format(type, value, text, sizeof text);
    return mb_fail(cx, MB_EOVERFLOW, "%s does not fit a %s in %s, the unit of what it meets", text,
                   type->name, mb_unit_names[unit]);
}

// `*op` and a value in the unit that holds of the same counts as `column op value`.
static mb_value compare_in_unit(mb_operator *op, const mb_type *type, mb_value value, int unit)
{
    bool fits, exact = mb_unit_convert(type->unit, unit, &value.i, &fits);
    if (exact) return value;
    // Nothing equals it: with the greatest value below it, or with the least of all.
    const bool negative = value.i < 0;
    const mb_value least = {.i = INT64_MIN};
    const bool below_all = !fits && negative;
    if (!fits && !negative) value.i = INT64_MAX;
    if (*op == MB_EQ || *op == MB_NE) {
        *op = *op == MB_EQ ? MB_LT : MB_GE; // of the least value: never, always
        return least;
    }
    const bool above = *op == MB_GT || *op == MB_GE;
    *op = below_all ? above ? MB_GE : MB_LT : above ? MB_GT : MB_LE;
    return below_all ? least : value;
}

static mb_status meet_comparison(mb_context *cx, mb_operator *op, mb_column *const *operands,
                                 int scalar, mb_column **met)
{
    mb_column *column = operands[1 - scalar], *constant = operands[scalar];
    mb_operator comparison = scalar ? *op : mb_operator_mirrored(*op);
    const mb_value value = compare_in_unit(&comparison, constant->type,
                                           constant->expression->value[0], column->type->unit);
    *op = comparison;
    met[0] = mb_column_retain(column);
    return mb_expression_scalar(cx, constant, column->type, &value, &met[1]);
}

// The operands with one unit, the finest among them, each with a reference for the caller to
// release whatever the status. A comparison with a scalar becomes one in the unit of the column
// instead, which `*op` and the scalar then are: exactly, also where the scalar is between two of
// the column's values, or beyond them all. MB_EOVERFLOW for another scalar that does not fit.
static mb_status meet(mb_context *cx, mb_operator *op, mb_column *const *operands, int n,
                      const char *site, mb_column **met)
{
    mb_status status = MB_OK;
    const int unit = n > 1 && *op != MB_HASH ? finest_unit(operands, n) : -1;
    if (unit >= 0 && mb_operator_compares(*op) &&
        mb_units_shared(operands[0]->type, operands[1]->type))
        for (int i = 0; i < 2; i++)
            if (is_constant(operands[1 - i]) && !is_constant(operands[i]))
                return meet_comparison(cx, op, operands, 1 - i, met);
    for (int i = 0; i < n && !status; i++) {
        const mb_type *type = operands[i]->type;
        if (unit < 0 || !type->units || type->unit == unit)
            met[i] = mb_column_retain(operands[i]);
        else if (is_constant(operands[i]))
            status = scalar_in_unit(cx, operands[i], unit, &met[i]);
        else
            status = mb_expression_in_unit(cx, operands[i], unit, site, &met[i]);
    }
    return status;
}

mb_status mb_expression_apply(mb_context *cx, mb_operator op, mb_column *const *operands,
                              const char *site, mb_column **column)
{
    mb_column *met[MB_MOST_OPERANDS] = {NULL};
    const int n = mb_operator_arity(op);
    mb_status status = meet(cx, &op, operands, n, site, met);
    if (!status) status = mb_expression_combine(cx, op, met, site, column);
    for (int i = 0; i < n; i++)
        mb_column_release(met[i]);
    return status;
}

mb_status mb_expression_apply_scalar(mb_context *cx, mb_operator op, mb_column *operand,
                                     const mb_type *type, mb_value value, mb_column **column)
{
    mb_column *scalar = NULL;
    mb_status status = mb_expression_scalar(cx, operand, type, &value, &scalar);
    if (!status)
        status = mb_expression_apply(cx, op, (mb_column *[]){operand, scalar}, NULL, column);
    mb_column_release(scalar);
    return status;
}
