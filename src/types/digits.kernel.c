// Floats as text, many at once, in steps of which each goes through all of them: none waits for
// what the one before has found out about a row, and loops without branches become vectors.

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "core/kind.h"
#include "types/digits.h"

enum {
    DIGITS = 15, // that all floats have as they are written, as far as "%g" counts
    TAIL = 16    // digits behind the first one, at most
};

// The digits of numbers, with zeros behind their own: the first one, and twice eight, one word
// each, in the order of memory. The first is worth 10^exponent.
typedef struct expansion {
    uint64_t first[MB_FLOATS];
    uint64_t eights[2][MB_FLOATS];
    int exponent[MB_FLOATS];
} expansion;

// --- Numbers.

// The magnitude of a float times a power of ten as an integer below 2^51: the sum rounds it.
static inline double scale(double value, double power)
{
    const double whole = 0x1p52;
    return fabs(value) * power + whole - whole;
}

static inline bool has_places(double value, double power)
{
    const double most = 1e15;
    return fabs(value) * power < most && scale(value, power) / power == fabs(value);
}

// The number of decimals with which floats may all be of 15 digits at most; -1: there is none.
static int places_of(const double *values, int n)
{
    int places = 0;
    for (int i = 0; i < n; i++)
        while (!has_places(values[i], (double)mb_tens[places]))
            if (++places > DIGITS) return -1;
    return places;
}

// Whether one number of decimals serves all floats, and their digits then. A decimal of at most 15
// digits that reads back as a float is the only one, so the shortest.
static bool find_few_digits(const double *values, int n, mb_decimal *numbers)
{
    const int places = places_of(values, n);
    if (places < 0) return false;
    const double power = (double)mb_tens[places];
    bool all = true;
    for (int i = 0; i < n; i++) {
        const uint64_t digits = (uint64_t)scale(values[i], power);
        all &= has_places(values[i], power);
        numbers[i] = (mb_decimal){digits, digits ? -places : 0};
    }
    return all;
}

static void expand(const mb_decimal *numbers, int n, expansion *to)
{
    const uint64_t one = (uint64_t)MB_EIGHT_DIGITS * MB_EIGHT_DIGITS;
    for (int i = 0; i < n; i++) {
        const uint64_t some = numbers[i].digits | 1;
        const int guess = (64 - __builtin_clzll(some)) * 1233 >> 12;
        const int behind = guess - (some < mb_tens[guess]); // the first digit
        const uint64_t all = numbers[i].digits * mb_tens[TAIL - behind];
        const uint64_t first = all / one, rest = all - first * one;
        to->first[i] = first;
        to->exponent[i] = numbers[i].power + behind;
        to->eights[0][i] = rest / MB_EIGHT_DIGITS;
        to->eights[1][i] = rest % MB_EIGHT_DIGITS;
    }
    for (int part = 0; part < 2; part++)
        for (int i = 0; i < n; i++)
            to->eights[part][i] = mb_eight_digits((uint32_t)to->eights[part][i]);
}

// --- Text.

// A number's first digit as text and the others, and how many there are up to the last that is not
// zero.
typedef struct digits {
    char first;
    mb_uint128 tail;
    int n, exponent;
} digits;

static inline digits digits_of(const expansion *of, int row)
{
    const uint64_t high = of->eights[0][row], low = of->eights[1][row], last = low ? low : high;
    const int zeros = (low ? 0 : 8) + !last + mb_zeros_behind(last | 1);
    return (digits){.first = (char)('0' + of->first[row]),
                    .tail = (mb_uint128)(low | MB_EIGHT_ZEROS) << 64 | high | MB_EIGHT_ZEROS,
                    .n = 1 + TAIL - zeros,
                    .exponent = of->exponent[row]};
}

// Writes digits with a point behind the first one and `before` of the others, fewer than 16.
static inline void put_digits(char *to, const digits *of, int before)
{
    const mb_uint128 whole = of->tail & (((mb_uint128)1 << 8 * before) - 1);
    const mb_uint128 text = whole | (mb_uint128)'.' << 8 * before | (of->tail ^ whole) << 8;
    to[0] = of->first;
    memcpy(to + 1, &text, TAIL);
    to[1 + TAIL] = (char)(of->tail >> 8 * (TAIL - 1));
}

// Without a point within them.
static inline void put_whole(char *to, const digits *of)
{
    to[0] = of->first;
    memcpy(to + 1, &of->tail, TAIL);
}

static char *put_power(char *to, int power)
{
    const unsigned size = (unsigned)abs(power);
    to = stpcpy(to, power < 0 ? "e-" : "e+");
    if (size >= 100) *to++ = (char)('0' + size / 100);
    return mb_put_two(to, size % 100);
}

static inline char *lay_out(char *to, const digits *of)
{
    const int n = of->n, exponent = of->exponent;
    if (exponent >= 0 && exponent < TAIL && exponent < (n > DIGITS ? n : DIGITS)) {
        put_digits(to, of, exponent);
        return to + (n > exponent + 1 ? n + 1 : exponent + 3);
    }
    if (exponent >= -4 && exponent < 0) {
        memset(to, '0', 8);
        to[1] = '.';
        put_whole(to + 1 - exponent, of);
        return to + 1 - exponent + n;
    }
    if (exponent == TAIL && n > TAIL) {
        put_whole(to, of);
        return stpcpy(to + n, ".0");
    }
    put_digits(to, of, 0);
    return put_power(to + (n > 1 ? n + 1 : 1), exponent);
}

static void write_floats(const double *values, int n, char *texts, int *lengths)
{
    mb_decimal numbers[MB_FLOATS];
    expansion expanded;
    if (!find_few_digits(values, n, numbers)) mb_float_digits(values, n, numbers);
    expand(numbers, n, &expanded);
    for (int i = 0; i < n; i++) {
        char *const text = texts + (ptrdiff_t)i * MB_FLOAT_TEXT, *to = text, *end;
        const digits of = digits_of(&expanded, i);
        *to = '-';
        to += signbit(values[i]) != 0;
        if (isfinite(values[i]))
            end = lay_out(to, &of);
        else
            end = isnan(values[i]) ? stpcpy(text, "nan") : stpcpy(to, "inf");
        lengths[i] = (int)(end - text);
    }
}

const mb_digit_kernels MB_ISA_NAME(mb_digit_kernels) = {.write_floats = write_floats};
