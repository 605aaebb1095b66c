// Strings sorted by words against strings sorted by qsort.
#include "text/string_sort.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { MOST = 5000, BYTES = MOST * 64 };

static char bytes[BYTES];
static mb_string strings[MOST], distinct[MOST], sorted[MOST];
static uint64_t codes[MOST];

static int compare(const void *a, const void *b)
{
    return mb_string_compare(*(const mb_string *)a, *(const mb_string *)b);
}

// The codes are the places of the strings among the different ones, which are in order.
static void check_sorted(mb_context *cx, int64_t n)
{
    int64_t found = -1, expected = 0;
    memcpy(sorted, strings, (size_t)n * sizeof *strings);
    qsort(sorted, (size_t)n, sizeof *sorted, compare);
    CHECK_OK(cx, mb_string_sort(cx, strings, n, codes, distinct, &found));
    for (int64_t i = 0; i < n; i++)
        if (i == 0 || compare(&sorted[i - 1], &sorted[i]) != 0) sorted[expected++] = sorted[i];
    if (!CHECK_INT(found, expected)) return;
    for (int64_t i = 0; i < found; i++)
        if (!CHECK_INT(compare(&sorted[i], &distinct[i]), 0)) return;
    for (int64_t i = 0; i < n; i++)
        if (!CHECK_INT(compare(&strings[i], &distinct[codes[i]]), 0)) return;
}

// n strings of a shared beginning and up to `longest` bytes of an alphabet that has a zero.
static void draw(int64_t n, int64_t shared, int64_t longest, int64_t letters, uint64_t *state)
{
    char *at = bytes;
    for (int64_t i = 0; i < n; i++) {
        int64_t more = check_random(state, longest + 1);
        strings[i] = (mb_string){at, (size_t)(shared + more)};
        for (int64_t b = 0; b < shared; b++)
            *at++ = (char)(b % 7);
        for (int64_t b = 0; b < more; b++)
            *at++ = (char)(check_random(state, letters) * 255 / (letters > 1 ? letters - 1 : 1));
    }
}

static void random_strings(mb_context *cx)
{
    static const int64_t sizes[] = {0, 1, 2, 9, 100, MOST}, shares[] = {0, 3, 8, 21};
    uint64_t state = 1;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (size_t p = 0; p < sizeof shares / sizeof *shares; p++)
            for (int64_t letters = 1; letters <= 64; letters *= 4) {
                draw(sizes[s], shares[p], 40, letters, &state);
                check_sorted(cx, sizes[s]);
            }
}

// Long strings that differ at their ends alone, or not at all.
static void long_strings(mb_context *cx)
{
    enum { LONG = 3000, FEW = 100 };
    for (int64_t i = 0; i < FEW; i++) {
        strings[i] = (mb_string){bytes + i * LONG, (size_t)(LONG - i % 3)};
        memset(bytes + i * LONG, 'x', LONG);
        bytes[i * LONG + LONG - 4] = (char)(i * 37 % 11);
    }
    check_sorted(cx, FEW);
}

const check_test check_tests[] = {
    {"string sort: random strings", random_strings},
    {"string sort: long strings", long_strings},
    {NULL, NULL},
};
