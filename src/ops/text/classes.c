#include "ops/text/classes.h"

#include <unictype.h>

#include "ops/text/characters.h"
#include "ops/text/entries.h"

static bool is_alpha(ucs4_t code)
{
    if (code < 0x80) return (code | 0x20) - 'a' < 26;
    return uc_is_general_category(code, UC_LETTER);
}

static bool is_digit(ucs4_t code)
{
    if (code < 0x80) return code - '0' < 10;
    return uc_digit_value(code) >= 0;
}

static bool is_alnum(ucs4_t code)
{
    return is_alpha(code) || is_digit(code) ||
           (code >= 0x80 && uc_numeric_value(code).denominator != 0);
}

// Separators of words, lines and paragraphs in the algorithm for two directions, and all spaces.
bool mb_character_is_space(ucs4_t code)
{
    if (code < 0x80) return code == ' ' || code - '\t' < 5 || code - 0x1c < 4;
    int direction = uc_bidi_category(code);
    return direction == UC_BIDI_WS || direction == UC_BIDI_B || direction == UC_BIDI_S ||
           uc_is_general_category(code, UC_SPACE_SEPARATOR);
}

static bool all_are(mb_string string, bool (*is)(ucs4_t code))
{
    ucs4_t code;
    if (!string.length) return false;
    while (string.length) {
        string = mb_string_after(string, mb_character_first(string, &code));
        if (!is(code)) return false;
    }
    return true;
}

static bool has_upper_case(ucs4_t code)
{
    if (code < 0x80) return code - 'A' < 26;
    return uc_is_property_uppercase(code);
}

static bool has_title_case(ucs4_t code)
{
    return code >= 0x80 && uc_is_general_category(code, UC_TITLECASE_LETTER);
}

static bool has_lower_case(ucs4_t code)
{
    if (code < 0x80) return code - 'a' < 26;
    return uc_is_property_lowercase(code);
}

static bool is_lower(mb_string string)
{
    ucs4_t code;
    bool cased = false;
    while (string.length) {
        string = mb_string_after(string, mb_character_first(string, &code));
        if (has_upper_case(code) || has_title_case(code)) return false;
        cased = cased || has_lower_case(code);
    }
    return cased;
}

static bool is_upper(mb_string string)
{
    ucs4_t code;
    bool cased = false;
    while (string.length) {
        string = mb_string_after(string, mb_character_first(string, &code));
        if (has_lower_case(code) || has_title_case(code)) return false;
        cased = cased || has_upper_case(code);
    }
    return cased;
}

static bool is_title(mb_string string)
{
    ucs4_t code;
    bool cased = false, within = false; // within a word
    while (string.length) {
        string = mb_string_after(string, mb_character_first(string, &code));
        bool begins = has_upper_case(code) || has_title_case(code);
        bool goes_on = !begins && has_lower_case(code);
        if ((begins && within) || (goes_on && !within)) return false;
        within = begins || goes_on;
        cased = cased || within;
    }
    return cased;
}

static mb_status classify(mb_context *cx, const void *argument, mb_string string, mb_value *value,
                          bool *valid)
{
    (void)cx;
    (void)valid;
    switch (*(const mb_text_class *)argument) {
    case MB_TEXT_ALPHA: value->b = all_are(string, is_alpha); break;
    case MB_TEXT_ALNUM: value->b = all_are(string, is_alnum); break;
    case MB_TEXT_DIGIT: value->b = all_are(string, is_digit); break;
    case MB_TEXT_SPACE: value->b = all_are(string, mb_character_is_space); break;
    case MB_TEXT_LOWER: value->b = is_lower(string); break;
    case MB_TEXT_UPPER: value->b = is_upper(string); break;
    case MB_TEXT_TITLE: value->b = is_title(string); break;
    case MB_TEXT_ASCII: value->b = mb_string_is_ascii(string); break;
    default: value->b = string.length == 0;
    }
    return MB_OK;
}

mb_status mb_text_is(mb_context *cx, mb_column *column, mb_text_class class, mb_column **result)
{
    return mb_text_values(cx, column, &mb_type_bool, classify, &class, result);
}

int64_t mb_string_characters(mb_string string)
{
    int64_t n = 0;
    ucs4_t code;
    if (mb_string_is_ascii(string)) return (int64_t)string.length;
    for (; string.length; n++)
        string = mb_string_after(string, mb_character_first(string, &code));
    return n;
}

static mb_status count(mb_context *cx, const void *argument, mb_string string, mb_value *value,
                       bool *valid)
{
    (void)cx;
    (void)argument;
    (void)valid;
    value->i = mb_string_characters(string);
    return MB_OK;
}

mb_status mb_text_characters(mb_context *cx, mb_column *column, mb_column **result)
{
    return mb_text_values(cx, column, &mb_type_int, count, NULL, result);
}
