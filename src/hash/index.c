#include "hash/index.h"

#include <stdbool.h>
#include <string.h>

#include "core/kind.h"
#include "core/spill.h"
#include "hash/kernels.h"

static MB_ISA_CHOICE(mb_hash_kernels, mb_hash_kernels, kernels_of);

enum {
    SMALL_RANGE = 1 << 16, // a table is worth it for any number of keys
    TABLE_SPARSE = 8,      // numbers of the range to a key, for a table
    BITS_SPARSE = 64,      // and for bits
    FIRST_BITS = 6,        // of the fewest slots
    SPARSE_KEYS = 1 << 18, // up to so many have 4 slots each, then 2
    FEW_WORDS = 1 << 17,   // stay in the caches as they are, without a filter
    FILTER_SPARSE = 64,    // bits of the filter to a key
    FILTER_MOST = 24,      // its size stays in the caches
    FILTER_LEAST = 16,
};

_Static_assert((int)MB_HASH_ROWS <= UINT16_MAX, "lists of a call's words are of 16 bits");

// A slot of its own for key and id; the id is 0 where the slot is free.
typedef struct pair {
    uint64_t offset, id;
} pair;

static void find_range(const uint64_t *keys, int64_t n, mb_hash_index *index)
{
    // Of signed and unsigned order the one that spans less: both are the order of some type.
    const uint64_t flip = UINT64_C(1) << 63;
    uint64_t low = UINT64_MAX, high = 0, low_signed = UINT64_MAX, high_signed = 0;
    for (int64_t i = 0; i < n; i++) {
        uint64_t key = keys[i], turned = keys[i] ^ flip;
        low = key < low ? key : low;
        high = key > high ? key : high;
        low_signed = turned < low_signed ? turned : low_signed;
        high_signed = turned > high_signed ? turned : high_signed;
    }
    bool is_signed = high_signed - low_signed < high - low;
    index->low = is_signed ? low_signed ^ flip : low;
    index->span = is_signed ? high_signed - low_signed : high - low;
}

static mb_hash_form choose_form(mb_hash_index *index, mb_hash_use use)
{
    uint64_t sparse = use == MB_HASH_TEST ? BITS_SPARSE : TABLE_SPARSE;
    bool narrow = index->id_bits <= 32 || use == MB_HASH_TEST; // entries of tables are 4 bytes
    if (narrow && (index->span < SMALL_RANGE || index->span / sparse < (uint64_t)index->n))
        return use == MB_HASH_TEST ? MB_HASH_BITS : MB_HASH_TABLE;
    bool words = mb_bit_length(index->span) + index->id_bits <= 64;
    if (use == MB_HASH_TEST) return words && index->n < FEW_WORDS ? MB_HASH_WORDS : MB_HASH_KEYS;
    return words ? MB_HASH_WORDS : MB_HASH_PAIRS;
}

// --- Putting keys in. Each returns false where the key is there already.

static inline bool put_bit(mb_hash_index *index, uint64_t offset, int64_t id)
{
    uint64_t *word = (uint64_t *)index->slots->data + offset / 64, bit = UINT64_C(1) << offset % 64;
    bool fresh = !(*word & bit);
    (void)id;
    *word |= bit;
    return fresh;
}

static inline bool put_entry(mb_hash_index *index, uint64_t offset, int64_t id)
{
    uint32_t *entry = (uint32_t *)index->slots->data + offset;
    if (*entry) return false;
    *entry = (uint32_t)(id + 1);
    return true;
}

static inline uint64_t first_slot(const mb_hash_index *index, uint64_t offset)
{
    return offset * index->multiplier >> (64 - index->bits);
}

static inline uint64_t next_slot(const mb_hash_index *index, uint64_t slot)
{
    return (slot + 1) & ((UINT64_C(1) << index->bits) - 1);
}

// The lowest key is always there: its offset, 0, marks free slots.
static inline bool put_key(mb_hash_index *index, uint64_t offset, int64_t id)
{
    uint64_t *slots = index->slots->data;
    uint64_t slot = first_slot(index, offset);
    (void)id;
    if (offset == 0) return true;
    while (slots[slot] && slots[slot] != offset)
        slot = next_slot(index, slot);
    if (slots[slot]) return false;
    slots[slot] = offset;
    return true;
}

static inline bool put_word(mb_hash_index *index, uint64_t offset, int64_t id)
{
    uint64_t *slots = index->slots->data;
    uint64_t slot = first_slot(index, offset);
    while (slots[slot] && slots[slot] >> index->id_bits != offset)
        slot = next_slot(index, slot);
    if (slots[slot]) return false;
    slots[slot] = offset << index->id_bits | (uint64_t)(id + 1);
    return true;
}

static inline bool put_pair(mb_hash_index *index, uint64_t offset, int64_t id)
{
    pair *slots = index->slots->data;
    uint64_t slot = first_slot(index, offset);
    while (slots[slot].id && slots[slot].offset != offset)
        slot = next_slot(index, slot);
    if (slots[slot].id) return false;
    slots[slot] = (pair){offset, (uint64_t)(id + 1)};
    return true;
}

static inline int part_of(const mb_hash_index *index, uint64_t offset)
{
    if (offset > index->span) return 0;
    uint64_t slot = index->form == MB_HASH_BITS    ? offset / 64
                    : index->form == MB_HASH_TABLE ? offset
                                                   : first_slot(index, offset);
    return (int)(slot >> index->part_shift);
}

int mb_hash_index_part(const mb_hash_index *index, uint64_t word)
{
    return index->parts > 1 ? part_of(index, word - index->low) : 0;
}

void mb_hash_index_fetch(const mb_hash_index *index, int part)
{
    size_t first = (size_t)part * index->part_bytes, size = index->slots->size - first;
    mb_spill_fetch(index->slots->data, first, size < index->part_bytes ? size : index->part_bytes);
}

// A loop for each form, for the keys of a part of the slots: keys whose slots are far away are
// asked for ahead.
#define PUT_ALL(put, slot_width)                                                                   \
    static void put##_all(mb_hash_index *index, const uint64_t *keys,                              \
                          const mb_hash_values *values, int part)                                  \
    {                                                                                              \
        enum { AHEAD = 16 };                                                                       \
        const char *slots = index->slots->data;                                                    \
        for (int64_t i = 0; i < index->n; i++) {                                                   \
            if (index->parts > 1 && part_of(index, keys[i] - index->low) != part) continue;        \
            if (slot_width && i + AHEAD < index->n)                                                \
                __builtin_prefetch(                                                                \
                    slots + slot_width * first_slot(index, keys[i + AHEAD] - index->low), 1);      \
            int64_t id = values ? (int64_t)(values->values[i] - values->low) : i;                  \
            if (!put(index, keys[i] - index->low, id) &&                                           \
                (index->duplicate < 0 || i < index->duplicate))                                    \
                index->duplicate = i;                                                              \
        }                                                                                          \
    }

PUT_ALL(put_bit, 0)
PUT_ALL(put_entry, 0)
PUT_ALL(put_key, sizeof(uint64_t))
PUT_ALL(put_word, sizeof(uint64_t))
PUT_ALL(put_pair, sizeof(pair))

static void put_all(mb_hash_index *index, const uint64_t *keys, const mb_hash_values *values)
{
    static void (*const put[])(mb_hash_index *, const uint64_t *, const mb_hash_values *, int) = {
        put_bit_all, put_entry_all, put_key_all, put_word_all, put_pair_all};
    index->duplicate = MB_HASH_NONE;
    for (int part = 0; part < index->parts; part++)
        put[index->form](index, keys, values, part);
}

// --- Opening.

static void choose_parts(const mb_context *cx, int64_t slots, size_t width, mb_hash_index *index)
{
    enum { MOST = 64, SHARE = 4 }; // of the budget, for a part
    index->parts = 1;
    if (!index->slots->spilled) return;
    const uint64_t last = (uint64_t)slots - 1, room = cx->memory.budget / SHARE / width;
    while (index->part_shift < 63 && UINT64_C(2) << index->part_shift <= room)
        index->part_shift++;
    while (last >> index->part_shift >= MOST)
        index->part_shift++;
    index->parts = (int)(last >> index->part_shift) + 1;
    index->part_bytes = width << index->part_shift;
    mb_spill_scattered(index->slots->data, index->slots->capacity);
}

static mb_status open_slots(mb_context *cx, mb_hash_index *index)
{
    static const size_t widths[] = {8, 4, 8, 8, 16};
    int64_t entries = (int64_t)1 << index->bits;
    if (index->form == MB_HASH_BITS)
        entries = (int64_t)(index->span / 64) + 1;
    else if (index->form == MB_HASH_TABLE)
        entries = (int64_t)index->span + 1;
    mb_status status = mb_buffer_new_zeroed(cx, entries, widths[index->form], &index->slots);
    if (!status) choose_parts(cx, entries, widths[index->form], index);
    return status;
}

static mb_status open_filter(mb_context *cx, const uint64_t *keys, mb_hash_index *index)
{
    int bits = mb_bit_length((uint64_t)index->n * FILTER_SPARSE);
    index->filter_bits = bits < FILTER_LEAST  ? FILTER_LEAST
                         : bits > FILTER_MOST ? FILTER_MOST
                                              : bits;
    mb_status status =
        mb_buffer_new_zeroed(cx, ((int64_t)1 << index->filter_bits) / 64, 8, &index->filter);
    if (status) return status;
    uint64_t *words = index->filter->data;
    const int shift = 64 - index->filter_bits;
    for (int64_t i = 0; i < index->n; i++) {
        uint64_t at = (keys[i] - index->low) * index->multiplier >> shift;
        words[at / 64] |= UINT64_C(1) << at % 64;
    }
    return MB_OK;
}

mb_status mb_hash_index_open(mb_context *cx, const uint64_t *keys, int64_t n, mb_hash_use use,
                             const mb_hash_values *values, mb_hash_index *index)
{
    mb_hash_index made = {.n = n, .duplicate = MB_HASH_NONE, .multiplier = cx->hash_multiplier};
    mb_status status;
    if (n > 0) find_range(keys, n, &made);
    if (values) made.low_value = values->low;
    made.id_bits = mb_bit_length(values ? values->span + 1 : (uint64_t)n);
    made.form = choose_form(&made, use);
    made.bits = mb_bit_length((uint64_t)(n > SPARSE_KEYS ? 2 : 4) * (uint64_t)n);
    if (made.bits < FIRST_BITS) made.bits = FIRST_BITS;
    MB_TRY(open_slots(cx, &made));
    if (made.form == MB_HASH_KEYS) MB_TRY(open_filter(cx, keys, &made));
    put_all(&made, keys, values);
    *index = made;
    made.slots = made.filter = NULL;
done:
    mb_hash_index_close(&made);
    return status;
}

void mb_hash_index_close(mb_hash_index *index)
{
    mb_buffer_release(index->slots);
    mb_buffer_release(index->filter);
    index->slots = index->filter = NULL;
}

// --- Looking up.

static bool has_key(const mb_hash_index *index, uint64_t offset)
{
    const uint64_t *slots = index->slots->data;
    uint64_t slot = first_slot(index, offset);
    while (slots[slot] && slots[slot] != offset)
        slot = next_slot(index, slot);
    return slots[slot] != 0;
}

// The filter turns most words away; the few that pass are looked up.
static void test_keys(mb_context *cx, const mb_hash_index *index, const uint64_t *words, int64_t n,
                      uint8_t *found)
{
    uint16_t passed[MB_HASH_ROWS];
    kernels_of(cx->isa)->test_filter(words, n, index->filter->data, 64 - index->filter_bits,
                                     index->low, index->multiplier, found);
    int npassed = kernels_of(cx->isa)->list_set(found, n, passed);
    for (int k = 0; k < npassed; k++)
        __builtin_prefetch((uint64_t *)index->slots->data +
                           first_slot(index, words[passed[k]] - index->low));
    for (int k = 0; k < npassed; k++) {
        uint64_t offset = words[passed[k]] - index->low;
        found[passed[k]] = offset == 0 || has_key(index, offset);
    }
}

void mb_hash_index_test(mb_context *cx, const mb_hash_index *index, const uint64_t *words,
                        int64_t n, uint8_t *found)
{
    int64_t ids[MB_HASH_ROWS];
    if (index->n == 0) {
        memset(found, 0, (size_t)n);
    } else if (index->form == MB_HASH_BITS) {
        kernels_of(cx->isa)->test_bits(words, n, index->slots->data, index->low, index->span,
                                       found);
    } else if (index->form == MB_HASH_KEYS) {
        test_keys(cx, index, words, n, found);
    } else {
        mb_hash_index_find(cx, index, words, n, ids);
        for (int64_t i = 0; i < n; i++)
            found[i] = ids[i] >= 0;
    }
}

static void find_entries(const mb_hash_index *index, const uint64_t *words, int64_t n, int64_t *ids)
{
    const uint32_t *entries = index->slots->data;
    for (int64_t i = 0; i < n; i++) {
        uint64_t offset = words[i] - index->low;
        ids[i] = offset <= index->span ? (int64_t)entries[offset] - 1 : MB_HASH_NONE;
    }
}

// The first slot of a word decides nearly always; the others are followed one by one.
static void find_words(mb_context *cx, const mb_hash_index *index, const uint64_t *words, int64_t n,
                       int64_t *ids)
{
    const uint64_t *slots = index->slots->data;
    const mb_hash_slots shape = {slots, index->low, index->multiplier, 64 - index->bits,
                                 index->id_bits};
    uint8_t open[MB_HASH_ROWS];
    uint16_t left[MB_HASH_ROWS];
    kernels_of(cx->isa)->find_first(words, n, &shape, ids, open);
    int nleft = kernels_of(cx->isa)->list_set(open, n, left);
    for (int k = 0; k < nleft; k++) {
        uint64_t offset = words[left[k]] - index->low;
        uint64_t slot = next_slot(index, first_slot(index, offset));
        while (slots[slot] && slots[slot] >> index->id_bits != offset)
            slot = next_slot(index, slot);
        uint64_t mask = (UINT64_C(1) << index->id_bits) - 1;
        ids[left[k]] = (int64_t)(slots[slot] & mask) - 1;
    }
}

static void find_pairs(const mb_hash_index *index, const uint64_t *words, int64_t n, int64_t *ids)
{
    const pair *slots = index->slots->data;
    for (int64_t i = 0; i < n; i++) {
        uint64_t offset = words[i] - index->low, slot = first_slot(index, offset);
        while (slots[slot].id && slots[slot].offset != offset)
            slot = next_slot(index, slot);
        ids[i] = (int64_t)slots[slot].id - 1;
    }
}

void mb_hash_index_find(mb_context *cx, const mb_hash_index *index, const uint64_t *words,
                        int64_t n, int64_t *ids)
{
    if (index->n == 0)
        memset(ids, 0xff, (size_t)n * sizeof *ids); // MB_HASH_NONE
    else if (index->form == MB_HASH_TABLE)
        find_entries(index, words, n, ids);
    else if (index->form == MB_HASH_WORDS)
        find_words(cx, index, words, n, ids);
    else
        find_pairs(index, words, n, ids);
}

void mb_hash_index_look_up(mb_context *cx, const mb_hash_index *index, const uint64_t *words,
                           int64_t n, uint64_t *values, uint8_t *found)
{
    int64_t ids[MB_HASH_ROWS];
    mb_hash_index_find(cx, index, words, n, ids);
    kernels_of(cx->isa)->tell(ids, n, index->low_value, values, found);
}
