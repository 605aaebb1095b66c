// Floats are written as printf does, by the fewest of 15 to 17 digits that read back as the same;
// and eight digits of integers are those that printf writes.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "types/digits.h"

enum { ROUNDS = 300000, SIZE = 64 };

static uint64_t state = 7;

static void expect(double value, char *text)
{
    int digits = 15;
    do
        snprintf(text, SIZE, "%.*g", digits, value);
    while (strtod(text, NULL) != value && digits++ < 17);
    if (!text[strcspn(text, ".eni")]) strcat(text, ".0");
}

static void test_float(double value)
{
    char expected[SIZE], text[MB_FLOAT_TEXT + 1];
    text[mb_float_write(value, text)] = '\0';
    expect(value, expected);
    // At powers of two, and where floats have fewer bits, fewer digits may do.
    CHECK(strtod(text, NULL) == value);
    CHECK(strcmp(text, expected) == 0 ||
          (strlen(text) < strlen(expected) &&
           (fabs(value) < 0x1p-1022 || frexp(value, &(int){0}) == 0.5)));
}

static double of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return isnan(value) ? 0 : value;
}

static uint64_t draw(void)
{
    return (uint64_t)check_random(&state, INT64_MAX) << 20 ^
           (uint64_t)check_random(&state, INT64_MAX);
}

static void floats(mb_context *cx)
{
    (void)cx;
    static const double some[] = {0.0,
                                  -0.0,
                                  1,
                                  0.1,
                                  1e15,
                                  1e16,
                                  123456789012345680.0,
                                  1e22,
                                  1e23,
                                  5e-324,
                                  0x1p-1022,
                                  1e-4,
                                  1e-5,
                                  0.50000762939453125,
                                  0x1p53,
                                  9007199254740993.0,
                                  1.7976931348623157e308,
                                  INFINITY,
                                  -INFINITY};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        test_float(some[i]);
    for (int exponent = -1074; exponent < 1024; exponent++) {
        test_float(ldexp(1, exponent));
        test_float(nextafter(ldexp(1, exponent), 0));
        test_float(nextafter(ldexp(1, exponent), INFINITY));
    }
    for (int i = 0; i < ROUNDS; i++) {
        const uint64_t bits = draw();
        test_float(of_bits(bits));
        test_float((double)(bits >> 11) / 0x1p53);
        test_float((double)(int64_t)(bits % 20000000 - 10000000) / 1000);
        test_float((double)(bits >> (bits % 64)));
        test_float((double)(bits % 131072) / 131072);
    }
}

// A float of one of the ways in which columns have them.
static double draw_float(int way)
{
    const int64_t number = (int64_t)(draw() % 20000000) - 10000000;
    switch (way) {
    case 0: return (double)number;
    case 1: return (double)number / 100;
    case 2: return (double)number / 1e9 * (draw() % 2 ? 1 : -0.0);
    case 3: return of_bits(draw());
    case 4: return (double)(draw() % 4) * 1e14 + 0.25;
    default: return draw_float((int)(draw() % 5));
    }
}

// A row's text does not depend on those beside it, nor on the instruction set.
static void blocks(mb_context *cx)
{
    (void)cx;
    static char texts[MB_FLOATS][MB_FLOAT_TEXT];
    double values[MB_FLOATS];
    int lengths[MB_FLOATS];
    for (int round = 0; round < ROUNDS / 100; round++) {
        const int n = 1 + (int)(draw() % MB_FLOATS), isa = round % ((int)mb_isa_best() + 1);
        for (int i = 0; i < n; i++)
            values[i] = draw_float(round % 6);
        if (round % 7 == 0) values[n / 2] = (double[]){NAN, -INFINITY, -0.0}[round % 3];
        mb_digit_kernels_of((mb_isa)isa)->write_floats(values, n, texts[0], lengths);
        for (int i = 0; i < n; i++) {
            char alone[MB_FLOAT_TEXT];
            const int length = mb_float_write(values[i], alone);
            CHECK(lengths[i] == length && memcmp(texts[i], alone, (size_t)length) == 0);
        }
    }
}

static void eights(mb_context *cx)
{
    (void)cx;
    for (uint32_t number = 0; number < MB_EIGHT_DIGITS; number += number < 20000 ? 1 : 997) {
        char expected[SIZE], text[9] = "";
        snprintf(expected, SIZE, "%08u", number);
        const uint64_t digits = mb_eight_digits(number);
        mb_put_eight(text, digits);
        CHECK(strcmp(text, expected) == 0);
        if (number == 0) continue;
        CHECK(mb_zeros_before(digits) == (int)strspn(expected, "0"));
        CHECK(expected[7 - mb_zeros_behind(digits)] != '0');
    }
    CHECK(mb_zeros_before(0) == 7);
}

const check_test check_tests[] = {{"digits: floats are written by the fewest", floats},
                                  {"digits: floats in blocks", blocks},
                                  {"digits: eight at a time", eights},
                                  {0}};
