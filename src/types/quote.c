#include "types/quote.h"

#include <stdio.h>
#include <string.h>
#include <unictype.h>
#include <unigbrk.h>
#include <unistr.h>
#include <uniwidth.h>

enum {
    LONGEST = 10,          // bytes that a character becomes, "\u{10FFFF}", and cells
    STRAY_BYTE = 0x110000, // plus the byte: instead of a code point, where it is no UTF-8
    JOINER = 0x200d,
    NON_JOINER = 0x200c
};

// A character, or a byte that is none.
typedef struct character {
    ucs4_t code;
    size_t length;
} character;

static character next_character(mb_string string, size_t at)
{
    const uint8_t *bytes = (const uint8_t *)string.bytes + at;
    character read = {*bytes, 1};
    if (*bytes < 0x80) return read;
    int n = u8_mbtoucr(&read.code, bytes, string.length - at);
    return n > 0 ? (character){read.code, (size_t)n} : (character){STRAY_BYTE + *bytes, 1};
}

// As Python's str.isprintable has it, but for the joiners within words and emoji.
static bool is_printable(ucs4_t code)
{
    const uint32_t other = UC_CATEGORY_MASK_C | UC_CATEGORY_MASK_Z;
    if (code < 0x7f) return code >= ' ';
    if (code == JOINER || code == NON_JOINER) return true;
    return !uc_is_general_category_withtable(code, other);
}

static bool is_escaped(character c)
{
    return c.code >= STRAY_BYTE || c.code == '"' || c.code == '\\' || !is_printable(c.code);
}

static int64_t cells_of(ucs4_t code)
{
    if (code < 0x7f) return code >= ' ';
    int width = code < STRAY_BYTE ? uc_width(code, "UTF-8") : 1;
    return width > 0 ? width : 0;
}

static int write_escape(char *text, character c, unsigned char byte)
{
    if (c.code > 0x7f && c.code < STRAY_BYTE)
        return snprintf(text, LONGEST + 1, "\\u{%X}", (unsigned)c.code);
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
    *cells += cells_of(c.code);
    return c.length;
}

// A walk over characters that knows where grapheme clusters begin. What libunistring says of two
// characters leaves out what depends on those before: joined emoji, and the two halves of a flag.
typedef struct clusters {
    bool within, half; // behind a character that marks can follow; behind the half of a flag
    ucs4_t before;
} clusters;

static bool is_flag(ucs4_t code)
{
    return code >= 0x1f1e6 && code <= 0x1f1ff;
}

static bool begins_cluster(clusters *walk, character c)
{
    bool escaped = is_escaped(c), follows = walk->within && !escaped;
    bool completes = follows && walk->half && is_flag(c.code);
    bool begins = !follows || (!completes && walk->before != JOINER &&
                               uc_is_grapheme_break(walk->before, c.code));
    walk->half = is_flag(c.code) && !completes;
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
        cells += cells_of(c.code);
        at += c.length;
    }
    return cells;
}
