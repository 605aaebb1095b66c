// Hash indices whose slots lie on a disk, in parts, find what those in memory find.
#include <string.h>

#include "check.h"
#include "core/hash.h"
#include "hash/index.h"
#include "ops/match/key_index.h"

enum { KEYS = 100000, WORDS = 2 * KEYS };

static uint64_t words[WORDS], values[2][WORDS];
static uint8_t found[2][WORDS];

// An index of every second word and of one of them again, looked up for all.
static void look_up(mb_context *cx, int disk, bool *parts)
{
    mb_key_index index = {.inlined = true};
    mb_buffer *keys = NULL;
    CHECK_OK(cx, mb_buffer_new_array(cx, KEYS, sizeof(uint64_t), &keys));
    uint64_t *of_keys = keys->data;
    for (int64_t i = 0; i < KEYS; i++)
        of_keys[i] = words[2 * (i < KEYS - 1 ? i : 70)];
    const mb_hash_values range = {of_keys, 0, UINT64_MAX >> 3};
    bool inlined = words[WORDS - 1] < UINT64_MAX >> 24; // values are the keys
    cx->settings.tmpdir = ".";
    cx->frugal = disk;
    size_t budget = cx->memory.budget;
    if (disk) cx->memory.budget = cx->memory.live + (64 << 10);
    CHECK_OK(cx, mb_hash_index_open(cx, of_keys, KEYS, MB_HASH_FIND, inlined ? &range : NULL,
                                    &index.hash));
    CHECK_INT(index.hash.duplicate, KEYS - 1);
    *parts = index.hash.parts > 1;
    index.entries = (mb_entries){.n = KEYS, .words = keys, .values = keys};
    index.inlined = inlined;
    mb_key_index_find_all(cx, &index, words, WORDS, values[disk], found[disk]);
    mb_hash_index_close(&index.hash);
    cx->memory.budget = budget;
    cx->frugal = 0;
    mb_buffer_release(keys);
}

static void compare(mb_context *cx)
{
    bool parts[2];
    for (int disk = 0; disk < 2; disk++)
        look_up(cx, disk, &parts[disk]);
    CHECK(!parts[0] && parts[1]);
    int64_t wrong = 0;
    for (int64_t i = 0; i < WORDS; i++) {
        bool there = i % 2 == 0 && i < WORDS - 2;
        wrong += found[0][i] != there || found[1][i] != there;
        wrong += there && (values[0][i] != words[i] || values[1][i] != words[i]);
    }
    CHECK_INT(wrong, 0);
}

// A table for each number of the range; slots of a word; slots of key and value.
static void forms(mb_context *cx)
{
    cx->hash_multiplier = mb_hash_multiplier(7);
    for (int form = 0; form < 3; form++) {
        for (int64_t i = 0; i < WORDS; i++)
            words[i] = form == 0   ? (uint64_t)i
                       : form == 1 ? (uint64_t)i << 20
                                   : mb_mix((uint64_t)i);
        compare(cx);
    }
}

const check_test check_tests[] = {
    {"hash indices: in parts on a disk", forms},
    {0},
};
