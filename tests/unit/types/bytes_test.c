// Whatever bytes a string has: numbers are read as their grammar says, characters are those of
// UTF-8, and what people see is UTF-8, without characters of control, and as narrow as it was asked
// for.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "ops/text/characters.h"
#include "types/quote.h"
#include "types/type.h"

enum { ROUNDS = 200000, SIZE = 48 };

static uint64_t state = 3;

static size_t draw(size_t below)
{
    return (size_t)check_random(&state, (int64_t)below);
}

// --- Numbers.

// A text with some bytes changed, added or left out; returns its length.
static size_t mutate(const char *seed, char *text)
{
    static const char letters[] = "0123456789+-.eExXinfNaANtruefalse_, \t\n\v\f\r()\xa0\xff";
    size_t n = strlen(seed);
    memcpy(text, seed, n);
    for (size_t changes = draw(4); changes > 0; changes--) {
        size_t at = draw(n + 1), way = draw(3);
        if (way == 0 && n + 1 < SIZE) {
            memmove(text + at + 1, text + at, n++ - at);
            text[at] = letters[draw(sizeof letters - 1)];
        } else if (way == 1 && at < n) {
            text[at] = letters[draw(sizeof letters - 1)];
        } else if (at < n) {
            memmove(text + at, text + at + 1, n-- - at - 1);
        }
    }
    text[n] = '\0';
    return n;
}

// An integer as its grammar says: blanks, a sign, digits, blanks.
static bool expect_integer(const char *text, bool has_sign, mb_int128 *value)
{
    text += strspn(text, MB_BLANKS);
    bool minus = *text == '-';
    if (minus && !has_sign) return false;
    if (*text == '-' || *text == '+') text++;
    size_t digits = strspn(text, "0123456789");
    *value = 0;
    for (size_t i = 0; i < digits; i++)
        if (*value < (mb_int128)1 << 100) *value = *value * 10 + (text[i] - '0');
    if (minus) *value = -*value;
    text += digits;
    return digits > 0 && !text[strspn(text, MB_BLANKS)];
}

static const char *skip(const char *text, const char *letters, size_t *n)
{
    *n = strspn(text, letters);
    return text + *n;
}

// Whether a text is a float: a decimal number, inf, infinity or nan.
static bool is_float(const char *text)
{
    static const char *const words[] = {"infinity", "inf", "nan"};
    static const char digits[] = "0123456789";
    size_t before, behind = 0, n;
    text += strspn(text, MB_BLANKS);
    if (*text == '-' || *text == '+') text++;
    for (int w = 0; w < 3; w++)
        if (strncasecmp(text, words[w], strlen(words[w])) == 0) {
            text += strlen(words[w]);
            return !text[strspn(text, MB_BLANKS)];
        }
    text = skip(text, digits, &before);
    if (*text == '.') text = skip(text + 1, digits, &behind);
    if (before + behind == 0) return false;
    if (*text == 'e' || *text == 'E') {
        text += text[1] == '-' || text[1] == '+' ? 2 : 1;
        text = skip(text, digits, &n);
        if (n == 0) return false;
    }
    return !text[strspn(text, MB_BLANKS)];
}

static void check_number(const char *text)
{
    mb_value value = {0}, back = {0};
    mb_int128 whole;
    char written[MB_TEXT_SIZE];
    bool fits = expect_integer(text, true, &whole) && whole >= INT64_MIN && whole <= INT64_MAX;
    bool read = mb_type_int.parse(&mb_type_int, text, &value);
    if (read != fits || (fits && value.i != whole)) check_that(false, text, __FILE__, __LINE__);
    fits = expect_integer(text, false, &whole) && whole <= UINT64_MAX;
    read = mb_type_uint.parse(&mb_type_uint, text, &value);
    if (read != fits || (fits && value.u != whole)) check_that(false, text, __FILE__, __LINE__);
    read = mb_type_float.parse(&mb_type_float, text, &value);
    if (read != is_float(text)) check_that(false, text, __FILE__, __LINE__);
    if (!read) return;
    mb_type_float.format(&mb_type_float, value, written, sizeof written);
    CHECK(mb_type_float.parse(&mb_type_float, written, &back));
    CHECK(isnan(value.f) ? isnan(back.f) : value.bits == back.bits);
}

static void numbers(mb_context *cx)
{
    static const char *const seeds[] = {"0",
                                        "-1",
                                        "9223372036854775807",
                                        "-9223372036854775808",
                                        "18446744073709551615",
                                        "1e308",
                                        "-0.5",
                                        "2.2250738585072014e-308",
                                        "inf",
                                        "nan",
                                        " 7 ",
                                        "+12",
                                        "true",
                                        "1.",
                                        ".5"};
    (void)cx;
    for (int i = 0; i < ROUNDS; i++) {
        char text[SIZE + 1];
        size_t n = mutate(seeds[draw(sizeof seeds / sizeof *seeds)], text);
        char *copy = malloc(n + 1); // so that a sanitizer sees what is read behind it
        memcpy(copy, text, n + 1);
        mb_value value;
        check_number(copy);
        (void)mb_type_bool.parse(&mb_type_bool, copy, &value);
        free(copy);
    }
}

// --- Characters.

// Bytes most of which belong to characters, in memory of their own.
static mb_string any_string(void)
{
    static const char *const parts[] = {
        "a",         "\"",           "\\",           "\n",       "\x1b[31m",
        "é",         "日",           "\0",           "👍",        "\xe2\x80\x8b",
        "e\xcc\x81", "\xf0\x9f\x98", "\xed\xa0\x80", "\xc0\xaf", "\xf4\x90\x80\x80",
        "\xff"};
    char bytes[SIZE * 5];
    size_t n = 0;
    for (size_t i = draw(SIZE); i > 0; i--) {
        if (draw(4) == 0) {
            bytes[n++] = (char)draw(256);
            continue;
        }
        const char *part = parts[draw(sizeof parts / sizeof *parts)];
        size_t size = *part ? strlen(part) : 1;
        memcpy(bytes + n, part, size);
        n += size;
    }
    char *copy = malloc(n ? n : 1);
    if (n) memcpy(copy, bytes, n);
    return (mb_string){copy, n};
}

// The size of a character as the table of Unicode's chapter 3 has it, 1 where there is none.
static size_t size_of_character(const uint8_t *bytes, size_t n)
{
    static const struct {
        uint8_t first, last, low, high;
        size_t size;
    } forms[] = {{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
                 {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
                 {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
                 {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        if (bytes[0] < forms[f].first || bytes[0] > forms[f].last) continue;
        bool whole = forms[f].size <= n && bytes[1] >= forms[f].low && bytes[1] <= forms[f].high;
        for (size_t i = 2; i < forms[f].size && whole; i++)
            whole = (bytes[i] & 0xc0) == 0x80;
        return whole ? forms[f].size : 1;
    }
    return 1;
}

static void check_characters(mb_string string)
{
    int64_t count = 0;
    size_t at = 0;
    ucs4_t code;
    size_t starts[SIZE * 5 + 1];
    for (; at < string.length; count++) {
        size_t expected = size_of_character((const uint8_t *)string.bytes + at, string.length - at);
        starts[count] = at;
        size_t size = mb_character_first(mb_string_after(string, at), &code);
        if (!CHECK_INT(size, expected)) return;
        CHECK(size > 1 || code < 0x80 ||
              code == (ucs4_t)(MB_STRAY_BYTE + (uint8_t)string.bytes[at]));
        at += size;
    }
    CHECK_INT(mb_string_characters(string), count);
    while (count > 0) {
        at -= mb_character_last((mb_string){string.bytes, at}, &code);
        if (!CHECK_INT(at, starts[--count])) return;
    }
}

static void check_quoted(mb_string string)
{
    char text[SIZE * 5 * 4 + 64];
    int64_t cells = draw(4) ? (int64_t)(4 + draw(60)) : INT64_MAX;
    size_t size = cells < INT64_MAX ? 64 + draw(sizeof text - 64) : sizeof text;
    size_t n = mb_string_quote(string, cells, text, size);
    CHECK(n < size && text[n] == '\0');
    CHECK(n >= 2 && text[0] == '"' && text[n - 1] == '"');
    CHECK(!u8_check((const uint8_t *)text, n));
    CHECK(mb_string_cells((mb_string){text, n}) <= cells);
    for (size_t i = 0; i < n; i++)
        CHECK((uint8_t)text[i] >= ' ' && text[i] != 0x7f);
    CHECK(mb_string_cells(string) <= (int64_t)string.length * 2);
}

static void characters(mb_context *cx)
{
    (void)cx;
    for (int i = 0; i < ROUNDS / 4; i++) {
        mb_string string = any_string();
        check_characters(string);
        check_quoted(string);
        free((void *)(uintptr_t)string.bytes);
    }
}

const check_test check_tests[] = {
    {"any bytes: numbers", numbers}, {"any bytes: characters", characters}, {0}};
