// Device names as LANL's netflow has them, and the integers that stand for them.
//
// A name is a prefix and a number: its trailing digits, of which there may be none. Its id is
// (code << 20) ^ number, with a code of 16 bits for each prefix: 21036 for "Comp", 5022 for "IP",
// otherwise the 32-bit FNV-1a hash of the prefix's bytes with its halves combined by exclusive or,
// and as long as that is 0, 5022 or 21036, the next higher number. This never changes: files of any
// age agree.
//
// An id is turned back into its name by the prefix of its code and the digits of its number, so a
// table keeps for each prefix the widths w for which "%0{w}d" prints all numbers seen. A name that
// leaves no such width contradicts those before it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MB_DEVICE_BITS = 20,        // of a device's number
    MB_DEVICE_PREFIX_SIZE = 64, // the longest prefix, and its NUL
    MB_DEVICE_PREFIXES = 512,   // most in one table
    MB_DEVICE_REASON_SIZE = 256,
    MB_DEVICE_WIDEST = 64, // digits
    MB_DEVICE_SLOTS = 1024,
    MB_DEVICE_SHORTCUTS = 256,
};

typedef struct mb_device_prefix {
    char name[MB_DEVICE_PREFIX_SIZE];
    uint16_t code;
    uint8_t length;          // of the name
    uint8_t lowest, highest; // widths that print every number seen; highest is WIDEST when none was
    uint8_t bare;            // the prefix alone was seen as a name: "Mail"
    uint8_t zero;            // a number 0 was seen, which has the same id
} mb_device_prefix;

typedef struct mb_device_shortcut {
    uint64_t key; // the bytes of a prefix shorter than 8
    int index;
} mb_device_shortcut;

typedef struct mb_device_table {
    int count;
    mb_device_prefix prefixes[MB_DEVICE_PREFIXES];
    uint16_t slots[MB_DEVICE_SLOTS]; // index + 1, by code, with linear probing
    mb_device_shortcut shortcuts[MB_DEVICE_SHORTCUTS];
} mb_device_table;

// Where the shortcut of a key is.
static inline unsigned mb_device_shortcut_of(uint64_t key)
{
    return (unsigned)(key * UINT64_C(0xbf58476d1ce4e5b9) >> 56);
}

void mb_device_open(mb_device_table *table);

// The id of a name that the table knows and that tells it nothing new; false otherwise.
bool mb_device_find(const mb_device_table *table, const char *name, size_t length, int64_t *id);

// The id of any name, which the table then knows. NULL, or the reason why the name cannot be had
// (the table is unchanged), written to `reason` of MB_DEVICE_REASON_SIZE.
const char *mb_device_learn(mb_device_table *table, const char *name, size_t length, int64_t *id,
                            char *reason);

// Adds what another table knows. NULL, or the reason why both cannot be true; the table is then
// partly changed.
const char *mb_device_merge(mb_device_table *table, const mb_device_prefix *others, int count,
                            char *reason);

// Whether two tables know the same.
bool mb_device_equal(const mb_device_table *a, const mb_device_table *b);

// The table as texts of MB_DEVICE_TEXT_SIZE bytes, sorted: "Comp:21036:6" (prefix, code, width of
// its numbers), "Comp:21036:1-6" (any width of these), "Mail:40123:-" (the name alone, without a
// number). `texts` has MB_DEVICE_TEXTS_SIZE bytes. Returns how many.
enum {
    MB_DEVICE_TEXT_SIZE = MB_DEVICE_PREFIX_SIZE + 16,
    MB_DEVICE_TEXTS_SIZE = 2 * MB_DEVICE_PREFIXES * MB_DEVICE_TEXT_SIZE,
};
int mb_device_describe(const mb_device_table *table, char *texts);

// Reads such a text: of a name alone `bare` is set, and `highest` is WIDEST. False for others.
bool mb_device_parse(const char *text, mb_device_prefix *prefix);
