// Decimals of floats.
#pragma once

enum { MB_EXACT_POWER = 22 }; // the largest power of ten that is a double

extern const double mb_powers_of_ten[MB_EXACT_POWER + 1];

// x rounded to so many decimals, below 0 to tens, hundreds, ...: the double nearest to the decimal
// number that is nearest to x, half to even. By way of text: for powers of ten beyond doubles.
double mb_round_by_text(double x, int decimals);
