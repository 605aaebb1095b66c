#include "expr/scalar.h"

#include <math.h>

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

// An integer as order bits of the column's type; -1 or 1 when it lies below or above all of them.
static int order_integer(mb_type type, mb_type scalar_type, mb_value scalar, uint64_t *order)
{
    if (type == MB_UINT && scalar_type != MB_UINT && scalar.i < 0) return -1;
    if (type != MB_UINT && scalar_type == MB_UINT && scalar.i < 0) return 1;
    *order = mb_order_bits(type == MB_UINT ? MB_UINT : MB_INT, scalar.u);
    return 0;
}

// The integer comparison that an integer column's comparison with a float comes down to.
static mb_scalar_test whole_number(int comparison, mb_type type, double scalar, mb_value *whole,
                                   int *changed)
{
    double low = type == MB_UINT ? 0 : -0x1p63, high = type == MB_UINT ? 0x1p64 : 0x1p63;
    double below = floor(scalar);
    *changed = comparison;
    if (isnan(scalar)) return always(comparison == NE);
    if (scalar >= high) return beyond(comparison, true);
    if (below < low) return beyond(comparison, false);
    if (type == MB_UINT)
        whole->u = (uint64_t)below;
    else
        whole->i = (int64_t)below;
    if (below < scalar) {
        if (comparison == EQ || comparison == NE) return always(comparison == NE);
        *changed = comparison == LT || comparison == LE ? LE : GT;
    }
    return (mb_scalar_test){0};
}

static mb_scalar_test test_integer(int comparison, mb_type type, mb_form form, uint64_t base,
                                   mb_type scalar_type, mb_value scalar)
{
    uint64_t order;
    if (scalar_type == MB_FLOAT) {
        mb_value whole = {0};
        mb_scalar_test test = whole_number(comparison, type, scalar.f, &whole, &comparison);
        if (test.always) return test;
        scalar = whole;
        scalar_type = type == MB_UINT ? MB_UINT : MB_INT;
    }
    int side = order_integer(type, scalar_type, scalar, &order);
    if (side) return beyond(comparison, side > 0);
    if (form == MB_I64 || form == MB_U64)
        return (mb_scalar_test){.comparison = comparison, .bound = scalar};
    uint64_t low = mb_order_bits(type == MB_UINT ? MB_UINT : MB_INT, base);
    uint64_t most = (UINT64_C(1) << (8 << form)) - 1; // MB_U8, MB_U16, MB_U32 are 0, 1, 2
    if (order < low) return beyond(comparison, false);
    if (order - low > most) return beyond(comparison, true);
    return (mb_scalar_test){.comparison = comparison, .bound.u = order - low};
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

static mb_scalar_test test_float(int comparison, mb_type scalar_type, mb_value scalar)
{
    if (scalar_type == MB_FLOAT) return (mb_scalar_test){.comparison = comparison, .bound = scalar};
    double rounded = scalar_type == MB_UINT ? (double)scalar.u : (double)scalar.i;
    double limit = scalar_type == MB_UINT ? 0x1p64 : 0x1p63;
    bool up = rounded >= limit;
    if (!up) {
        bool exact =
            scalar_type == MB_UINT ? (uint64_t)rounded == scalar.u : (int64_t)rounded == scalar.i;
        if (exact) return (mb_scalar_test){.comparison = comparison, .bound.f = rounded};
        up = scalar_type == MB_UINT ? (uint64_t)rounded > scalar.u : (int64_t)rounded > scalar.i;
    }
    return between_doubles(comparison, rounded, up);
}

mb_scalar_test mb_scalar_test_of(int comparison, mb_type type, mb_form form, uint64_t base,
                                 mb_type scalar_type, mb_value scalar)
{
    if (scalar_type == MB_BOOL) {
        scalar = (mb_value){.u = scalar.b ? 1 : 0};
        scalar_type = MB_INT;
    }
    return type == MB_FLOAT ? test_float(comparison, scalar_type, scalar)
                            : test_integer(comparison, type, form, base, scalar_type, scalar);
}
