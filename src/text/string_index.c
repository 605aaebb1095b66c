#include "text/string_index.h"

#include <string.h>

#include "text/string_hash.h"

enum {
    FILTER_SPARSE = 8, // bits of the filter to a string, at least
    FILTER_MOST = 24,  // its size stays in the caches
    AHEAD = 16,        // strings whose slots are asked for before they are needed
};

void mb_string_hashes(uint64_t seed, const mb_string *strings, int64_t n, uint64_t *hashes)
{
    for (int64_t i = 0; i < n; i++)
        hashes[i] = mb_string_hash(seed, strings[i]);
}

// --- Slots. The highest bits of a hash say where a string would be.

static inline uint64_t slot_of(const mb_string_index *index, uint64_t hash)
{
    return hash >> (64 - index->bits);
}

static inline uint64_t filter_bit(const mb_string_index *index, uint64_t hash)
{
    return hash & ((UINT64_C(1) << index->filter_bits) - 1);
}

static inline bool equal(mb_string a, mb_string b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

static inline int64_t number_in(uint64_t slot)
{
    return (int64_t)(slot & UINT32_MAX) - 1;
}

// The first slot from `at` on that is free or has half of the hash.
static inline uint64_t next_like(const mb_string_index *index, uint64_t hash, uint64_t at)
{
    const uint64_t *slots = index->slots->data, last = (UINT64_C(1) << index->bits) - 1;
    while (slots[at] && (slots[at] ^ hash << 32) >> 32)
        at = (at + 1) & last;
    return at;
}

// The slot from `at` on that is free or has the string.
static inline uint64_t next_equal(const mb_string_index *index, mb_string string, uint64_t hash,
                                  uint64_t at)
{
    const uint64_t *slots = index->slots->data, last = (UINT64_C(1) << index->bits) - 1;
    for (;; at = (at + 1) & last) {
        at = next_like(index, hash, at);
        if (!slots[at] || equal(index->strings[number_in(slots[at])], string)) return at;
    }
}

static void put_all(mb_string_index *index, const uint64_t *hashes, int64_t n, uint64_t *firsts)
{
    uint64_t *slots = index->slots->data, *filter = index->filter->data;
    for (int64_t i = 0; i < n; i++) {
        if (i + AHEAD < n) __builtin_prefetch(slots + slot_of(index, hashes[i + AHEAD]), 1);
        uint64_t bit = filter_bit(index, hashes[i]), start = slot_of(index, hashes[i]);
        uint64_t at = next_equal(index, index->strings[i], hashes[i], start);
        if (!slots[at]) slots[at] = hashes[i] << 32 | (uint64_t)(i + 1);
        firsts[i] = (uint64_t)number_in(slots[at]);
        filter[bit / 64] |= UINT64_C(1) << bit % 64;
    }
}

mb_status mb_string_index_open(mb_context *cx, const mb_string *strings, const uint64_t *hashes,
                               int64_t n, uint64_t *firsts, mb_string_index *index)
{
    mb_string_index made = {.strings = strings, .bits = mb_bit_length(2 * (uint64_t)n + 1)};
    made.filter_bits = mb_bit_length(FILTER_SPARSE * (uint64_t)n | 63);
    if (made.filter_bits > FILTER_MOST) made.filter_bits = FILTER_MOST;
    mb_status status = mb_buffer_new_zeroed(cx, INT64_C(1) << made.bits, 8, &made.slots);
    if (!status)
        status = mb_buffer_new_zeroed(cx, (INT64_C(1) << made.filter_bits) / 64, 8, &made.filter);
    if (status) {
        mb_string_index_close(&made);
        return status;
    }
    put_all(&made, hashes, n, firsts);
    *index = made;
    return MB_OK;
}

void mb_string_index_close(mb_string_index *index)
{
    mb_buffer_release(index->slots);
    mb_buffer_release(index->filter);
    *index = (mb_string_index){0};
}

mb_status mb_string_firsts(mb_context *cx, const mb_string *strings, int64_t n, uint64_t *firsts)
{
    mb_string_index index = {0};
    mb_buffer *hashes = NULL;
    mb_status status = mb_buffer_new_array(cx, n, sizeof(uint64_t), &hashes);
    if (!status) {
        mb_string_hashes(cx->hash_multiplier, strings, n, hashes->data);
        status = mb_string_index_open(cx, strings, hashes->data, n, firsts, &index);
    }
    mb_string_index_close(&index);
    mb_buffer_release(hashes);
    return status;
}

// --- Finding: in passes over a batch, each of which asks for the memory that the next one reads.

// Those whose bit in the filter is set.
static int64_t filter_batch(const mb_string_index *index, const uint64_t *hashes, int64_t n,
                            uint16_t *kept)
{
    const uint64_t *filter = index->filter->data, *slots = index->slots->data;
    int64_t nkept = 0;
    for (int64_t i = 0; i < n; i++) {
        uint64_t bit = filter_bit(index, hashes[i]);
        kept[nkept] = (uint16_t)i;
        nkept += (int64_t)(filter[bit / 64] >> bit % 64 & 1);
    }
    for (int64_t k = 0; k < nkept; k++)
        __builtin_prefetch(slots + slot_of(index, hashes[kept[k]]));
    return nkept;
}

// Of these, those that have half of their hash in common with a slot.
static int64_t match_batch(const mb_string_index *index, const uint64_t *hashes, int64_t n,
                           uint16_t *kept, uint64_t *places)
{
    const uint64_t *slots = index->slots->data;
    int64_t nkept = 0;
    for (int64_t k = 0; k < n; k++) {
        uint64_t hash = hashes[kept[k]], at = next_like(index, hash, slot_of(index, hash));
        if (!slots[at]) continue;
        __builtin_prefetch(index->strings + number_in(slots[at]));
        kept[nkept] = kept[k];
        places[nkept++] = at;
    }
    for (int64_t k = 0; k < nkept; k++) {
        mb_string string = index->strings[number_in(slots[places[k]])];
        __builtin_prefetch(string.bytes);
        __builtin_prefetch(string.bytes + string.length);
    }
    return nkept;
}

void mb_string_index_find(const mb_string_index *index, const mb_string *strings,
                          const uint64_t *hashes, int64_t n, int64_t *found)
{
    uint16_t kept[MB_STRING_BATCH] = {0};
    uint64_t places[MB_STRING_BATCH];
    const uint64_t *slots = index->slots->data;
    int64_t nkept = filter_batch(index, hashes, n, kept);
    nkept = match_batch(index, hashes, nkept, kept, places);
    for (int64_t i = 0; i < n; i++)
        found[i] = MB_NO_STRING;
    for (int64_t k = 0; k < nkept; k++) {
        int64_t i = kept[k];
        found[i] = number_in(slots[next_equal(index, strings[i], hashes[i], places[k])]);
    }
}
