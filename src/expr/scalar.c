#include "expr/scalar.h"

#include <math.h>
#include <stdio.h>

// --- Conversions.

static bool integer_of_float(mb_kind to, double number, mb_value *value)
{
    return number == floor(number) && !mb_integer_of_whole(to, number, &value->u);
}

static bool float_of_integer(mb_kind kind, mb_value *value)
{
    mb_value integer = *value, back = {0};
    value->f = (double)mb_integer(kind, integer.bits);
    return integer_of_float(kind, value->f, &back) && back.bits == integer.bits;
}

bool mb_scalar_convert(mb_kind to, mb_kind kind, mb_value *value)
{
    if (to == kind) return true;
    if (to == MB_BOOL || kind == MB_BOOL) return false;
    if (to == MB_FLOAT) return float_of_integer(kind, value);
    if (kind == MB_FLOAT) return integer_of_float(to, value->f, value);
    return value->i >= 0; // int and uint share what both hold
}

void mb_scalar_describe(mb_kind kind, mb_value value, char *text, size_t size)
{
    if (kind == MB_FLOAT)
        snprintf(text, size, "%.17g", value.f);
    else
        mb_type_of(kind)->format(mb_type_of(kind), value, text, size);
}

static mb_status refuse(mb_context *cx, mb_kind beside, mb_kind kind, mb_value value)
{
    char text[40];
    mb_scalar_describe(kind, value, text, sizeof text);
    if (!mb_kind_is_integer(beside) || kind == MB_FLOAT)
        return mb_fail(cx, MB_EINVALID, "number has no integer representation: %s", text);
    return mb_fail(cx, MB_EINVALID, "%s is no %s; cast the column by :as(\"%s\")", text,
                   mb_kind_name(beside), mb_kind_name(kind));
}

static bool works_on_bits(mb_operator op)
{
    return op >= MB_AND && op <= MB_CTZ;
}

static bool works_on_floats(mb_operator op)
{
    return op == MB_DIV || op == MB_POW || (op >= MB_SQRT && op <= MB_COSH);
}

// An integer that the column's integer type does not hold.
static mb_status beyond_type(mb_context *cx, mb_operator op, mb_kind beside, mb_kind *kind,
                             mb_value *value)
{
    bool wraps = beside == MB_UINT && op >= MB_ADD && op <= MB_MUL;
    if (op == MB_MAXIMUM && beside == MB_UINT)
        value->u = 0;
    else if (op == MB_MINIMUM && beside == MB_INT)
        value->i = INT64_MAX;
    else if (!wraps && !works_on_bits(op))
        return refuse(cx, beside, *kind, *value);
    *kind = beside;
    return MB_OK;
}

mb_status mb_scalar_beside(mb_context *cx, mb_operator op, mb_kind beside, mb_kind *kind,
                           mb_value *value)
{
    if (works_on_bits(op) && *kind == MB_FLOAT) {
        mb_kind whole = beside == MB_UINT && value->f >= 0 ? MB_UINT : MB_INT;
        if (!integer_of_float(whole, value->f, value)) return refuse(cx, whole, *kind, *value);
        *kind = whole;
    }
    if (!mb_kind_mixes_signs(beside, *kind) || mb_operator_compares(op) || op == MB_HASH)
        return MB_OK;
    if (works_on_floats(op)) {
        (void)mb_scalar_convert(MB_FLOAT, *kind, value);
        *kind = MB_FLOAT;
        return MB_OK;
    }
    if (!mb_scalar_convert(beside, *kind, value)) return beyond_type(cx, op, beside, kind, value);
    *kind = beside;
    return MB_OK;
}

// --- Comparisons.

enum { EQ, NE, LT, LE, GT, GE };

static mb_scalar_test always(bool holds)
{
    return (mb_scalar_test){.always = holds ? 1 : -1};
}

// Where the scalar lies beyond all values: `above` tells on which side.
static mb_scalar_test beyond(int comparison, bool above)
{
    switch (comparison) {
    case EQ: return always(false);
    case NE: return always(true);
    case LT:
    case LE: return always(above);
    default: return always(!above);
    }
}

// The integer comparison that an integer column's comparison with a float comes down to.
static mb_scalar_test whole_number(int comparison, mb_kind kind, double scalar, mb_value *whole,
                                   int *changed)
{
    double below = floor(scalar);
    *changed = comparison;
    if (isnan(scalar)) return always(comparison == NE);
    int side = mb_integer_of_whole(kind, below, &whole->u);
    if (side) return beyond(comparison, side > 0);
    if (below < scalar) {
        if (comparison == EQ || comparison == NE) return always(comparison == NE);
        *changed = comparison == LT || comparison == LE ? LE : GT;
    }
    return (mb_scalar_test){0};
}

static mb_scalar_test test_integer(int comparison, mb_kind kind, mb_form form, uint64_t base,
                                   mb_kind scalar_type, mb_value scalar)
{
    if (scalar_type == MB_FLOAT) {
        mb_value whole = {0};
        mb_scalar_test test = whole_number(comparison, kind, scalar.f, &whole, &comparison);
        if (test.always) return test;
        scalar = whole;
        scalar_type = kind;
    }
    const mb_int128 integer = mb_integer(scalar_type, scalar.bits);
    if (!mb_integer_fits(kind, integer)) return beyond(comparison, integer > 0);
    if (form == MB_I64 || form == MB_U64)
        return (mb_scalar_test){.comparison = comparison, .bound = scalar};
    const mb_int128 offset = integer - mb_integer(kind, base);
    const int bits = 8 << form; // MB_U8, MB_U16, MB_U32 are 0, 1, 2
    if (offset < 0 || offset >> bits) return beyond(comparison, offset > 0);
    return (mb_scalar_test){.comparison = comparison, .bound.u = (uint64_t)offset};
}

// A float column against an integer that no double equals: `rounded` is the double next to it.
static mb_scalar_test between_doubles(int comparison, double rounded, bool rounded_up)
{
    mb_scalar_test test = {.comparison = comparison, .bound.f = rounded};
    if (comparison == EQ || comparison == NE) return always(comparison == NE);
    bool less = comparison == LT || comparison == LE;
    if (rounded_up)
        test.comparison = less ? LT : GE;
    else
        test.comparison = less ? LE : GT;
    return test;
}

static mb_scalar_test test_float(int comparison, mb_kind scalar_type, mb_value scalar)
{
    if (scalar_type == MB_FLOAT) return (mb_scalar_test){.comparison = comparison, .bound = scalar};
    const mb_int128 integer = mb_integer(scalar_type, scalar.bits);
    double rounded = (double)integer;
    if ((mb_int128)rounded == integer)
        return (mb_scalar_test){.comparison = comparison, .bound.f = rounded};
    return between_doubles(comparison, rounded, (mb_int128)rounded > integer);
}

mb_scalar_test mb_scalar_test_of(int comparison, mb_kind kind, mb_form form, uint64_t base,
                                 mb_kind scalar_type, mb_value scalar)
{
    if (scalar_type == MB_BOOL) {
        scalar = (mb_value){.u = scalar.b ? 1 : 0};
        scalar_type = MB_INT;
    }
    if (kind == MB_FLOAT) return test_float(comparison, scalar_type, scalar);
    return test_integer(comparison, mb_kind_of_number(kind), form, base, scalar_type, scalar);
}
