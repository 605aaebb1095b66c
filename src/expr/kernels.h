// The loops of expressions, built for each instruction set, with the same bits from each.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/isa.h"
#include "core/kind.h"
#include "types/operator.h"

// How a block's values are stored.
typedef enum mb_form { MB_U8, MB_U16, MB_U32, MB_I64, MB_U64, MB_F32, MB_F64, MB_FORMS } mb_form;

// Pairs of forms that can be compared with each other.
typedef enum mb_pair {
    MB_II,
    MB_UU,
    MB_FF,
    MB_IU,
    MB_IF,
    MB_UF,
    MB_NARROW_PAIRS, // and from here two of MB_U8, MB_U16 or MB_U32
    MB_PAIRS = MB_NARROW_PAIRS + 3
} mb_pair;

enum {
    MB_COMPARISONS = 6,     // from MB_EQ on
    MB_NARROW_FORMS = 3,    // MB_U8, MB_U16, MB_U32
    MB_INTEGER_FORMS = 4,   // MB_U8 to MB_I64, and MB_U64 taken for MB_I64
    MB_INTEGER_KERNELS = 3, // from MB_ADD on
    MB_BLOCK_LANES = 8,     // loops may read and write up to a multiple of this
};

// What an element-wise loop works on.
typedef struct mb_arguments {
    const void *in[MB_MOST_OPERANDS];
    uint64_t base[MB_MOST_OPERANDS]; // is added to narrow integers
    mb_value value[2];               // scalars of the step
    uint64_t seed;
    int64_t row; // number of the first row
    int64_t n;
    void *out;
} mb_arguments;

typedef void mb_kernel(const mb_arguments *at);

// Loops of operators. Where a table has no entry there is no such operation.
typedef struct mb_operator_kernels {
    // Operands of the type that the operator works in: 64 bits, or a byte for bools.
    mb_kernel *apply[MB_OPERATORS][MB_KINDS];
    // Sums, differences and products of integers as they are stored, to 64 bits.
    mb_kernel *integer[MB_INTEGER_KERNELS][MB_INTEGER_FORMS][MB_INTEGER_FORMS];
    // The same of narrow ones, less base[2], to 4 bytes: the caller knows that the results fit.
    mb_kernel *narrow[MB_INTEGER_KERNELS][MB_NARROW_FORMS][MB_NARROW_FORMS];
    mb_kernel *compare[MB_COMPARISONS][MB_PAIRS];
    // out[i] = in[1][a[i] + base[0]], no further than in[1][base[1]]: of stored integers, in their
    // form, to values of a width index.
    mb_kernel *map[MB_INTEGER_FORMS][4];
    // Stored integers to doubles; the bases of narrow ones are within 2^52 of 0.
    mb_kernel *to_float[MB_F32];
    // From a type to another; values that it does not hold, modulo 2^64 and 0 for no number.
    mb_kernel *cast[MB_KINDS][MB_KINDS];
    // Whether there are rows that fail, and a byte for each that says so: zero divisors of integers
    // (in[1]); values that a cast does not hold.
    bool (*zero_divisor)(const mb_arguments *at, uint8_t *bad);
    bool (*bad_cast[MB_KINDS][MB_KINDS])(const mb_arguments *at, uint8_t *bad);
} mb_operator_kernels;

extern const mb_operator_kernels mb_operator_kernels_base, mb_operator_kernels_avx2,
    mb_operator_kernels_avx512;

const mb_operator_kernels *mb_operator_kernels_of(mb_isa isa);

// Functions of floats, from the SLEEF library (Shibata, Petrogalli: SLEEF: A Portable Vectorized
// Library of C Standard Mathematical Functions, IEEE TPDS 2020): within 1 ulp, and bit for bit the
// same from each instruction set.
typedef struct mb_math_kernels {
    mb_kernel *apply[MB_OPERATORS];
} mb_math_kernels;

extern const mb_math_kernels mb_math_kernels_base, mb_math_kernels_avx2, mb_math_kernels_avx512;

const mb_math_kernels *mb_math_kernels_of(mb_isa isa);

// Times are days 0 .. 2^29 of the calendar, of which this one is 1970-01-01: 1,838 eras of 400
// years, which have 146,097 days each, and the days from 0000-03-01 on.
#define MB_EPOCH_DAY (INT64_C(1838) * 146097 + 719468)

enum { MB_EPOCH_YEAR = 1838 * 400, MB_MOST_DAYS = 1 << 28 }; // from the epoch, both ways

// The operands that MB_RESCALE, MB_MULTIPLE and MB_FIELD take.
static inline void mb_time_limits(mb_operator op, const mb_value value[2], int64_t *low,
                                  int64_t *high)
{
    *low = INT64_MIN;
    *high = INT64_MAX;
    if (op == MB_RESCALE && !value[1].b) {
        *low /= value[0].i;
        *high /= value[0].i;
    } else if (op == MB_MULTIPLE) {
        *low += value[0].i + value[1].i;
        *high -= value[0].i + value[1].i;
    } else if (op == MB_FIELD && INT64_MAX / 86400 / MB_MOST_DAYS >= value[1].i) {
        *high = value[1].i * 86400 * MB_MOST_DAYS;
        *low = -*high;
    }
}

static inline mb_form mb_field_form(mb_field field)
{
    if (field == MB_YEAR || field == MB_DATE || field == MB_MICROSECOND) return MB_U32;
    return field == MB_YEARDAY || field == MB_NANOSECOND ? MB_U16 : MB_U8;
}

// What is to be added to parts of times.
static inline int64_t mb_field_base(mb_field field)
{
    return field == MB_YEAR ? -MB_EPOCH_YEAR : field == MB_DATE ? -MB_EPOCH_DAY : 0;
}

// Of integers in 64 bits.
typedef struct mb_time_kernels {
    mb_kernel *rescale, *multiple;
    // Parts of times, of the form that mb_field_form says: of years those since -MB_EPOCH_YEAR, of
    // days those since the first.
    mb_kernel *field[MB_FIELDS];
    // Whether there are rows that fail, and a byte for each that says so: operands of MB_RESCALE,
    // MB_MULTIPLE and MB_FIELD beyond mb_time_limits; sums, differences and products that do not
    // fit.
    bool (*outside[MB_FIELD - MB_RESCALE + 1])(const mb_arguments *at, uint8_t *bad);
    bool (*beyond[MB_INTEGER_KERNELS])(const mb_arguments *at, uint8_t *bad);
} mb_time_kernels;

extern const mb_time_kernels mb_time_kernels_base, mb_time_kernels_avx2, mb_time_kernels_avx512;

const mb_time_kernels *mb_time_kernels_of(mb_isa isa);

// Loops that others build on too.
typedef struct mb_kernels {
    void (*compare_scalar[MB_COMPARISONS][MB_FORMS])(const void *a, mb_value b, int64_t n,
                                                     uint8_t *out);
    // out[i] = a[i] + base, to 64 bits; floats to doubles, exactly.
    void (*widen[MB_FORMS])(const void *a, int64_t n, uint64_t base, void *out);
    // Bounds of n > 0 integers as they are stored, without their base.
    void (*bounds[MB_F32])(const void *values, int64_t n, uint64_t *least, uint64_t *most);
    // Copies the values where mask is 1 to the front of `out`, for each width index; returns how
    // many. `out` has room for n values, or for those and a vector more.
    int64_t (*compress[4])(const void *a, const uint8_t *mask, int64_t n, void *out);
} mb_kernels;

extern const mb_kernels mb_kernels_base, mb_kernels_avx2, mb_kernels_avx512;

const mb_kernels *mb_kernels_of(mb_isa isa);
