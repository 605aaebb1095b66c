#include "ops/group/hash_rows.h"

#include <string.h>

#include "order/radix.h"

enum {
    FIRST_BITS = 10, // of the slots of a fresh table
    LAST_BITS = 18,
    LOAD = 4, // slots to each word, at least
    NUMBER_BITS =
        18, // of a slot; the bits above have the word, or as much of it as there is room for
    MOST_WORDS = (1 << LAST_BITS) / LOAD + MB_WORD_ROWS, // a block of rows may be one too many
};

_Static_assert((LAST_BITS - FIRST_BITS) % 2 == 0, "a table that grows fourfold ends at LAST_BITS");
_Static_assert(MOST_WORDS < 1 << NUMBER_BITS, "slots have room for the numbers of all words");

typedef struct hash_table {
    mb_buffer *memory;
    uint64_t *slots; // a word and its number plus 1; 0: free
    uint64_t *words; // of each number
    uint64_t multiplier;
    int bits;
    uint32_t used;
} hash_table;

static mb_status open_table(mb_context *cx, hash_table *table)
{
    size_t slots = sizeof *table->slots << LAST_BITS;
    mb_status status = mb_buffer_new(cx, slots + MOST_WORDS * sizeof *table->words, &table->memory);
    if (status) return status;
    table->slots = table->memory->data;
    table->words = table->slots + (1 << LAST_BITS);
    table->multiplier = cx->hash_multiplier;
    table->bits = FIRST_BITS;
    memset(table->slots, 0, sizeof *table->slots << table->bits);
    return MB_OK;
}

static inline uint64_t first_slot(const hash_table *table, uint64_t word)
{
    return word * table->multiplier >> (64 - table->bits);
}

static void grow(hash_table *table)
{
    table->bits += 2;
    const uint64_t mask = (UINT64_C(1) << table->bits) - 1;
    memset(table->slots, 0, sizeof *table->slots << table->bits);
    for (uint32_t i = 0; i < table->used; i++) {
        uint64_t word = table->words[i], slot = first_slot(table, word);
        while (table->slots[slot])
            slot = (slot + 1) & mask;
        table->slots[slot] = word << NUMBER_BITS | (i + 1);
    }
}

// The number of a word; `narrow` words fit a slot.
static inline uint32_t number_of(hash_table *table, uint64_t word, bool narrow)
{
    const uint64_t mask = (UINT64_C(1) << table->bits) - 1;
    const uint64_t number_mask = (UINT64_C(1) << NUMBER_BITS) - 1;
    uint64_t tag = word << NUMBER_BITS, at = first_slot(table, word);
    uint64_t slot = table->slots[at];
    while (slot && ((slot ^ tag) > number_mask ||
                    (!narrow && table->words[(slot & number_mask) - 1] != word))) {
        at = (at + 1) & mask;
        slot = table->slots[at];
    }
    if (!slot) {
        table->words[table->used++] = word;
        table->slots[at] = slot = tag | table->used;
    }
    return (uint32_t)(slot & number_mask) - 1;
}

static void number_block(hash_table *given, const mb_words *words, int64_t first, int64_t n,
                         uint32_t *numbers)
{
    uint64_t block[MB_WORD_ROWS];
    hash_table table = *given; // which the compiler knows that nothing else writes to
    words->take(words, first, n, block);
    for (int64_t i = 0; i < n; i++) {
        int64_t row = first + i;
        bool there = !words->validity || words->validity[row / 64] >> (row % 64) & 1;
        numbers[row] = there ? number_of(&table, block[i], false) : MB_MISSING_NUMBER;
    }
    given->used = table.used;
}

// The same of rows that are all there, as they are stored.
static void number_offsets(hash_table *given, const mb_words *words, int64_t first, int64_t n,
                           uint32_t *numbers)
{
    const uint32_t *offsets = words->values[0];
    const uint64_t origin = words->origin;
    hash_table table = *given;
    for (int64_t row = first; row < first + n; row++)
        numbers[row] = number_of(&table, offsets[row] + origin, true);
    given->used = table.used;
}

// Numbers the rows; false when there are too many words.
static bool number_rows(const mb_words *words, hash_table *table, uint32_t *numbers)
{
    bool narrow = mb_words_are_offsets(words) && words->largest >> (64 - NUMBER_BITS) == 0;
    for (int64_t first = 0; first < words->n; first += MB_WORD_ROWS) {
        int64_t n = words->n - first < MB_WORD_ROWS ? words->n - first : MB_WORD_ROWS;
        while ((table->used + n) * 3 / 2 > (int64_t)1 << table->bits ||
               (int64_t)table->used * LOAD > (int64_t)1 << table->bits) {
            if (table->bits >= LAST_BITS) return false;
            grow(table);
        }
        (narrow ? number_offsets : number_block)(table, words, first, n, numbers);
    }
    return true;
}

static void order_words(const hash_table *table, mb_key_count *pairs, uint64_t *list,
                        uint32_t *places)
{
    uint64_t largest = 0;
    for (uint32_t i = 0; i < table->used; i++) {
        pairs[i] = (mb_key_count){table->words[i], i};
        if (table->words[i] > largest) largest = table->words[i];
    }
    pairs = mb_radix_sort_pairs(pairs, pairs + table->used, table->used, largest);
    for (uint32_t i = 0; i < table->used; i++) {
        list[i] = pairs[i].key;
        places[pairs[i].count] = i;
    }
}

void mb_hashed_release(mb_hashed *hashed)
{
    mb_buffer_release(hashed->numbers);
    mb_buffer_release(hashed->words);
    mb_buffer_release(hashed->places);
    *hashed = (mb_hashed){NULL};
}

mb_status mb_hash_rows(const mb_words *words, mb_hashed *hashed, bool *too_many)
{
    mb_context *cx = words->cx;
    hash_table table = {NULL};
    mb_hashed made = {NULL};
    mb_buffer *pairs = NULL;
    mb_status status;
    MB_TRY(open_table(cx, &table));
    MB_TRY(mb_buffer_new_array(cx, words->n, sizeof(uint32_t), &made.numbers));
    *too_many = !number_rows(words, &table, made.numbers->data);
    if (*too_many) goto done;
    made.n = table.used;
    MB_TRY(mb_buffer_new_array(cx, 2 * made.n, sizeof(mb_key_count), &pairs));
    MB_TRY(mb_buffer_new_array(cx, made.n, sizeof(uint32_t), &made.places));
    MB_TRY(mb_buffer_new_array(cx, made.n, sizeof(uint64_t), &made.words));
    order_words(&table, pairs->data, made.words->data, made.places->data);
    *hashed = made;
    made = (mb_hashed){NULL};
done:
    mb_hashed_release(&made);
    mb_buffer_release(table.memory);
    mb_buffer_release(pairs);
    return status;
}
