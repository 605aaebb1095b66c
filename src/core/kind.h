// Kinds: how values compute and compare. Kernels, operators and reductions are tables over them;
// how memory holds a value is its form (expr/kernels.h), what a script sees its type.
//
// An integer column holds 8-byte values, or unsigned offsets of 1, 2 or 4 bytes from a base; a bool
// one byte a value, 0 or 1; a float column 8 or 4 bytes. The width never shows in a result.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// Sums of 64-bit integers, and their products.
__extension__ typedef __int128 mb_int128;
__extension__ typedef unsigned __int128 mb_uint128;

// Blocks of so many rows each begin with a word of the rows' validity.
#define MB_WHOLE_WORDS(rows) _Static_assert((rows) % 64 == 0, #rows " is a multiple of 64")

typedef enum mb_kind { MB_BOOL, MB_INT, MB_UINT, MB_FLOAT, MB_KINDS } mb_kind;

static inline bool mb_kind_is_integer(mb_kind kind)
{
    return kind == MB_INT || kind == MB_UINT;
}

// Whether values may be NaN, and be equal where their bits differ. Of the other kinds the bits tell
// which values are equal, and mb_order_bits their order.
static inline bool mb_kind_has_nan(mb_kind kind)
{
    return kind == MB_FLOAT;
}

// The kind that values have in arithmetic and comparisons: bools are the ints 0 and 1.
static inline mb_kind mb_kind_of_number(mb_kind kind)
{
    return kind == MB_BOOL ? MB_INT : kind;
}

// The kind of values of two kinds together, in the order bool, int, uint, float.
static inline mb_kind mb_kind_join(mb_kind a, mb_kind b)
{
    return a > b ? a : b;
}

// Whether one is int and the other uint, neither of which has all values of the other.
static inline bool mb_kind_mixes_signs(mb_kind a, mb_kind b)
{
    return mb_kind_is_integer(a) && mb_kind_is_integer(b) && a != b;
}

// Whether columns of a kind take all values of another, floats by rounding them.
static inline bool mb_kind_takes(mb_kind to, mb_kind kind)
{
    return to == kind || (to == MB_FLOAT && mb_kind_is_integer(kind));
}

// Bytes of a value by itself, neither narrowed nor widened.
static inline int mb_kind_width(mb_kind kind)
{
    return kind == MB_BOOL ? 1 : 8;
}

// One value of any kind; which member counts is told by the kind beside it.
typedef union mb_value {
    uint64_t bits; // first, so that `{0}` sets all of them
    bool b;
    int64_t i;
    uint64_t u;
    double f;
} mb_value;

// An integer of `kind`, or a bool, as one that holds all of them.
static inline mb_int128 mb_integer(mb_kind kind, uint64_t bits)
{
    return kind == MB_INT ? (mb_int128)(int64_t)bits : (mb_int128)bits;
}

// Whether integers of `kind` hold this one.
static inline bool mb_integer_fits(mb_kind kind, mb_int128 integer)
{
    return mb_integer(kind, (uint64_t)integer) == integer;
}

// Maps an integer of `kind` to an unsigned one in the same order, so that minima and maxima of both
// integer types are found by one comparison; its own inverse.
static inline uint64_t mb_order_bits(mb_kind kind, uint64_t bits)
{
    return kind == MB_INT ? bits ^ (UINT64_C(1) << 63) : bits;
}

// The same for floats that are numbers: all bits of a negative one turn, of others the sign. -0.0
// comes before 0.0; adding 0.0 first makes them one.
static inline uint64_t mb_order_number(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits ^ ((0 - (bits >> 63)) | UINT64_C(1) << 63);
}

static inline uint64_t mb_order_single(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits ^ ((0 - (bits >> 31)) | UINT32_C(1) << 31);
}

// The order key of a float: -0.0 and 0.0 have one, and all NaN have one, above all others.
#define MB_ORDER_NAN UINT64_MAX

static inline uint64_t mb_order_float(double value)
{
    uint64_t order = mb_order_number(value + 0.0);
    return value == value ? order : MB_ORDER_NAN;
}

// Numbers back from their order, and floats from their order keys.
static inline double mb_unorder_number(uint64_t order)
{
    uint64_t bits = order ^ (((order >> 63) - 1) | UINT64_C(1) << 63);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline double mb_unorder_float(uint64_t order)
{
    return order == MB_ORDER_NAN ? __builtin_nan("") : mb_unorder_number(order);
}

static inline float mb_unorder_single(uint64_t order)
{
    uint32_t half = (uint32_t)order, bits = half ^ (((half >> 31) - 1) | UINT32_C(1) << 31);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// Order keys of any kind, and values back from them.
static inline uint64_t mb_order_value(mb_kind kind, mb_value value)
{
    return kind == MB_FLOAT ? mb_order_float(value.f) : mb_order_bits(kind, value.bits);
}

static inline mb_value mb_unorder_value(mb_kind kind, uint64_t order)
{
    if (kind == MB_FLOAT) return (mb_value){.f = mb_unorder_float(order)};
    return (mb_value){.bits = mb_order_bits(kind, order)};
}

// Compares a whole number with the integers of `kind`: -1 if it is below all of them, 1 if above;
// else 0, and `*bits` are those of the integer.
static inline int mb_integer_of_whole(mb_kind kind, double whole, uint64_t *bits)
{
    if (whole < (double)mb_integer(kind, mb_order_bits(kind, 0))) return -1;
    // One more than the largest integer, since doubles hold that one, but not the largest.
    if (whole >= (double)mb_integer(kind, mb_order_bits(kind, UINT64_MAX))) return 1;
    *bits = (uint64_t)(mb_int128)whole;
    return 0;
}

// Bits that a number takes, and that all numbers below n take.
static inline int mb_bit_length(uint64_t number)
{
    return number ? 64 - __builtin_clzll(number) : 0;
}

static inline int mb_bits_below(int64_t n)
{
    return n > 1 ? mb_bit_length((uint64_t)n - 1) : 0;
}
