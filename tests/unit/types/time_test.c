// Times and durations: whatever a text is, reading it does no harm, and what is read is written and
// read again.
#include "types/time_pattern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { ROUNDS = 200000, SIZE = 64 };

static const char bytes[] = "0123456789-:TZ.+dhmins \xff";

// A generator of the same numbers everywhere.
static uint32_t draw(uint32_t below)
{
    static uint64_t state = 1;
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % below;
}

// A text with some bytes changed, added or left out; returns its length.
static size_t mutate(const char *seed, char *text)
{
    size_t n = strlen(seed);
    memcpy(text, seed, n);
    for (uint32_t k = draw(4); k > 0; k--) {
        const size_t at = draw((uint32_t)n + 1), way = draw(3);
        const char byte = bytes[draw(sizeof bytes - 1)];
        if (way == 0 && n + 1 < SIZE) {
            memmove(text + at + 1, text + at, n - at);
            text[at] = byte;
            n++;
        } else if (way == 1 && at < n) {
            text[at] = byte;
        } else if (way == 2 && at < n) {
            memmove(text + at, text + at + 1, n - at - 1);
            n--;
        }
    }
    return n;
}

static void check_back(const mb_type *type, mb_value value)
{
    char text[MB_TEXT_SIZE];
    const mb_type *again;
    mb_value back = {0};
    bool fits;
    type->format(type, value, text, sizeof text);
    CHECK(type->units->read(text, strlen(text), &again, &back));
    mb_unit_convert(again->unit, type->unit, &back.i, &fits);
    CHECK(fits && back.i == value.i);
    type->format(type, value, text, draw(24) + 1);
}

static void read_anything(mb_context *cx)
{
    static const char *const seeds[] = {"2024-02-29T12:30:45.123456789+01:00",
                                        "-000001-12-31T23:59:60Z",
                                        "20240229T123045Z",
                                        "29/Feb/2024:13:07:00 +0100",
                                        "1d2h3min4.5s",
                                        "-99999999999d",
                                        "Thursday 29 February 24 01:07 PM",
                                        "9223372036854775807"};
    static const char *const patterns[] = {"%d/%b/%Y:%H:%M:%S %z", "%A %d %B %y %I:%M %p", "%s",
                                           "%Y-%m-%dT%H:%M:%S.%f%z", "%j %e%n%t%%%F %T %R %D%a%h"};
    char text[SIZE], *exact, written[MB_TEXT_SIZE];
    const mb_type *type;
    mb_value value;
    (void)cx;
    for (int i = 0; i < ROUNDS; i++) {
        const size_t n = mutate(seeds[draw(sizeof seeds / sizeof *seeds)], text);
        exact = malloc(n + 1); // without room behind it, so that reading past it is found
        CHECK(exact != NULL);
        memmove(exact + 1, text, n);
        if (mb_times.read(exact + 1, n, &type, &value)) check_back(type, value);
        if (mb_durations.read(exact + 1, n, &type, &value)) check_back(type, value);
        for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++)
            if (mb_pattern_read(patterns[p], exact + 1, n, &type, &value))
                mb_pattern_format(patterns[p], type, value, (mb_local){-4321, "X"}, written,
                                  draw(80) + 1);
        free(exact);
    }
}

// Whether two texts are read as the same time, or both are none.
static void check_alike(const char *a, const char *b, size_t n)
{
    const mb_type *types[2] = {NULL, NULL};
    mb_value values[2] = {{0}, {0}};
    char *exact = malloc(n + 1);
    CHECK(exact != NULL);
    memcpy(exact + 1, a, n);
    const bool read = mb_times.read(exact + 1, n, &types[0], &values[0]);
    free(exact);
    CHECK(mb_times.read(b, n, &types[1], &values[1]) == read);
    CHECK(!read || (types[0] == types[1] && values[0].i == values[1].i));
}

// The usual form is read by words, but not with a small "t".
static void usual_form(mb_context *cx)
{
    static const char *const ends[] = {"",       "Z",     "+01:30", "-23:59",
                                       "+24:00", "+0130", "z",      "+01:60"};
    char text[SIZE], seed[SIZE], other[SIZE];
    (void)cx;
    for (int i = 0; i < 4 * ROUNDS; i++) {
        const int digits = (int)draw(12);
        int n = snprintf(seed, sizeof seed / 2, "%04u-%02u-%02uT%02u:%02u:%02u", draw(10000),
                         draw(14), draw(33), draw(25), draw(61), draw(61));
        for (int k = 0; k < digits; k++)
            seed[n++] = k ? (char)('0' + draw(10)) : '.';
        snprintf(seed + n, sizeof seed - (size_t)n, "%s", ends[draw(sizeof ends / sizeof *ends)]);
        const size_t length = i % 2 ? strlen(seed) : mutate(seed, text);
        if (i % 2) memcpy(text, seed, length);
        memcpy(other, text, length);
        if (length > 10 && (text[10] == 'T' || text[10] == ' ')) other[10] = 't';
        check_alike(text, other, length);
    }
}

static void write_anything(mb_context *cx)
{
    (void)cx;
    for (int i = 0; i < ROUNDS / 10; i++) {
        const mb_value value = {.u = (uint64_t)draw(UINT32_MAX) << 32 | draw(UINT32_MAX)};
        for (int unit = 0; unit < MB_UNIT_COUNT; unit++) {
            check_back(mb_time_in(unit), value);
            check_back(mb_duration_in(unit), value);
        }
    }
}

static void days(mb_context *cx)
{
    (void)cx;
    mb_date date = {-5000, 1, 1};
    for (int64_t day = mb_days_of_date(date); day < 2000000; day++) {
        const mb_date found = mb_date_of_days(day);
        CHECK(found.year == date.year && found.month == date.month && found.day == date.day);
        if (++date.day <= mb_month_days(date.year, date.month)) continue;
        date.day = 1;
        date.month = date.month % 12 + 1;
        date.year += date.month == 1;
    }
}

const check_test check_tests[] = {
    {"times: texts of any bytes", read_anything},
    {"times: the usual form is read as any other is", usual_form},
    {"times: any counts", write_anything},
    {"times: each day is the one after that before it", days},
    {0},
};
