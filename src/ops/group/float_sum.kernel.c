// Floats of a chunk of rows are cut into limbs together, in the window of the largest of them, and
// then added to the sums of their groups. Few sums have another window: those where only smaller
// values were, whose limbs would lose bits, take values one by one.

#include "ops/group/float_sum.h"

enum { CHUNK = 256 };

typedef struct limbs {
    int64_t of[LIMBS][CHUNK];
} limbs;

// The largest exponent of n values.
static uint64_t largest_exponent(const uint64_t *bits, int64_t n)
{
    uint64_t most = 0;
    for (int64_t i = 0; i < n; i++) {
        uint64_t exponent = bits[i] << 1;
        most = exponent > most ? exponent : most;
    }
    return most >> (MANTISSA_BITS + 1);
}

// The limbs of n values in the window whose highest limb is number `top`.
static void cut(const uint64_t *bits, int64_t n, int64_t top, limbs *to)
{
    const uint64_t limb = (UINT64_C(1) << LIMB_BITS) - 1, unit = UINT64_C(1) << MANTISSA_BITS;
    const int64_t bottom = LIMB_BITS * (top - 2);
    for (int64_t i = 0; i < n; i++) {
        uint64_t exponent = bits[i] >> MANTISSA_BITS & 0x7ff, normal = exponent > 0;
        uint64_t mantissa = (bits[i] & (unit - 1)) | normal << MANTISSA_BITS;
        int64_t up = (int64_t)(exponent - normal) - bottom, down = 2 * LIMB_BITS - up;
        uint64_t low = up >= 0 ? mantissa << (up & 63) : mantissa >> (-up & 63);
        uint64_t high = mantissa >> (down & 63), sign = 0 - (bits[i] >> 63);
        low = up > -64 ? low : 0;
        high = down < 64 ? high : 0;
        to->of[0][i] = (int64_t)(((low & limb) ^ sign) - sign);
        to->of[1][i] = (int64_t)(((low >> LIMB_BITS & limb) ^ sign) - sign);
        to->of[2][i] = (int64_t)((high ^ sign) - sign);
    }
}

// Adds n rows from number `first` on; returns how many of them were added one by one.
static int64_t add_chunk(const mb_fold_rows *rows, int64_t first, int64_t n, float_sum *sums)
{
    const uint64_t *bits = rows->values + first;
    const uint32_t *groups = rows->groups + first;
    uint64_t exponent = largest_exponent(bits, n);
    limbs limbs;
    int64_t apart = 0;
    int top = ((int)exponent - (exponent > 0) + MANTISSA_BITS) / LIMB_BITS;
    if (exponent == 0x7ff) { // infinities or NaN
        for (int64_t i = 0; i < n; i++)
            add_float(&sums[groups[i]], bits[i]);
        return 0;
    }
    cut(bits, n, top, &limbs);
    for (int64_t i = 0; i < n; i++) {
        float_sum *sum = &sums[groups[i]];
        __builtin_prefetch(&sums[mb_group_ahead(rows, first + i)], 1);
        int above = top_of(sum) - top;
        if (above < 0) {
            add_float(sum, bits[i]);
            apart++;
            continue;
        }
        sum->meta += UINT64_C(1) << COUNT_SHIFT;
        if (above == 0) {
            sum->limbs[0] += limbs.of[0][i];
            sum->limbs[1] += limbs.of[1][i];
            sum->limbs[2] += limbs.of[2][i];
        } else {
            for (int k = above; k < LIMBS; k++)
                sum->limbs[k - above] += limbs.of[k][i];
        }
    }
    return apart;
}

static void add(const mb_fold_rows *rows, void *states)
{
    int64_t first = 0, n = 0, apart = 0;
    for (; first < rows->n && 2 * apart <= n; first += n) {
        n = rows->n - first < CHUNK ? rows->n - first : CHUNK;
        apart = add_chunk(rows, first, n, states);
    }
    for (; first < rows->n; first++)
        add_float((float_sum *)states + rows->groups[first], rows->values[first]);
}

const mb_float_sum_kernels MB_ISA_NAME(mb_float_sum_kernels) = {.add = add};
