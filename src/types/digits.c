// The shortest digits of floats: R. Giulietti, The Schubfach way to render doubles, 2020.

#include "types/digits.h"

#include <math.h>
#include <stdbool.h>

#include "core/kind.h"

enum {
    LEAST_POWER = -292, // of ten, which the algorithm multiplies by,
    MOST_POWER = 324,
    EXACT_POWER = 55,    // 10^0 to this one have 128 bits at the most
    FRACTION_WORDS = 18, // in which 10^LEAST_POWER still has 128 bits
    WORDS = FRACTION_WORDS + 17,
    FRACTION_BITS = 52,
    BIAS = 1075 // of the exponent of a significand that is an integer
};

MB_ISA_CHOICE(mb_digit_kernels, mb_digit_kernels, mb_digit_kernels_of);

const uint64_t mb_tens[] = {1,
                            10,
                            100,
                            1000,
                            10000,
                            100000,
                            1000000,
                            10000000,
                            100000000,
                            1000000000,
                            10000000000,
                            100000000000,
                            1000000000000,
                            10000000000000,
                            100000000000000,
                            1000000000000000,
                            10000000000000000,
                            100000000000000000};

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
// below is half as far as that above. No branch depends on digits, which nothing foretells.
static mb_decimal shortest_in(uint64_t significand, int exponent, bool closer)
{
    const bool odd = significand & 1;
    const int power = closer ? log10_of_three_quarters(exponent) : log10_of_power_of_2(exponent);
    const int shift = exponent + log2_of_power_of_10(-power) + 1;
    const mb_uint128 ten = powers[-power - LEAST_POWER];
    const uint64_t below = round_to_odd(ten, (4 * significand - 2 + closer) << shift) + odd;
    const uint64_t here = round_to_odd(ten, 4 * significand << shift);
    const uint64_t above = round_to_odd(ten, (4 * significand + 2) << shift) - odd;
    const uint64_t digits = here / 4, tens = digits / 10, middle = 4 * digits + 2;
    const bool lower_ten = below <= 40 * tens, upper_ten = 40 * tens + 40 <= above;
    const bool lower = below <= 4 * digits, upper = 4 * digits + 4 <= above;
    const bool nearer_above = here > middle || (here == middle && (digits & 1));
    const bool of_tens = digits >= 10 && lower_ten != upper_ten;
    const uint64_t all = digits + (lower != upper ? upper : nearer_above);
    return (mb_decimal){of_tens ? tens + upper_ten : all, power + of_tens};
}

// Of a float above 0.
static mb_decimal shortest(uint64_t bits)
{
    const uint64_t fraction = bits & ((UINT64_C(1) << FRACTION_BITS) - 1);
    const int exponent = (int)(bits >> FRACTION_BITS);
    if (!exponent) return shortest_in(fraction, 1 - BIAS, false);
    const uint64_t significand = fraction | UINT64_C(1) << FRACTION_BITS;
    return shortest_in(significand, exponent - BIAS, fraction == 0 && exponent > 1);
}

void mb_float_digits(const double *values, int n, mb_decimal *numbers)
{
    if (!powers[0]) make_powers();
    for (int i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        const bool has_digits = isfinite(values[i]) && values[i] != 0;
        numbers[i] = has_digits ? shortest(bits & ~(UINT64_C(1) << 63)) : (mb_decimal){0, 0};
    }
}

int mb_float_write(double value, char text[MB_FLOAT_TEXT])
{
    int length;
    mb_digit_kernels_of(MB_ISA_BASE)->write_floats(&value, 1, text, &length);
    return length;
}
