#include "ops/group/split_select.h"

#include <math.h>
#include <string.h>

#include "comm/collectives.h"
#include "core/kind.h"
#include "ops/distribute/quantile.h"

enum {
    ENDS = 2,         // the values below and above a quantile
    TARGET_WORDS = 8, // of what is known of a group
    FEW = 16,         // groups that have large digits, for fewer passes over the values
    LARGE_BITS = 8,
    SMALL_BITS = 4, // so that many groups need little memory and short messages
};

// The values next to the quantile of a group, as far as their digits are known.
typedef struct target {
    uint64_t prefix[ENDS];
    int64_t index[ENDS]; // among the values that begin with it
    int64_t n, nans;
} target;
_Static_assert(sizeof(target) <= TARGET_WORDS * sizeof(int64_t), "as mb_split_need says");

static int digit_bits(int64_t groups)
{
    return groups <= FEW ? LARGE_BITS : SMALL_BITS;
}

int64_t mb_split_need(int64_t groups)
{
    int64_t few = groups < FEW ? groups : FEW;
    int64_t counts =
        (few << LARGE_BITS) > (groups << SMALL_BITS) ? few << LARGE_BITS : groups << SMALL_BITS;
    return groups * TARGET_WORDS + 2 * ENDS * counts;
}

// Counts the values of each group, and the NaN among them.
static void count_values(mb_context *cx, const mb_split_part *parts, int nparts, int groups,
                         target *targets, int64_t *mine, int64_t *all)
{
    memset(mine, 0, (size_t)groups * 2 * sizeof *mine);
    for (int p = 0; p < nparts; p++) {
        if (parts[p].group < 0) continue;
        int64_t *counts = mine + (int64_t)parts[p].group * 2;
        counts[0] += parts[p].n;
        for (int64_t i = 0; i < parts[p].n; i++)
            counts[1] += parts[p].orders[i] == MB_ORDER_NAN;
    }
    mb_sum_all(cx, mine, (int64_t)groups * 2, all);
    for (int g = 0; g < groups; g++)
        targets[g] = (target){.n = all[(int64_t)g * 2], .nans = all[(int64_t)g * 2 + 1]};
}

// Counts the digit at `shift` of the values that begin as an end of their group's quantile does.
static void count_digits(const mb_split_part *part, const target *target, int shift, int bits,
                         int64_t *counts)
{
    const uint64_t known = shift + bits < 64 ? UINT64_MAX << (shift + bits) : 0;
    const uint64_t mask = (UINT64_C(1) << bits) - 1;
    for (int64_t i = 0; i < part->n; i++) {
        uint64_t order = part->orders[i], digit = order >> shift & mask;
        counts[digit] += ((order ^ target->prefix[0]) & known) == 0;
        counts[mask + 1 + digit] += ((order ^ target->prefix[1]) & known) == 0;
    }
}

static void choose_digits(target *target, int shift, int bits, const int64_t *counts)
{
    const int digits = 1 << bits;
    for (int e = 0; e < ENDS; e++, counts += digits) {
        int digit = 0;
        while (digit < digits - 1 && target->index[e] >= counts[digit])
            target->index[e] -= counts[digit++];
        target->prefix[e] |= (uint64_t)digit << shift;
    }
}

void mb_split_select(mb_context *cx, mb_kind kind, const mb_split_part *parts, int nparts,
                     int groups, double q, int64_t *memory, double *results)
{
    const int bits = digit_bits(groups);
    const int64_t cells = (int64_t)ENDS << bits, ncells = groups * cells;
    target *targets = (target *)(void *)memory;
    int64_t *mine = memory + (int64_t)groups * TARGET_WORDS, *all = mine + ncells;
    if (groups == 0) return;
    count_values(cx, parts, nparts, groups, targets, mine, all);
    for (int g = 0; g < groups; g++) {
        double place = q * (double)(targets[g].n - 1);
        targets[g].index[0] = (int64_t)floor(place);
        targets[g].index[1] = (int64_t)ceil(place);
        results[g] = place - floor(place);
    }
    for (int shift = 64 - bits; shift >= 0; shift -= bits) {
        memset(mine, 0, (size_t)ncells * sizeof *mine);
        for (int p = 0; p < nparts; p++)
            if (parts[p].group >= 0)
                count_digits(&parts[p], &targets[parts[p].group], shift, bits,
                             mine + parts[p].group * cells);
        mb_sum_all(cx, mine, ncells, all);
        for (int g = 0; g < groups; g++)
            choose_digits(&targets[g], shift, bits, all + g * cells);
    }
    for (int g = 0; g < groups; g++) {
        const target *to = &targets[g];
        bool none = to->n == 0 || (mb_kind_has_nan(kind) && to->nans > 0);
        results[g] = none ? (double)NAN
                          : mb_quantile_between(kind, to->prefix[0], to->prefix[1], results[g]);
    }
}
