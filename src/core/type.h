// Value types (what a script sees) and storage widths (what memory holds).
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

typedef enum mb_type { MB_BOOL, MB_INT, MB_UINT, MB_FLOAT, MB_TYPES } mb_type;

// "bool", "int", "uint", "float".
const char *mb_type_name(mb_type type);

// The type of that name; false when there is none.
bool mb_type_parse(const char *name, mb_type *type);

static inline bool mb_type_is_integer(mb_type type)
{
    return type == MB_INT || type == MB_UINT;
}

// One value of any type; which member counts is told by the type beside it.
typedef union mb_value {
    bool b;
    int64_t i;
    uint64_t u;
    double f;
    uint64_t bits;
} mb_value;

// Maps an integer of `type` to an unsigned one in the same order, so that minima and maxima of both
// integer types are found by one comparison; its own inverse.
static inline uint64_t mb_order_bits(mb_type type, uint64_t bits)
{
    return type == MB_INT ? bits ^ (UINT64_C(1) << 63) : bits;
}

// The same for floats without NaN: -0.0 sorts before 0.0.
static inline uint64_t mb_order_float(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static inline double mb_unorder_float(uint64_t bits)
{
    bits = bits >> 63 ? bits & ~(UINT64_C(1) << 63) : ~bits;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
