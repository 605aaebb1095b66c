#include "ops/distribute/histogram_offsets.h"

#include <math.h>

#include "expr/evaluate.h"
#include "ops/distribute/histogram_edges.h"

// An order word as an offset of what is stored; at most 2^32.
static uint64_t offset_of(const mb_column *column, uint64_t word)
{
    const uint64_t most = UINT64_C(1) << 32;
    uint64_t base = mb_order_bits(column->type->kind, column->values.base);
    if (word <= base) return 0;
    return word - base < most ? word - base : most;
}

// Sets the guess: of what is stored as first + x, with first at a place of its own. A little more
// than the place is right for edges that rounding puts below a value.
static void set_guess(mb_offset_bins *bins, double scale, double first)
{
    bins->scale = scale * (1 + ldexp(1, -48));
    bins->nudge = (ldexp(1, 31) + first + ldexp(1, -18)) * bins->scale;
}

// Whether the guess is each value's bin, or the one after it. It ascends, so the ends of the bins
// tell.
static bool check_guess(mb_offset_bins *bins)
{
    bins->exact = true;
    for (uint32_t j = 0; j < bins->bins; j++) {
        uint32_t first = bins->starts[j], end = bins->starts[j + 1];
        if (first == end) continue;
        uint32_t least = mb_guess_bin(bins, first), most = mb_guess_bin(bins, end - 1);
        if (least < j || most > j + 1) return false;
        bins->exact = bins->exact && most == j;
    }
    return true;
}

bool mb_offset_bins_of(const mb_axis *axis, const uint64_t *words, int64_t nwords,
                       mb_offset_bins *bins)
{
    const mb_column *column = axis->column;
    mb_form form = mb_form_of(column->type->kind, column->values.width);
    if (mb_column_pending(column) || form > MB_U32) return false;
    if (nwords <= axis->bins) return false;
    uint64_t first = offset_of(column, words[0]), end = offset_of(column, words[axis->bins]);
    if (first >= end || end - first > UINT32_MAX) return false;
    bins->first = (uint32_t)first;
    bins->span = (uint32_t)(end - first - 1);
    bins->bins = (uint32_t)axis->bins;
    for (int64_t j = 0; j <= axis->bins; j++)
        bins->starts[j] = (uint32_t)(offset_of(column, words[j]) - first);
    uint64_t least = mb_order_bits(column->type->kind, column->values.base) + first;
    set_guess(bins, (double)axis->bins / (axis->high - axis->low), mb_axis_offset(axis, least));
    return check_guess(bins);
}

// How many of this rank's offsets are below one.
static int64_t offsets_below(const mb_column *column, uint64_t offset)
{
    int64_t low = 0, high = mb_column_rows(column);
    while (low < high) {
        mb_value value;
        int64_t middle = low + (high - low) / 2;
        mb_column_get(column, middle, &value);
        if (value.u - column->values.base < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void mb_offset_bins_search(const mb_column *column, const mb_offset_bins *bins, uint64_t *counts)
{
    int64_t before = offsets_below(column, bins->first);
    for (uint32_t j = 0; j < bins->bins; j++) {
        int64_t end = offsets_below(column, (uint64_t)bins->first + bins->starts[j + 1]);
        counts[j] += (uint64_t)(end - before);
        before = end;
    }
}
