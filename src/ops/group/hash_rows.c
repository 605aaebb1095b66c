#include "ops/group/hash_rows.h"

#include "hash/numbers.h"
#include "order/radix.h"

enum {
    FIRST_BITS = 10, // of the slots of a fresh table
    LAST_BITS = 18,
};

// Numbers n rows, as many as the table has room for; returns how many these are.
static int64_t number_some(const mb_key_words *words, mb_hash_numbers *table, const uint64_t *block,
                           int64_t first, int64_t n, uint32_t *numbers)
{
    if (block) return mb_hash_number(table, block, words->largest <= UINT32_MAX, n, numbers);
    return mb_hash_number_stored(table, words->stored + first, -words->delta, n, numbers);
}

static mb_status number_rows(const mb_key_words *words, mb_hash_numbers *table, uint32_t *numbers,
                             bool *too_many)
{
    const bool stored = words->stored && words->largest <= UINT32_MAX;
    uint64_t room[MB_KEY_ROWS];
    *too_many = false;
    for (int64_t first = 0; first < words->n; first += MB_KEY_ROWS) {
        int64_t n = words->n - first < MB_KEY_ROWS ? words->n - first : MB_KEY_ROWS, done = 0;
        const uint64_t *block = stored ? NULL : mb_key_words_take(words, first, n, room);
        for (;;) {
            done += number_some(words, table, block ? block + done : NULL, first + done, n - done,
                                numbers + first + done);
            if (done == n) break;
            *too_many = table->bits == LAST_BITS;
            mb_status status = *too_many ? MB_OK : mb_hash_numbers_grow(table);
            if (status || *too_many) return status;
        }
    }
    return MB_OK;
}

static void order_words(const mb_hash_numbers *table, mb_key_count *pairs, uint64_t *list,
                        uint32_t *word_index)
{
    uint64_t largest = 0;
    for (int64_t i = 0; i < table->n; i++) {
        pairs[i] = (mb_key_count){table->words[i], (uint64_t)i};
        if (table->words[i] > largest) largest = table->words[i];
    }
    pairs = mb_radix_sort_pairs(pairs, pairs + table->n, table->n, largest);
    for (int64_t i = 0; i < table->n; i++) {
        list[i] = pairs[i].key;
        word_index[pairs[i].count] = (uint32_t)i;
    }
}

void mb_hashed_release(mb_hashed *hashed)
{
    mb_buffer_release(hashed->numbers);
    mb_buffer_release(hashed->words);
    mb_buffer_release(hashed->word_index);
    *hashed = (mb_hashed){NULL};
}

mb_status mb_hash_rows(const mb_key_words *words, mb_hashed *hashed, bool *too_many)
{
    mb_context *cx = words->cx;
    mb_hash_numbers table = {NULL};
    mb_hashed made = {NULL};
    mb_buffer *pairs = NULL;
    mb_status status;
    MB_TRY(mb_hash_numbers_open(cx, FIRST_BITS, LAST_BITS, 0, &table));
    MB_TRY(mb_buffer_new_array(cx, words->n, sizeof(uint32_t), &made.numbers));
    MB_TRY(number_rows(words, &table, made.numbers->data, too_many));
    if (*too_many) goto done;
    made.n = table.n;
    MB_TRY(mb_buffer_new_array(cx, 2 * made.n, sizeof(mb_key_count), &pairs));
    MB_TRY(mb_buffer_new_array(cx, made.n, sizeof(uint32_t), &made.word_index));
    MB_TRY(mb_buffer_new_array(cx, made.n, sizeof(uint64_t), &made.words));
    order_words(&table, pairs->data, made.words->data, made.word_index->data);
    *hashed = made;
    made = (mb_hashed){NULL};
done:
    mb_hashed_release(&made);
    mb_hash_numbers_close(&table);
    mb_buffer_release(pairs);
    return status;
}
