// The shortest digits of a float: R. Giulietti, The Schubfach way to render doubles, 2020.

#include <math.h>
#include <stdbool.h>

#include "core/kind.h"
#include "types/digits.h"

enum {
    LEAST_POWER = -292, // of ten, which the algorithm multiplies by,
    MOST_POWER = 324,
    EXACT_POWER = 55,    // 10^0 to this one have 128 bits at the most
    FRACTION_WORDS = 18, // in which 10^LEAST_POWER still has 128 bits
    WORDS = FRACTION_WORDS + 17,
    FRACTION_BITS = 52,
    BIAS = 1075, // of the exponent of a significand that is an integer
    DIGITS = 15  // that all floats have as they are written, as far as "%g" counts
};

// A number digits * 10^power.
typedef struct decimal {
    uint64_t digits;
    int power;
} decimal;

// --- Powers of ten: their first 128 bits, rounded up.

static mb_uint128 powers[MOST_POWER - LEAST_POWER + 1];

static void multiply(uint64_t *words, uint64_t factor)
{
    mb_uint128 carry = 0;
    for (int i = 0; i < WORDS; i++) {
        carry += (mb_uint128)words[i] * factor;
        words[i] = (uint64_t)carry;
        carry >>= 64;
    }
}

static void divide_by_ten(uint64_t *words)
{
    uint64_t rest = 0;
    for (int i = WORDS - 1; i >= 0; i--) {
        const mb_uint128 part = (mb_uint128)rest << 64 | words[i];
        words[i] = (uint64_t)(part / 10);
        rest = (uint64_t)(part % 10);
    }
}

static mb_uint128 first_bits(const uint64_t *words)
{
    int top = WORDS - 1;
    while (!words[top])
        top--;
    const int shift = __builtin_clzll(words[top]);
    const mb_uint128 two = (mb_uint128)words[top] << 64 | words[top - 1];
    return shift ? two << shift | words[top - 2] >> (64 - shift) : two;
}

// From the largest down: the quotients of a quotient, rounded down, are those of the number.
static void make_powers(void)
{
    uint64_t words[WORDS] = {[FRACTION_WORDS] = 1};
    for (int power = 0; power < MOST_POWER; power++)
        multiply(words, 10);
    for (int power = MOST_POWER; power >= LEAST_POWER; power--) {
        const bool exact = power >= 0 && power <= EXACT_POWER;
        powers[power - LEAST_POWER] = first_bits(words) + !exact;
        divide_by_ten(words);
    }
}

// --- The algorithm.

static int log10_of_power_of_2(int exponent)
{
    return exponent * 1262611 >> 22;
}

static int log10_of_three_quarters(int exponent) // of 3/4 * 2^exponent
{
    return (exponent * 1262611 - 524031) >> 22;
}

static int log2_of_power_of_10(int exponent)
{
    return exponent * 1741647 >> 19;
}

// The first 64 bits of a product of 192, the last of them set when any behind is.
static uint64_t round_to_odd(mb_uint128 power, uint64_t factor)
{
    const mb_uint128 low = (mb_uint128)(uint64_t)power * factor;
    const mb_uint128 high = (mb_uint128)(uint64_t)(power >> 64) * factor + (uint64_t)(low >> 64);
    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

// The shortest decimal in the interval that rounds to significand * 2^exponent; `closer`: the float
// below is half as far as that above.
static decimal shortest_in(uint64_t significand, int exponent, bool closer)
{
    const bool odd = significand & 1;
    const int power = closer ? log10_of_three_quarters(exponent) : log10_of_power_of_2(exponent);
    const int shift = exponent + log2_of_power_of_10(-power) + 1;
    const mb_uint128 ten = powers[-power - LEAST_POWER];
    const uint64_t below = round_to_odd(ten, (4 * significand - 2 + closer) << shift) + odd;
    const uint64_t here = round_to_odd(ten, 4 * significand << shift);
    const uint64_t above = round_to_odd(ten, (4 * significand + 2) << shift) - odd;
    const uint64_t digits = here / 4, tens = digits / 10;
    if (digits >= 10) {
        const bool lower = below <= 40 * tens, upper = 40 * tens + 40 <= above;
        if (lower != upper) return (decimal){tens + upper, power + 1};
    }
    const bool lower = below <= 4 * digits, upper = 4 * digits + 4 <= above;
    if (lower != upper) return (decimal){digits + upper, power};
    const uint64_t middle = 4 * digits + 2;
    return (decimal){digits + (here > middle || (here == middle && (digits & 1))), power};
}

// Of a float above 0.
static decimal shortest(uint64_t bits)
{
    const uint64_t fraction = bits & ((UINT64_C(1) << FRACTION_BITS) - 1);
    const int exponent = (int)(bits >> FRACTION_BITS);
    if (!powers[0]) make_powers();
    if (!exponent) return shortest_in(fraction, 1 - BIAS, false);
    const uint64_t significand = fraction | UINT64_C(1) << FRACTION_BITS;
    const int below = BIAS - exponent; // bits behind the point
    if (below >= 0 && below <= FRACTION_BITS && __builtin_ctzll(significand) >= below)
        return (decimal){significand >> below, 0};
    return shortest_in(significand, -below, fraction == 0 && exponent > 1);
}

// --- Text.

enum { ROOM = 24 }; // for digits, of which all is copied: short copies of a known size are quick

static char *put(char *to, const char *bytes, int n)
{
    memcpy(to, bytes, ROOM);
    return to + n;
}

// n digits, of which the first is worth 10^exponent.
static char *lay_out(char *to, const char *digits, int n, int exponent)
{
    static const char zeros[ROOM + 1] = "000000000000000000000000";
    if (exponent >= 0 && exponent < (n > DIGITS ? n : DIGITS)) {
        if (n <= exponent + 1)
            return stpcpy(put(put(to, digits, n), zeros, exponent + 1 - n), ".0");
        to = put(to, digits, exponent + 1);
        *to++ = '.';
        return put(to, digits + exponent + 1, n - exponent - 1);
    }
    if (exponent >= -4 && exponent < 0)
        return put(put(stpcpy(to, "0."), zeros, -exponent - 1), digits, n);
    *to++ = *digits;
    *to = '.';
    to = n > 1 ? put(to + 1, digits + 1, n - 1) : to;
    to = stpcpy(to, exponent < 0 ? "e-" : "e+");
    const unsigned size = (unsigned)(exponent < 0 ? -exponent : exponent);
    if (size >= 100) *to++ = (char)('0' + size / 100);
    return mb_put_two(to, size % 100);
}

int mb_float_write(double value, char text[MB_FLOAT_TEXT])
{
    char *to = text, digits[2 * ROOM] = "";
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (isnan(value)) return (int)(stpcpy(to, "nan") - text);
    if (bits >> 63) *to++ = '-';
    if (isinf(value)) return (int)(stpcpy(to, "inf") - text);
    if (value == 0) return (int)(stpcpy(to, "0.0") - text);
    const decimal number = shortest(bits & ~(UINT64_C(1) << 63));
    const uint64_t high = number.digits / MB_EIGHT_DIGITS;
    const uint64_t first_of_17 = high / MB_EIGHT_DIGITS;
    const uint64_t parts[] = {first_of_17 << 56,
                              mb_eight_digits((uint32_t)(high % MB_EIGHT_DIGITS)),
                              mb_eight_digits((uint32_t)(number.digits % MB_EIGHT_DIGITS))};
    for (int i = 0; i < 3; i++)
        mb_put_eight(digits + 8 * i, parts[i]);
    const int first = parts[0] ? 0 : parts[1] ? 1 : 2, last = parts[2] ? 2 : parts[1] ? 1 : 0;
    const int begin = 8 * first + mb_zeros_before(parts[first]);
    const int end = 8 * (last + 1) - mb_zeros_behind(parts[last]);
    return (int)(lay_out(to, digits + begin, end - begin, number.power + 23 - begin) - text);
}
