// Strings found by their hashes against strings found by comparing with all.
#include "text/string_index.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "text/fold.h"

enum { MOST = 600, LONGEST = 40, BYTES = 2 * MOST * LONGEST };

static char bytes[BYTES];
static mb_string strings[2 * MOST];
static uint64_t hashes[2 * MOST], firsts[MOST];
static int64_t found[MB_STRING_BATCH];

// n strings of a few letters, of which a zero is one: short ones come again.
static void draw(int64_t n, int64_t longest, uint64_t *state)
{
    char *at = bytes;
    for (int64_t i = 0; i < n; i++) {
        strings[i] = (mb_string){at, (size_t)check_random(state, longest + 1)};
        for (size_t b = 0; b < strings[i].length; b++)
            *at++ = (char)(check_random(state, 3) * 127);
    }
}

static int64_t first_equal(mb_string string, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (mb_string_compare(strings[i], string) == 0) return i;
    return MB_NO_STRING;
}

// The first n of twice as many strings are indexed, and all are looked for, by hashes of which the
// bits in a mask count.
static void check_found(mb_context *cx, int64_t n, uint64_t mask)
{
    mb_string_index index = {0};
    mb_string_hashes(cx->hash_multiplier, strings, 2 * n, hashes);
    for (int64_t i = 0; i < 2 * n; i++)
        hashes[i] &= mask;
    CHECK_OK(cx, mb_string_index_open(cx, strings, hashes, n, firsts, &index));
    for (int64_t i = 0; i < n; i++)
        if (!CHECK_INT((int64_t)firsts[i], first_equal(strings[i], n))) break;
    for (int64_t at = 0; at < 2 * n; at += MB_STRING_BATCH) {
        int64_t batch = 2 * n - at < MB_STRING_BATCH ? 2 * n - at : MB_STRING_BATCH;
        mb_string_index_find(&index, strings + at, hashes + at, batch, found);
        for (int64_t i = 0; i < batch; i++)
            if (!CHECK_INT(found[i], first_equal(strings[at + i], n))) break;
    }
    mb_string_index_close(&index);
}

// Hashes that tell strings apart, that are all alike, and alike in what slots keep of them, in
// where these are, or in the filter.
static void whatever_the_hashes(mb_context *cx)
{
    static const uint64_t masks[] = {UINT64_MAX, 0, UINT64_MAX << 32,
                                     UINT32_MAX, 3, UINT64_C(3) << 40};
    static const int64_t sizes[] = {0, 1, 7, MOST}, lengths[] = {0, 1, 5, 9, LONGEST};
    uint64_t state = 1;
    for (size_t m = 0; m < sizeof masks / sizeof *masks; m++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
                draw(2 * sizes[s], lengths[l], &state);
                check_found(cx, sizes[s], masks[m]);
            }
}

// Strings of one letter differ in their lengths alone, and are told apart by their hashes.
static void lengths(mb_context *cx)
{
    static char zeros[MOST];
    for (int64_t i = 0; i < MOST; i++)
        strings[i] = (mb_string){zeros, (size_t)i};
    mb_string_hashes(cx->hash_multiplier, strings, MOST, hashes);
    for (int64_t i = 0; i < MOST; i++)
        for (int64_t j = 0; j < i; j++)
            if (!CHECK_INT(hashes[i] == hashes[j], 0)) return;
}

// Strings of so many kinds, and then ones that are there once: those
// that are left are all different, and each string's place has a string that equals it.
static void check_folded(mb_context *cx, int64_t kinds, int64_t once, bool folds)
{
    enum { MANY = 1 << 15 };
    static char letters[MANY][8];
    static mb_string all[MANY];
    static uint64_t places[MANY];
    mb_folded_strings folded;
    uint64_t state = 7;
    for (int64_t i = 0; i < MANY; i++) {
        int64_t kind = i < MANY - once ? check_random(&state, kinds) : kinds + i;
        snprintf(letters[i], sizeof letters[i], "%x", (unsigned)kind);
        all[i] = (mb_string){letters[i], strlen(letters[i])};
    }
    CHECK_OK(cx, mb_string_fold(cx, all, MANY, places, &folded));
    CHECK_INT(folded.kept != NULL, folds);
    CHECK_INT(folded.n, folds ? kinds + once : MANY);
    for (int64_t i = 0; folds && i < MANY; i++)
        if (!CHECK_INT(mb_string_compare(folded.strings[places[i]], all[i]), 0)) break;
    uint64_t *codes = mb_folded_codes(&folded, places);
    CHECK_INT(codes == places, !folds);
    for (int64_t k = 0; folds && k < folded.n; k++)
        codes[k] = (uint64_t)(1000 + k);
    uint64_t before = places[MANY - 1];
    mb_string_unfold(&folded, MANY, places);
    CHECK_INT(places[MANY - 1], folds ? 1000 + before : before);
    mb_folded_strings_close(&folded);
}

static void strings_that_come_again(mb_context *cx)
{
    check_folded(cx, 1, 0, true);
    check_folded(cx, 50, 0, true);
    check_folded(cx, 300, 200, true); // some of them are not among those that are indexed
    check_folded(cx, 1 << 30, 0, false);
}

const check_test check_tests[] = {
    {"string index: whatever the hashes", whatever_the_hashes},
    {"string index: lengths of one letter", lengths},
    {"string fold: strings that come again", strings_that_come_again},
    {NULL, NULL},
};
