#include "hash/numbers.h"

#include <string.h>

#include "core/kind.h"

enum { NUMBER_BITS = 32 };

static mb_status take_memory(mb_context *cx, int room_bits, mb_hash_numbers *table)
{
    const size_t slots = (size_t)1 << room_bits;
    const size_t words = table->count_bits ? 0 : slots / MB_HASH_LOAD;
    mb_status status = mb_buffer_new(cx, (slots + 2 * words) * sizeof(uint64_t), &table->memory);
    if (status) return status;
    table->room_bits = room_bits;
    table->slots = table->memory->data;
    table->words = table->slots + slots;
    table->counts = table->words + words;
    return MB_OK;
}

mb_status mb_hash_numbers_open(mb_context *cx, int bits, int room_bits, int count_bits,
                               mb_hash_numbers *table)
{
    *table = (mb_hash_numbers){.cx = cx, .count_bits = count_bits};
    mb_status status = take_memory(cx, room_bits, table);
    if (!status) mb_hash_numbers_clear(table, bits);
    return status;
}

void mb_hash_numbers_close(mb_hash_numbers *table)
{
    mb_buffer_release(table->memory);
    table->memory = NULL;
}

void mb_hash_numbers_clear(mb_hash_numbers *table, int bits)
{
    table->bits = bits;
    table->n = 0;
    memset(table->slots, 0, sizeof *table->slots << bits);
}

// Puts a slot's contents where a probe for its word will find it.
static inline void put(const mb_hash_numbers *table, uint64_t word, uint64_t slot)
{
    const uint64_t mask = (UINT64_C(1) << table->bits) - 1;
    uint64_t at = word * table->cx->hash_multiplier >> (64 - table->bits);
    while (table->slots[at])
        at = (at + 1) & mask;
    table->slots[at] = slot;
}

mb_status mb_hash_numbers_grow(mb_hash_numbers *table)
{
    mb_hash_numbers old = *table;
    const bool moves = table->count_bits || table->bits == table->room_bits;
    if (moves) {
        mb_status status = take_memory(table->cx, table->bits + 1, table);
        if (status) return status;
    }
    mb_hash_numbers_clear(table, old.bits + 1);
    table->n = old.n;
    if (table->count_bits) {
        for (int64_t i = 0; i < INT64_C(1) << old.bits; i++)
            if (old.slots[i]) put(table, old.slots[i] >> table->count_bits, old.slots[i]);
    } else {
        if (moves) memcpy(table->words, old.words, (size_t)old.n * sizeof *old.words);
        if (moves) memcpy(table->counts, old.counts, (size_t)old.n * sizeof *old.counts);
        for (int64_t i = 0; i < table->n; i++)
            put(table, table->words[i], table->words[i] << NUMBER_BITS | (uint64_t)(i + 1));
    }
    if (moves) mb_buffer_release(old.memory);
    return MB_OK;
}

// The top bits of a product, without a shift by a variable, which is slow.
static inline uint64_t first_slot(uint64_t product, uint64_t size)
{
    return (uint64_t)((mb_uint128)product * size >> 64);
}

// Probes compare what a slot holds of the word, and where that is not all also the word itself.
#define ADD(name, type, narrow, take_number)                                                       \
    static int64_t name(mb_hash_numbers *table, const void *given, uint64_t origin, int64_t n,     \
                        uint32_t *numbers)                                                         \
    {                                                                                              \
        const type *restrict in = given;                                                           \
        uint64_t *restrict slots = table->slots, *restrict words = table->words;                   \
        uint64_t *restrict counts = table->counts;                                                 \
        const uint64_t multiplier = table->cx->hash_multiplier;                                    \
        const uint64_t size = UINT64_C(1) << table->bits;                                          \
        uint64_t used = (uint64_t)table->n;                                                        \
        int64_t i = 0;                                                                             \
        (void)numbers;                                                                             \
        for (; i < n; i++) {                                                                       \
            uint64_t word = in[i] - origin, tag = word << NUMBER_BITS;                             \
            uint64_t at = first_slot(word * multiplier, size);                                     \
            uint64_t slot = slots[at];                                                             \
            while (slot && ((slot ^ tag) > UINT32_MAX ||                                           \
                            (!(narrow) && words[(uint32_t)slot - 1] != word))) {                   \
                at = (at + 1) & (size - 1);                                                        \
                slot = slots[at];                                                                  \
            }                                                                                      \
            if (!slot) {                                                                           \
                if (used * MB_HASH_LOAD == size) break;                                            \
                words[used] = word;                                                                \
                counts[used++] = 0;                                                                \
                slots[at] = slot = tag | used;                                                     \
            }                                                                                      \
            take_number;                                                                           \
        }                                                                                          \
        table->n = (int64_t)used;                                                                  \
        return i;                                                                                  \
    }

#define COUNT  counts[(uint32_t)slot - 1]++
#define NUMBER numbers[i] = (uint32_t)slot - 1
ADD(number_words, uint64_t, false, NUMBER)
ADD(number_narrow, uint64_t, true, NUMBER)
ADD(number_stored, uint32_t, true, NUMBER)
ADD(count_8, uint64_t, false, COUNT)
ADD(number_and_count_4, uint32_t, true, COUNT; if (numbers) NUMBER)
ADD(number_and_count_8, uint64_t, false, COUNT; NUMBER)

int64_t mb_hash_number(mb_hash_numbers *table, const uint64_t *words, bool narrow, int64_t n,
                       uint32_t *numbers)
{
    return (narrow ? number_narrow : number_words)(table, words, 0, n, numbers);
}

int64_t mb_hash_number_stored(mb_hash_numbers *table, const uint32_t *words, uint64_t origin,
                              int64_t n, uint32_t *numbers)
{
    return number_stored(table, words, origin, n, numbers);
}

// Counts in the slots themselves: a count elsewhere takes up to twice the time where many words
// fill the caches.
#define COUNT_IN_SLOTS(name, type)                                                                 \
    static int64_t name(mb_hash_numbers *table, const void *given, uint64_t origin, int64_t n)     \
    {                                                                                              \
        const type *restrict in = given;                                                           \
        uint64_t *restrict slots = table->slots;                                                   \
        const uint64_t multiplier = table->cx->hash_multiplier;                                    \
        const uint64_t size = UINT64_C(1) << table->bits, unit = UINT64_C(1) << table->count_bits; \
        uint64_t used = (uint64_t)table->n;                                                        \
        int64_t i = 0;                                                                             \
        for (; i < n; i++) {                                                                       \
            uint64_t word = in[i] - origin, tag = word * unit;                                     \
            uint64_t at = first_slot(word * multiplier, size), slot = slots[at];                   \
            while (slot && (slot ^ tag) >= unit) {                                                 \
                at = (at + 1) & (size - 1);                                                        \
                slot = slots[at];                                                                  \
            }                                                                                      \
            if (!slot) {                                                                           \
                if (used * MB_HASH_LOAD == size) break;                                            \
                used++;                                                                            \
                slot = tag;                                                                        \
            }                                                                                      \
            slots[at] = slot + 1;                                                                  \
        }                                                                                          \
        table->n = (int64_t)used;                                                                  \
        return i;                                                                                  \
    }

COUNT_IN_SLOTS(count_in_slots_4, uint32_t)
COUNT_IN_SLOTS(count_in_slots_8, uint64_t)

int64_t mb_hash_count(mb_hash_numbers *table, const void *words, int width, uint64_t origin,
                      int64_t n, uint32_t *numbers)
{
    if (table->count_bits)
        return (width == 4 ? count_in_slots_4 : count_in_slots_8)(table, words, origin, n);
    if (width == 4) return number_and_count_4(table, words, origin, n, numbers);
    return (numbers ? number_and_count_8 : count_8)(table, words, origin, n, numbers);
}

void mb_hash_list(const mb_hash_numbers *table, uint64_t *pairs)
{
    const uint64_t counts = (UINT64_C(1) << table->count_bits) - 1;
    for (int64_t i = 0; !table->count_bits && i < table->n; i++) {
        *pairs++ = table->words[i];
        *pairs++ = table->counts[i];
    }
    for (int64_t i = 0; table->count_bits && i < INT64_C(1) << table->bits; i++) {
        if (!table->slots[i]) continue;
        *pairs++ = table->slots[i] >> table->count_bits;
        *pairs++ = table->slots[i] & counts;
    }
}
