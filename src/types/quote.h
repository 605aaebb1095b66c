// Strings for people: as Lua would write them, and how wide they are in a terminal.
//
// Cells are those of a fixed font: none for a combining mark, two for an East Asian wide character
// or an emoji. Nothing is cut within a grapheme cluster, a character with the marks upon it.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "types/dictionary.h"

// In double quotes. Escaped are quotes, backslashes, what Unicode says is not to be printed, and
// bytes that are no UTF-8: "\n", "\u{200B}", "\xFF". Cut with "…" to so many cells, of which there
// are 4 or more, and so many bytes, 64 or more: a long string is read no further. Uncut it takes at
// most 4 bytes for each, and 64. Returns the length in bytes.
size_t mb_string_quote(mb_string string, int64_t cells, char *text, size_t size);

// Cells of a string as it is; a byte that is no UTF-8 counts as one.
int64_t mb_string_cells(mb_string string);
