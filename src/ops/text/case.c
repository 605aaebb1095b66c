#include "ops/text/case.h"

#include <errno.h>
#include <stdlib.h>
#include <unicase.h>
#include <unictype.h>

#include "ops/text/characters.h"
#include "ops/text/entries.h"

static uint8_t ascii_to(uint8_t byte, bool upper)
{
    uint8_t from = (uint8_t)(byte - (upper ? 'a' : 'A'));
    return (uint8_t)(byte ^ (from < 26 ? 0x20 : 0));
}

// The same of 8 bytes below 128.
static uint64_t ascii_word_to(uint64_t word, bool upper)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), low = upper ? 'a' : 'A';
    uint64_t above = word + (128 - low) * ones, beyond = word + (128 - low - 26) * ones;
    return word ^ (above & ~beyond & 128 * ones) >> 2;
}

static bool is_ascii_letter(uint8_t byte)
{
    return (uint8_t)((byte | 0x20) - 'a') < 26;
}

static mb_status append_ascii(mb_string string, mb_text_case to, mb_text_output *output)
{
    int64_t more = (int64_t)string.length;
    mb_status status = mb_buffer_reserve(output->cx, &output->bytes, output->length, more, 1);
    if (status) return status;
    const uint8_t *from = (const uint8_t *)string.bytes;
    uint8_t *made = (uint8_t *)output->bytes->data + output->length;
    bool within = false;
    if (to != MB_TEXT_TO_TITLE) {
        int64_t i = 0;
        for (uint64_t word; i + 8 <= more; i += 8) {
            memcpy(&word, from + i, 8);
            word = ascii_word_to(word, to == MB_TEXT_TO_UPPER);
            memcpy(made + i, &word, 8);
        }
        for (; i < more; i++)
            made[i] = ascii_to(from[i], to == MB_TEXT_TO_UPPER);
    } else {
        for (int64_t i = 0; i < more; i++) {
            made[i] = ascii_to(from[i], !within);
            within = is_ascii_letter(from[i]);
        }
    }
    output->length += more;
    return MB_OK;
}

// Appends a part of valid UTF-8 between two others, as libunistring maps it.
static mb_status append_mapped(mb_string part, mb_text_case to, casing_prefix_context_t before,
                               casing_suffix_context_t after, mb_text_output *output)
{
    const uint8_t *bytes = (const uint8_t *)part.bytes;
    int64_t room = 3 * (int64_t)part.length + 64; // more is rare
    mb_status status = mb_buffer_reserve(output->cx, &output->bytes, output->length, room, 1);
    if (status) return status;
    uint8_t *start = (uint8_t *)output->bytes->data + output->length;
    size_t length = (size_t)room;
    uint8_t *made =
        to == MB_TEXT_TO_LOWER
            ? u8_ct_tolower(bytes, part.length, before, after, "", NULL, start, &length)
        : to == MB_TEXT_TO_UPPER
            ? u8_ct_toupper(bytes, part.length, before, after, "", NULL, start, &length)
            : u8_ct_totitle(bytes, part.length, before, after, "", NULL, start, &length);
    if (!made && errno == ENOMEM)
        return mb_fail(output->cx, MB_EMEMORY, "out of memory: no room for another case");
    if (!made) return mb_text_append(output, part); // not UTF-8 after all
    if (made == start) {
        output->length += (int64_t)length;
        return MB_OK;
    }
    status = mb_text_append(output, (mb_string){(const char *)made, length});
    free(made);
    return status;
}

// The first character with case of each word in title case, those after it in lower case: words are
// told apart by case alone, so that they do not need a language.
static mb_status append_title(mb_string part, mb_text_output *output)
{
    mb_status status = MB_OK;
    bool within = false;
    ucs4_t code;
    const uint8_t *start = (const uint8_t *)part.bytes;
    for (mb_string rest = part; rest.length && !status;) {
        size_t size = mb_character_first(rest, &code);
        mb_string character = {rest.bytes, size};
        size_t at = (size_t)(rest.bytes - part.bytes);
        rest = mb_string_after(rest, size);
        if (code < 0x80)
            status = append_ascii(character, within ? MB_TEXT_TO_LOWER : MB_TEXT_TO_UPPER, output);
        else if (!within)
            status = append_mapped(character, MB_TEXT_TO_TITLE, unicase_empty_prefix_context,
                                   unicase_empty_suffix_context, output);
        else
            status = append_mapped(
                character, MB_TEXT_TO_LOWER, u8_casing_prefix_context(start, at),
                u8_casing_suffix_context((const uint8_t *)rest.bytes, rest.length), output);
        within = code < 0x80 ? is_ascii_letter((uint8_t)code) : uc_is_property_cased(code);
    }
    return status;
}

static mb_status append_valid(mb_string part, mb_text_case to, mb_text_output *output)
{
    if (to == MB_TEXT_TO_TITLE) return append_title(part, output);
    return append_mapped(part, to, unicase_empty_prefix_context, unicase_empty_suffix_context,
                         output);
}

// Part by part between bytes that are no characters, which have no case.
static mb_status change_case(const void *argument, mb_string string, mb_text_output *output,
                             bool *valid)
{
    mb_text_case to = *(const mb_text_case *)argument;
    mb_status status = MB_OK;
    (void)valid;
    if (mb_string_is_ascii(string)) return append_ascii(string, to, output);
    while (string.length && !status) {
        const uint8_t *stray = u8_check((const uint8_t *)string.bytes, string.length);
        size_t size = stray ? (size_t)((const char *)stray - string.bytes) : string.length;
        if (size) status = append_valid((mb_string){string.bytes, size}, to, output);
        string = mb_string_after(string, size);
        if (!string.length || status) break;
        status = mb_text_append(output, (mb_string){string.bytes, 1});
        string = mb_string_after(string, 1);
    }
    return status;
}

mb_status mb_text_to_case(mb_context *cx, mb_column *column, mb_text_case to, mb_column **result)
{
    return mb_text_strings(cx, column, change_case, &to, result);
}
