// Recent strings: a cache of the numbers of short strings, before the table of all that finds any.
//
// Of two ways. A string is in a slot as zero-padded words, so that a row whose string is there
// costs one cache line, which is fetched while other rows are looked up.
#pragma once

#include "types/dictionary.h"

enum { MB_RECENT_WORDS = 3, MB_RECENT_LONGEST = 24, MB_RECENT_BATCH = 32 };

// A short string, and one more than its number; 0: none.
typedef struct mb_recent_string {
    uint64_t words[MB_RECENT_WORDS];
    uint32_t length, number;
} mb_recent_string;

// Starts as all zeros.
typedef struct mb_recent {
    uint64_t multiplier;
    mb_buffer *slots; // 2^bits pairs
    int bits;
} mb_recent;

// For about so many rows. Not collective, like all here.
mb_status mb_recent_open(mb_context *cx, int64_t n_rows, mb_recent *recent) MB_MUST_CHECK;
void mb_recent_close(mb_recent *recent);

// The pairs of slots of up to MB_RECENT_BATCH strings, behind whose first byte MB_RECENT_LONGEST
// are readable; NULL for long ones and those that are missing. keys[i] is what one of both has to
// be.
void mb_recent_find(const mb_recent *recent, const mb_string *strings, int64_t n,
                    mb_recent_string *keys, mb_recent_string **slots);

static inline bool mb_recent_equal(const mb_recent_string *slot, const mb_recent_string *key)
{
    return slot->length == key->length &&
           !((slot->words[0] ^ key->words[0]) | (slot->words[1] ^ key->words[1]) |
             (slot->words[2] ^ key->words[2]));
}

// One more than the number of a string that is in its pair of slots; 0: it is not.
static inline uint32_t mb_recent_number(const mb_recent_string *pair, const mb_recent_string *key)
{
    if (mb_recent_equal(&pair[0], key)) return pair[0].number;
    return mb_recent_equal(&pair[1], key) ? pair[1].number : 0;
}

// Notes the number of a string that is not in its pair of slots.
static inline void mb_recent_note(mb_recent_string *pair, const mb_recent_string *key,
                                  uint32_t number)
{
    pair[1] = pair[0];
    pair[0] = *key;
    pair[0].number = number + 1;
}
