// Products of floats: sums of their logarithms in fixed point, which are exact and so do not depend
// on the order. A logarithm is off by some 2^-63, and so is, for each factor, the product before it
// is rounded; products of a few hundred factors that a double holds exactly come out so. What goes
// beyond the range of doubles on the way to a product does no harm.

#include <math.h>

#include "ops/group/fold.h"

enum { FRACTION_BITS = 63 };

typedef enum factor_kind {
    NEGATIVE = 1, // an odd number of factors are
    ZERO = 2,
    INFINITE = 4,
    NOT_A_NUMBER = 8
} factor_kind;

typedef struct float_product {
    uint64_t low, high; // of the logarithm to base 2
    uint64_t kinds;
} float_product;

static inline mb_int128 logarithm_of(const float_product *product)
{
    return (mb_int128)((mb_uint128)product->high << 64 | product->low);
}

static inline void add_logarithm(float_product *product, mb_int128 logarithm)
{
    mb_uint128 total = (mb_uint128)logarithm_of(product) + (mb_uint128)logarithm;
    product->low = (uint64_t)total;
    product->high = (uint64_t)(total >> 64);
}

static inline void add_kinds(float_product *product, uint64_t kinds)
{
    product->kinds = (product->kinds ^ (kinds & NEGATIVE)) | (kinds & ~(uint64_t)NEGATIVE);
}

// The logarithm of a number above 0; exact for powers of 2.
static mb_int128 logarithm(double number)
{
    const double middle = 0.70710678118654752; // so that what is left is as small as can be
    int exponent;
    double mantissa = frexp(number, &exponent);
    if (mantissa < middle) {
        mantissa *= 2;
        exponent--;
    }
    int64_t fraction = llrintl(ldexpl(log2l((long double)mantissa), FRACTION_BITS));
    return (mb_int128)exponent * ((mb_int128)1 << FRACTION_BITS) + fraction;
}

static void multiply(float_product *product, double factor)
{
    if (isnan(factor)) {
        add_kinds(product, NOT_A_NUMBER);
        return;
    }
    add_kinds(product, (signbit(factor) ? NEGATIVE : 0) | (factor == 0 ? ZERO : 0) |
                           (isinf(factor) ? INFINITE : 0));
    if (factor != 0 && !isinf(factor)) add_logarithm(product, logarithm(fabs(factor)));
}

static void add_products(const mb_fold_rows *rows, void *states)
{
    float_product *products = states;
    for (int64_t i = 0; i < rows->n; i++)
        multiply(&products[rows->groups[i]], ((mb_value){.u = rows->values[i]}).f);
}

static void merge_products(const void *from, int64_t n, const uint32_t *groups, void *states)
{
    const float_product *others = from;
    for (int64_t i = 0; i < n; i++) {
        float_product *product = (float_product *)states + groups[i];
        add_logarithm(product, logarithm_of(&others[i]));
        add_kinds(product, others[i].kinds);
    }
}

static double magnitude_of(const float_product *product)
{
    const int most = 4096; // exponents beyond it are those of 0 and infinity
    const mb_int128 unit = (mb_int128)1 << FRACTION_BITS;
    mb_int128 logarithm = logarithm_of(product);
    mb_int128 whole = (logarithm + unit / 2) >> FRACTION_BITS;
    int64_t fraction = (int64_t)(logarithm - whole * unit);
    int exponent = whole > most ? most : whole < -most ? -most : (int)whole;
    return ldexp((double)exp2l(ldexpl((long double)fraction, -FRACTION_BITS)), exponent);
}

static double product_of(const float_product *product)
{
    const uint64_t undefined = ZERO | INFINITE;
    double sign = product->kinds & NEGATIVE ? -1 : 1;
    if (product->kinds & NOT_A_NUMBER || (product->kinds & undefined) == undefined)
        return (double)NAN;
    if (product->kinds & ZERO) return sign * 0.0;
    if (product->kinds & INFINITE) return sign * (double)INFINITY;
    return sign * magnitude_of(product);
}

static int64_t finish_products(const mb_fold *fold, const void *states, int64_t n,
                               uint64_t *results, uint8_t *valid)
{
    const float_product *products = states;
    (void)fold;
    (void)valid;
    for (int64_t i = 0; i < n; i++)
        results[i] = ((mb_value){.f = product_of(&products[i])}).bits;
    return -1;
}

void mb_fold_float_product(mb_fold *fold)
{
    fold->width = sizeof(float_product);
    fold->whole = true;
    fold->add = add_products;
    fold->merge = merge_products;
    fold->finish = finish_products;
}
