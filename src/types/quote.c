#include "types/quote.h"

#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

enum {
    LONGEST = 10, // bytes that a character becomes, "\u{10FFFF}", and cells
    JOINER = 0x200d,
    NON_JOINER = 0x200c
};

// A character, or a byte that is none.
typedef struct character {
    utf8proc_int32_t code; // negative: a byte that is no UTF-8
    size_t length;
} character;

static character next_character(mb_string string, size_t at)
{
    character read;
    size_t left = string.length - at;
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)string.bytes + at;
    utf8proc_ssize_t n = utf8proc_iterate(bytes, left < 4 ? (utf8proc_ssize_t)left : 4, &read.code);
    read.length = n > 0 ? (size_t)n : 1;
    return read;
}

// As Python's str.isprintable has it, but for the joiners within words and emoji.
static bool is_printable(utf8proc_int32_t code)
{
    if (code == ' ' || code == JOINER || code == NON_JOINER) return true;
    switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return false;
    default: return true;
    }
}

static bool is_escaped(character c)
{
    return c.code < 0 || c.code == '"' || c.code == '\\' || !is_printable(c.code);
}

static int write_escape(char *text, character c, unsigned char byte)
{
    if (c.code > 0x7f) return snprintf(text, LONGEST + 1, "\\u{%X}", (unsigned)c.code);
    switch (byte) {
    case '\n': return snprintf(text, LONGEST + 1, "\\n");
    case '\t': return snprintf(text, LONGEST + 1, "\\t");
    case '\r': return snprintf(text, LONGEST + 1, "\\r");
    case '"':
    case '\\': return snprintf(text, LONGEST + 1, "\\%c", byte);
    default: return snprintf(text, LONGEST + 1, "\\x%02X", byte);
    }
}

// What a character becomes: its bytes, and the cells that they take.
static size_t write_character(char *text, const char *bytes, character c, int64_t *cells)
{
    if (is_escaped(c)) {
        int n = write_escape(text, c, (unsigned char)*bytes);
        *cells += n;
        return (size_t)n;
    }
    memcpy(text, bytes, c.length);
    *cells += utf8proc_charwidth(c.code);
    return c.length;
}

// A walk over characters that knows where grapheme clusters begin.
typedef struct clusters {
    bool within; // behind a character that marks can follow
    utf8proc_int32_t before, state;
} clusters;

static bool begins_cluster(clusters *walk, character c)
{
    bool escaped = is_escaped(c), joined = walk->within && !escaped;
    bool begins = !joined || utf8proc_grapheme_break_stateful(walk->before, c.code, &walk->state);
    if (!joined) walk->state = 0;
    walk->within = !escaped;
    walk->before = c.code;
    return begins;
}

size_t mb_string_quote(mb_string string, int64_t cells, char *text, size_t size)
{
    static const char cut[] = "…\"";
    const size_t room = size - LONGEST - sizeof cut;
    clusters walk = {.within = false};
    size_t used = 1, fits = 1, at = 0;
    int64_t taken = 1;
    text[0] = '"';
    while (at < string.length && used <= room && taken < cells) {
        character c = next_character(string, at);
        // A cluster may follow unless it would leave no cells for the cut.
        if (begins_cluster(&walk, c) && taken + 2 <= cells) fits = used;
        used += write_character(text + used, string.bytes + at, c, &taken);
        at += c.length;
    }
    // Marks without cells may stand behind the last cell.
    bool whole = at == string.length && taken + 1 <= cells;
    size_t end = whole ? used : fits;
    return end + (size_t)snprintf(text + end, size - end, "%s", whole ? "\"" : cut);
}

int64_t mb_string_cells(mb_string string)
{
    int64_t cells = 0;
    for (size_t at = 0; at < string.length;) {
        character c = next_character(string, at);
        cells += c.code < 0 ? 1 : utf8proc_charwidth(c.code);
        at += c.length;
    }
    return cells;
}
