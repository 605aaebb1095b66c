// Rows in random order.
#pragma once

#include "column/column.h"

// The first `count` entries of a permutation of 1 .. n that a seed determines: the same on any
// number of ranks, of which each computes its part alone. Up to a few thousand rows, rows sorted by
// random words; beyond, a Feistel cipher of six rounds over numbers of as many bits as n has,
// applied until the result is below n (Black, Rogaway: Ciphers with Arbitrary Finite Domains,
// CT-RSA 2002). Evenly laid out. Inside a body, collective. Memory: the result.
mb_status mb_permutation(mb_context *cx, int64_t n, int64_t count, uint64_t seed,
                         mb_column **positions) MB_MUST_CHECK;
