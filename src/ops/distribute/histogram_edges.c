#include "ops/distribute/histogram_edges.h"

#include <math.h>

#include "expr/scalar.h"
#include "ops/distribute/digitize.h"

static const mb_int128 exact = (mb_int128)1 << 53; // doubles hold all integers up to it

static mb_int128 edge_times_bins(const mb_axis *axis, int64_t i)
{
    return axis->least * axis->bins + (axis->most - axis->least) * i;
}

static bool held_by_double(mb_int128 x)
{
    return (mb_int128)(double)x == x;
}

// Whole bins of integers, some of whose edges are no doubles.
static bool needs_whole_edges(const mb_axis *axis)
{
    if (!axis->whole || (axis->most - axis->least) % axis->bins != 0) return false;
    if (!mb_integer_fits(axis->column->type->kind, axis->least) ||
        !mb_integer_fits(axis->column->type->kind, axis->most))
        return false;
    for (int64_t i = 0; i <= axis->bins; i++)
        if (!held_by_double(edge_times_bins(axis, i) / axis->bins)) return true;
    return false;
}

// The double next to an edge between integers.
static double fraction_edge(const mb_axis *axis, int64_t i)
{
    mb_int128 product = edge_times_bins(axis, i), whole = product / axis->bins;
    whole -= whole * axis->bins > product;
    return (double)whole + (double)(product - whole * axis->bins) / (double)axis->bins;
}

// Moves the ends outwards where rounding has left the least or largest integer outside.
static void hold_ends(mb_axis *axis)
{
    mb_value *first = &axis->edges[0], *last = &axis->edges[axis->bins];
    if ((mb_int128)first->f > axis->least) first->f = nextafter(first->f, -(double)INFINITY);
    if ((mb_int128)last->f < axis->most) last->f = nextafter(last->f, (double)INFINITY);
}

static void set_float_edges(mb_axis *axis)
{
    bool halves = !isfinite(axis->high - axis->low);
    double half = halves ? 0.5 : 1, low = axis->low * half;
    double width = (axis->high * half - low) / (double)axis->bins;
    for (int64_t i = 0; i < axis->bins; i++)
        axis->edges[i].f = (low + (double)i * width) / half;
    axis->edges[axis->bins].f = axis->high;
}

static mb_status check_apart(mb_context *cx, const mb_axis *axis)
{
    char low[40], high[40];
    mb_kind kind = axis->whole ? axis->column->type->kind : MB_FLOAT;
    bool integers = mb_kind_is_integer(axis->column->type->kind);
    int64_t i = 0;
    while (i < axis->bins && axis->edges[i].f < axis->edges[i + 1].f)
        i++;
    if (i == axis->bins) return MB_OK;
    mb_value ends[2] = {{.f = axis->low}, {.f = axis->high}};
    if (axis->whole) ends[0].u = (uint64_t)axis->least, ends[1].u = (uint64_t)axis->most;
    mb_scalar_describe(kind, ends[0], low, sizeof low);
    mb_scalar_describe(kind, ends[1], high, sizeof high);
    return mb_fail(cx, MB_EINVALID,
                   "histogram: floats cannot tell apart the edges of %lld bins from %s to %s; %s",
                   (long long)axis->bins, low, high,
                   integers ? "take a number of bins that divides the range, or the offsets from "
                              "the least value, c - c:min()"
                            : "take fewer bins, or a wider range");
}

bool mb_axis_fits_doubles(const mb_axis *axis)
{
    if (axis->whole) return axis->least > -exact && axis->most < exact;
    return fabs(axis->low) < (double)exact && fabs(axis->high) < (double)exact;
}

mb_status mb_axis_set_edges(mb_context *cx, mb_axis *axis)
{
    bool integers = mb_kind_is_integer(axis->column->type->kind) && axis->whole;
    axis->whole = integers;
    axis->whole_edges = integers && needs_whole_edges(axis);
    if (axis->whole_edges) {
        for (int64_t i = 0; i <= axis->bins; i++)
            axis->edges[i].u = (uint64_t)(edge_times_bins(axis, i) / axis->bins);
        return MB_OK;
    }
    if (integers && !mb_axis_fits_doubles(axis)) {
        for (int64_t i = 0; i <= axis->bins; i++)
            axis->edges[i].f = fraction_edge(axis, i);
        hold_ends(axis);
    } else {
        set_float_edges(axis);
    }
    return check_apart(cx, axis);
}

bool mb_axis_is_coarse(const mb_axis *axis)
{
    double width = (axis->high - axis->low) / (double)axis->bins;
    double far = fmax(fabs(axis->low), fabs(axis->high));
    return !isfinite(width) || !isfinite(1 / width) || width < ldexp(far, -49);
}

int64_t mb_axis_words(const mb_axis *axis, uint64_t *words)
{
    mb_kind kind = axis->column->type->kind, of_edges = axis->whole_edges ? kind : MB_FLOAT;
    for (int64_t i = 0; i <= axis->bins; i++) {
        mb_value edge = axis->edges[i];
        if (!mb_edge_word(kind, of_edges, edge, &words[i])) return i;
        bool above =
            i == axis->bins && (kind == MB_BOOL ? edge.f == floor(edge.f) && edge.f >= 0
                                                : mb_scalar_convert(kind, of_edges, &edge));
        if (above && ++words[i] == 0) return i;
    }
    return axis->bins + 1;
}

double mb_axis_offset(const mb_axis *axis, uint64_t word)
{
    mb_kind kind = axis->column->type->kind;
    mb_int128 value = mb_integer(kind, mb_order_bits(kind, word));
    return axis->whole ? (double)(value - axis->least) : (double)value - axis->low;
}
