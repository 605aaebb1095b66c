// Folds that add. Integers in 128 bits, or in 64 where their range allows it; floats as float_sum.h
// tells: no value loses more than 2^-60 of the largest magnitude in its group; the sum of what is
// left is exact, and rounded once.

#include <math.h>

#include "ops/group/float_sum.h"
#include "ops/group/fold.h"
#include "types/time.h"

MB_ISA_CHOICE(mb_float_sum_kernels, mb_float_sum_kernels, mb_float_sum_kernels_of);

int64_t mb_fold_finish_words(const mb_fold *fold, const void *states, int64_t n, uint64_t *results,
                             uint8_t *valid)
{
    (void)fold;
    (void)valid;
    for (int64_t i = 0; i < n; i++)
        results[i] = ((const uint64_t *)states)[i];
    return -1;
}

// --- Integers.

static void add_narrow(const mb_fold_rows *rows, void *states)
{
    uint64_t *sums = states;
    for (int64_t i = 0; i < rows->n; i++) {
        __builtin_prefetch(&sums[mb_group_ahead(rows, i)], 1);
        sums[rows->groups[i]] += rows->values[i];
    }
}

void mb_fold_merge_sums(const void *from, int64_t n, const uint32_t *groups, void *states)
{
    const mb_fold_rows rows = {.n = n, .groups = groups, .values = from};
    add_narrow(&rows, states);
}

typedef struct wide_sum {
    uint64_t low, high; // of 128 bits
    int64_t count;
} wide_sum;

static inline mb_int128 value_of(const wide_sum *sum)
{
    return (mb_int128)((mb_uint128)sum->high << 64 | sum->low);
}

static inline void add_wide(wide_sum *sum, mb_int128 value, int64_t count)
{
    mb_uint128 total = (mb_uint128)value_of(sum) + (mb_uint128)value;
    sum->low = (uint64_t)total;
    sum->high = (uint64_t)(total >> 64);
    sum->count += count;
}

static void add_ints(const mb_fold_rows *rows, void *states)
{
    for (int64_t i = 0; i < rows->n; i++)
        add_wide((wide_sum *)states + rows->groups[i], (int64_t)rows->values[i], 1);
}

static void add_uints(const mb_fold_rows *rows, void *states)
{
    for (int64_t i = 0; i < rows->n; i++)
        add_wide((wide_sum *)states + rows->groups[i], (mb_int128)rows->values[i], 1);
}

static void merge_wide(const void *from, int64_t n, const uint32_t *groups, void *states)
{
    const wide_sum *others = from;
    for (int64_t i = 0; i < n; i++)
        add_wide((wide_sum *)states + groups[i], value_of(&others[i]), others[i].count);
}

static int64_t finish_wide(const mb_fold *fold, const void *states, int64_t n, uint64_t *results,
                           uint8_t *valid)
{
    const wide_sum *sums = states;
    (void)valid;
    for (int64_t i = 0; i < n; i++) {
        mb_int128 sum = value_of(&sums[i]);
        results[i] = (uint64_t)sum;
        if (!mb_integer_fits(fold->type->kind, sum)) return i;
    }
    return -1;
}

static int64_t finish_wide_mean(const mb_fold *fold, const void *states, int64_t n,
                                uint64_t *results, uint8_t *valid)
{
    const wide_sum *sums = states;
    (void)fold;
    (void)valid;
    for (int64_t i = 0; i < n; i++) {
        mb_value mean = {.f = (double)value_of(&sums[i]) / (double)sums[i].count};
        if (sums[i].count == 0) mean.f = (double)NAN;
        results[i] = mean.bits;
    }
    return -1;
}

// Sums that stay in 64 bits, and counts.
typedef struct narrow_mean {
    uint64_t sum;
    int64_t count;
} narrow_mean;

static void add_mean(const mb_fold_rows *rows, void *states)
{
    narrow_mean *means = states;
    for (int64_t i = 0; i < rows->n; i++) {
        __builtin_prefetch(&means[mb_group_ahead(rows, i)], 1);
        means[rows->groups[i]].sum += rows->values[i];
        means[rows->groups[i]].count++;
    }
}

static void merge_means(const void *from, int64_t n, const uint32_t *groups, void *states)
{
    const narrow_mean *others = from;
    for (int64_t i = 0; i < n; i++) {
        narrow_mean *mean = (narrow_mean *)states + groups[i];
        mean->sum += others[i].sum;
        mean->count += others[i].count;
    }
}

static int64_t finish_mean(const mb_fold *fold, const void *states, int64_t n, uint64_t *results,
                           uint8_t *valid)
{
    const narrow_mean *means = states;
    (void)fold;
    (void)valid;
    for (int64_t i = 0; i < n; i++) {
        mb_value mean = {.f = (double)(int64_t)means[i].sum / (double)means[i].count};
        if (means[i].count == 0) mean.f = (double)NAN;
        results[i] = mean.bits;
    }
    return -1;
}

// Of times and durations: missing where there is no value.
static int64_t finish_unit_mean(const mb_fold *fold, const void *states, int64_t n,
                                uint64_t *results, uint8_t *valid)
{
    const wide_sum *sums = states;
    for (int64_t i = 0; i < n; i++) {
        const mb_type *type = fold->result;
        mb_value mean = {0};
        valid[i] = sums[i].count > 0;
        if (valid[i]) mb_unit_mean(fold->type, value_of(&sums[i]), sums[i].count, &type, &mean);
        results[i] = mean.bits;
        if (type != fold->result) return i;
    }
    return -1;
}

// Whether no sum of the column's rows can leave 64 bits.
static bool is_narrow(const mb_column *column)
{
    const int64_t most = INT64_MAX / (column->layout->n_global + 1);
    mb_range range;
    return mb_column_range(column, &range) &&
           mb_integer(column->type->kind, range.minimum) >= -most &&
           mb_integer(column->type->kind, range.maximum) <= most;
}

void mb_fold_integer_sum(const mb_column *column, mb_fold *fold)
{
    fold->whole = true;
    if (fold->kind == MB_FOLD_SUM && is_narrow(column)) {
        fold->width = sizeof(uint64_t);
        fold->add = add_narrow;
        fold->finish = mb_fold_finish_words;
        return;
    }
    if (fold->kind == MB_FOLD_MEAN && fold->result == &mb_type_float && is_narrow(column)) {
        fold->width = sizeof(narrow_mean);
        fold->add = add_mean;
        fold->merge = merge_means;
        fold->finish = finish_mean;
        return;
    }
    fold->width = sizeof(wide_sum);
    fold->add = fold->type->kind == MB_INT ? add_ints : add_uints;
    fold->merge = merge_wide;
    fold->finish = fold->kind == MB_FOLD_SUM ? finish_wide : finish_wide_mean;
    if (fold->kind == MB_FOLD_SUM || !fold->type->units) return;
    fold->finish = finish_unit_mean;
    fold->whole = false;
}

// --- Floats.

static void merge_floats(const void *from, int64_t n, const uint32_t *groups, void *states)
{
    const uint64_t specials = ((UINT64_C(1) << COUNT_SHIFT) - 1) & ~UINT64_C(0xff);
    const float_sum *others = from;
    for (int64_t i = 0; i < n; i++) {
        float_sum *sum = (float_sum *)states + groups[i];
        sum->meta += others[i].meta >> COUNT_SHIFT << COUNT_SHIFT;
        sum->meta |= others[i].meta & specials;
        if (top_of(&others[i])) add_limbs(sum, others[i].limbs, top_of(&others[i]));
    }
}

// A sum, over a number that is 1 for sums themselves.
static double float_value(const float_sum *sum, double over)
{
    uint64_t special = sum->meta >> SPECIAL_SHIFT & 0xff;
    if (special == POSITIVE_INFINITY) return (double)INFINITY;
    if (special == NEGATIVE_INFINITY) return -(double)INFINITY;
    if (special) return (double)NAN;
    const mb_int128 unit = (mb_int128)1 << LIMB_BITS;
    mb_int128 total = (sum->limbs[2] * unit + sum->limbs[1]) * unit + sum->limbs[0];
    return ldexp((double)total / over, LIMB_BITS * (top_of(sum) - 2) - LEAST_EXPONENT);
}

static int64_t finish_floats(const mb_fold *fold, const void *states, int64_t n, uint64_t *results,
                             uint8_t *valid)
{
    const float_sum *sums = states;
    const bool mean = fold->kind == MB_FOLD_MEAN;
    (void)valid;
    for (int64_t i = 0; i < n; i++) {
        uint64_t count = sums[i].meta >> COUNT_SHIFT;
        if (count > MOST_ROWS) return i;
        mb_value value = {.f = (double)NAN};
        if (!mean || count) value.f = float_value(&sums[i], mean ? (double)count : 1);
        results[i] = value.bits;
    }
    return -1;
}

static int64_t scan_floats(const mb_fold_rows *rows, const uint8_t *there, void *states,
                           uint64_t *results)
{
    float_sum *sums = states;
    for (int64_t i = 0; i < rows->n; i++) {
        float_sum *sum = &sums[rows->groups[i]];
        __builtin_prefetch(&sums[mb_group_ahead(rows, i)], 1);
        if (!there || there[i]) add_float(sum, rows->values[i]);
        if (sum->meta >> COUNT_SHIFT > MOST_ROWS) return i;
        results[i] = ((mb_value){.f = float_value(sum, 1)}).bits;
    }
    return -1;
}

void mb_fold_float_sum(mb_isa isa, mb_fold *fold)
{
    fold->width = sizeof(float_sum);
    fold->whole = true;
    fold->add = mb_float_sum_kernels_of(isa)->add;
    fold->merge = merge_floats;
    fold->finish = finish_floats;
    fold->scan = scan_floats;
}
