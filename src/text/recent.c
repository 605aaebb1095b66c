#include "text/recent.h"

#include <string.h>

enum { FEWEST_BITS = 6, MOST_BITS = 17 };

mb_status mb_recent_open(mb_context *cx, int64_t n_rows, mb_recent *recent)
{
    recent->multiplier = cx->hash_multiplier;
    recent->bits = FEWEST_BITS;
    while (recent->bits < MOST_BITS && INT64_C(4) << recent->bits < n_rows)
        recent->bits++;
    return mb_buffer_new_zeroed(cx, INT64_C(1) << recent->bits, 2 * sizeof(mb_recent_string),
                                &recent->slots);
}

void mb_recent_close(mb_recent *recent)
{
    mb_buffer_release(recent->slots);
    *recent = (mb_recent){0};
}

// The first `length` bytes of three words of a string.
static mb_recent_string key_of(mb_string string)
{
    mb_recent_string key = {.length = (uint32_t)string.length};
    memcpy(key.words, string.bytes, sizeof key.words);
    for (size_t i = 0; i < MB_RECENT_WORDS; i++) {
        size_t used = string.length > 8 * i ? string.length - 8 * i : 0;
        uint64_t mask = used >= 8 ? UINT64_MAX : (UINT64_C(1) << 8 * used) - 1;
        if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__) mask = __builtin_bswap64(mask);
        key.words[i] &= mask;
    }
    return key;
}

static uint64_t slot_of(const mb_recent *recent, const mb_recent_string *key)
{
    uint64_t first = (key->words[0] + key->length) * recent->multiplier;
    uint64_t second = key->words[1] * recent->multiplier,
             third = key->words[2] * recent->multiplier;
    uint64_t hash = first + (second << 23 | second >> 41) + (third << 47 | third >> 17);
    hash ^= hash >> 32;
    return hash * recent->multiplier >> (64 - recent->bits);
}

void mb_recent_find(const mb_recent *recent, const mb_string *strings, int64_t n,
                    mb_recent_string *keys, mb_recent_string **slots)
{
    mb_recent_string *all = recent->slots->data;
    for (int64_t i = 0; i < n; i++) {
        slots[i] = NULL;
        if (!strings[i].bytes || strings[i].length > MB_RECENT_LONGEST) continue;
        keys[i] = key_of(strings[i]);
        slots[i] = all + 2 * slot_of(recent, &keys[i]);
        __builtin_prefetch(slots[i], 1);
    }
}
