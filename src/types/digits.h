// Decimal digits of numbers.
#pragma once

#include <stdint.h>
#include <string.h>

#include "core/isa.h"

enum {
    MB_EIGHT_DIGITS = 100000000, // numbers below have that many at the most
    MB_FLOAT_TEXT = 64,          // room for the text of any float, and for what is copied behind it
    MB_FLOATS = 128              // that are written at once, at most
};

// The digits of a number below 10^8, eight with zeros before them: a byte each, 0 to 9, the first
// one in the lowest byte. Two, four and eight at a time are split by one multiplication (P. Khuong,
// How to print integers really fast).
static inline uint64_t mb_eight_digits(uint32_t number)
{
    const uint64_t fours = number / 10000 | (uint64_t)(number % 10000) << 32;
    const uint64_t hundreds = (fours * 10486 >> 20) & UINT64_C(0x7f0000007f);
    const uint64_t pairs = hundreds | (fours - 100 * hundreds) << 16;
    const uint64_t tens = (pairs * 103 >> 10) & UINT64_C(0xf000f000f000f);
    return tens | (pairs - 10 * tens) << 8;
}

// Zeros before the first other digit, at most seven; and behind the last one, of digits that are
// not all zeros.
static inline int mb_zeros_before(uint64_t digits)
{
    return __builtin_ctzll(digits | UINT64_C(1) << 56) / 8;
}

static inline int mb_zeros_behind(uint64_t digits)
{
    return __builtin_clzll(digits) / 8;
}

// Eight digits zero, as text.
#define MB_EIGHT_ZEROS UINT64_C(0x3030303030303030)

// Writes eight digits as text.
static inline void mb_put_eight(char *to, uint64_t digits)
{
    digits |= MB_EIGHT_ZEROS;
    memcpy(to, &digits, sizeof digits); // little-endian, as all of the bytes here
}

// Writes a number below 100 as two digits.
static inline char *mb_put_two(char *to, unsigned number)
{
    to[0] = (char)('0' + number / 10);
    to[1] = (char)('0' + number % 10);
    return to + 2;
}

// 10^0 to 10^17.
extern const uint64_t mb_tens[18];

// A number digits * 10^power.
typedef struct mb_decimal {
    uint64_t digits;
    int power;
} mb_decimal;

// The fewest digits that read back as each of n floats, without their signs, and of these those
// that are nearest to it; zeros may be behind them. No digits for what is not finite. (R.
// Giulietti, The Schubfach way to render doubles.)
void mb_float_digits(const double *values, int n, mb_decimal *numbers);

// Writes floats by these digits as "%g" sets them out, with ".0" behind whole numbers: n, at most
// MB_FLOATS, MB_FLOAT_TEXT bytes apart. No zero bytes follow.
typedef struct mb_digit_kernels {
    void (*write_floats)(const double *values, int n, char *texts, int *lengths);
} mb_digit_kernels;

extern const mb_digit_kernels mb_digit_kernels_base, mb_digit_kernels_avx2, mb_digit_kernels_avx512;

const mb_digit_kernels *mb_digit_kernels_of(mb_isa isa);

// Writes one float; returns the length.
int mb_float_write(double value, char text[MB_FLOAT_TEXT]);
