// The characters of text: code points of UTF-8. A byte that belongs to none, as UTF-8 says, is a
// character of its own, without class and case: what Python's "surrogateescape" makes of it.
#pragma once

#include <string.h>
#include <unistr.h>

#include "types/dictionary.h"

enum { MB_STRAY_BYTE = 0xdc00 }; // plus the byte: what is told instead of a code point

// The bytes of the first character of a string that has one; `*code` is its code point.
static inline size_t mb_character_first(mb_string string, ucs4_t *code)
{
    const uint8_t *bytes = (const uint8_t *)string.bytes;
    *code = *bytes;
    if (*bytes < 0x80) return 1;
    int size = u8_mbtoucr(code, bytes, string.length);
    if (size > 0) return (size_t)size;
    *code = MB_STRAY_BYTE + *bytes;
    return 1;
}

// The same of its last character.
static inline size_t mb_character_last(mb_string string, ucs4_t *code)
{
    const char *end = string.bytes + string.length;
    for (size_t size = 2; size <= 4 && size <= string.length; size++)
        if (mb_character_first((mb_string){end - size, size}, code) == size) return size;
    return mb_character_first((mb_string){end - 1, 1}, code);
}

static inline mb_string mb_string_after(mb_string string, size_t size)
{
    return (mb_string){string.bytes + size, string.length - size};
}

// Whether all bytes are below 128.
static inline bool mb_string_is_ascii(mb_string string)
{
    uint64_t word, any = 0;
    size_t i = 0;
    for (; i + sizeof word <= string.length; i += sizeof word) {
        memcpy(&word, string.bytes + i, sizeof word);
        any |= word;
    }
    for (; i < string.length; i++)
        any |= (uint8_t)string.bytes[i];
    return !(any & UINT64_C(0x8080808080808080));
}

// Whether a code point is white space, as Python's str.isspace says.
bool mb_character_is_space(ucs4_t code);

// How many characters a string has.
int64_t mb_string_characters(mb_string string);
