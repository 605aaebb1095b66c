#include "expr/decimal.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DECIMALS = 323, MOST_DIGITS = 400 }; // doubles end at 2^-1074 and have 309 digits

const double mb_powers_of_ten[MB_EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

// Whether what follows `kept` digits rounds these up: half to even.
static bool rounds_up(const char *digits, int kept)
{
    const char *rest = digits + kept;
    if (*rest != '5') return *rest > '5';
    if (rest[1 + strspn(rest + 1, "0")] != '\0') return true;
    return kept > 0 && (digits[kept - 1] - '0') % 2 == 1;
}

// The last `zeros` digits of a whole number become zeros.
static double round_whole(double x, int zeros)
{
    char text[MOST_DIGITS] = "0"; // before the digits, for what is carried
    char *digits = text + 1;
    int n = snprintf(digits, sizeof text - 1, "%.0f", fabs(x)), kept = n - zeros;
    if (kept < 0) return copysign(0, x);
    bool up = rounds_up(digits, kept);
    memset(digits + kept, '0', (size_t)zeros);
    char *at = digits + kept - 1;
    for (; up && *at == '9'; at--)
        *at = '0';
    if (up) ++*at;
    return copysign(strtod(text, NULL), x);
}

double mb_round_by_text(double x, int decimals)
{
    char text[MOST_DIGITS];
    bool whole = fabs(x) >= ldexp(1, 53);
    if (!(fabs(x) < (double)INFINITY) || decimals > MOST_DECIMALS || (whole && decimals >= 0))
        return x;
    if (decimals < 0) return whole ? round_whole(x, -decimals) : copysign(0, x);
    if (fabs(x) >= 1) return x; // its digits end before so many decimals
    snprintf(text, sizeof text, "%.*f", decimals, x);
    return strtod(text, NULL);
}
