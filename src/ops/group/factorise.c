#include "ops/group/factorise.h"

#include <string.h>

#include "ops/group/hash_rows.h"

enum {
    LARGEST_TABLE = 1 << 22, // entries of a table of the range
    SPARSE = 4,              // entries a row, at most,
    SPARE = 1024,            // and some more
};

void mb_factors_release(mb_factors *factors)
{
    mb_buffer_release(factors->numbers);
    mb_buffer_release(factors->words);
    mb_direct_close(&factors->direct);
    *factors = (mb_factors){0};
}

// --- Direct addressing of words: a table marks which occur, then holds their numbers.

static void mark_words(const mb_key_words *words, uint32_t *table)
{
    uint64_t room[MB_KEY_ROWS];
    for (int64_t first = 0; first < words->n; first += MB_KEY_ROWS) {
        int64_t n = words->n - first < MB_KEY_ROWS ? words->n - first : MB_KEY_ROWS;
        const uint64_t *block = mb_key_words_take(words, first, n, room);
        for (int64_t i = 0; i < n; i++)
            table[block[i]] = 1;
    }
}

// Numbers the marked words, and lists them.
static void number_marks(uint32_t *table, int64_t entries, uint64_t *list)
{
    uint32_t n = 0;
    for (int64_t k = 0; k < entries; k++) {
        if (!table[k]) continue;
        list[n] = (uint64_t)k;
        table[k] = n++;
    }
}

static int64_t count_marks(const uint32_t *table, int64_t entries)
{
    int64_t n = 0;
    for (int64_t k = 0; k < entries; k++)
        n += table[k];
    return n;
}

static void look_up(const mb_key_words *words, const uint32_t *table, const mb_factors *factors)
{
    uint64_t room[MB_KEY_ROWS];
    uint16_t *two = factors->numbers->data;
    uint32_t *four = factors->numbers->data;
    for (int64_t first = 0; first < words->n; first += MB_KEY_ROWS) {
        int64_t n = words->n - first < MB_KEY_ROWS ? words->n - first : MB_KEY_ROWS;
        const uint64_t *block = mb_key_words_take(words, first, n, room);
        if (factors->width == 2)
            for (int64_t i = 0; i < n; i++)
                two[first + i] = (uint16_t)table[block[i]];
        else
            for (int64_t i = 0; i < n; i++)
                four[first + i] = table[block[i]];
    }
}

// Allocates n numbers and their words.
static mb_status open_factors(const mb_key_words *words, int64_t n, mb_factors *factors)
{
    factors->n = n;
    factors->width = n <= 1 << 16 ? 2 : 4;
    mb_status status = mb_buffer_new_array(words->cx, n, sizeof(uint64_t), &factors->words);
    if (status) return status;
    return mb_buffer_new_array(words->cx, words->n, (size_t)factors->width, &factors->numbers);
}

static mb_status by_table(const mb_key_words *words, mb_factors *factors)
{
    mb_buffer *table = NULL;
    mb_status status;
    int64_t entries = (int64_t)words->largest + 1;
    MB_TRY(mb_buffer_new_zeroed(words->cx, entries, sizeof(uint32_t), &table));
    mark_words(words, table->data);
    MB_TRY(open_factors(words, count_marks(table->data, entries), factors));
    number_marks(table->data, entries, factors->words->data);
    look_up(words, table->data, factors);
done:
    mb_buffer_release(table);
    return status;
}

// --- Hashing.

static void renumber(const uint32_t *numbers, const uint32_t *word_index, int64_t n,
                     const mb_factors *factors)
{
    uint16_t *two = factors->numbers->data;
    uint32_t *four = factors->numbers->data;
    if (factors->width == 2)
        for (int64_t i = 0; i < n; i++)
            two[i] = (uint16_t)word_index[numbers[i]];
    else
        for (int64_t i = 0; i < n; i++)
            four[i] = word_index[numbers[i]];
}

static mb_status by_hash(const mb_key_words *words, mb_factors *factors, bool *too_many)
{
    mb_hashed hashed = {NULL};
    mb_status status;
    MB_TRY(mb_hash_rows(words, &hashed, too_many));
    if (*too_many) goto done;
    MB_TRY(open_factors(words, hashed.n, factors));
    memcpy(factors->words->data, hashed.words->data, (size_t)hashed.n * sizeof(uint64_t));
    renumber(hashed.numbers->data, hashed.word_index->data, words->n, factors);
done:
    mb_hashed_release(&hashed);
    return status;
}

mb_status mb_factorise(const mb_key_words *words, mb_factors *factors)
{
    bool too_many = false;
    mb_factors made = {0};
    if (words->n > UINT32_MAX - 1)
        return mb_fail(words->cx, MB_EINVALID,
                       "group_by: %lld rows on a rank are more than the 2^32 that it takes; use "
                       "more ranks",
                       (long long)words->n);
    mb_status status = mb_memory_need(words->cx, words->n * (int64_t)sizeof(uint32_t));
    if (status) return status;
    if (words->largest < LARGEST_TABLE && (int64_t)words->largest < 4 * words->n + 1024) {
        status = by_table(words, &made);
    } else {
        status = by_hash(words, &made, &too_many);
        if (!status && too_many) status = mb_factorise_sorting(words, &made);
    }
    if (status)
        mb_factors_release(&made);
    else
        *factors = made;
    return status;
}

mb_status mb_factorise_direct(mb_column *column, mb_factors *factors)
{
    mb_factors made = {0};
    mb_status status;
    MB_TRY(mb_direct_open(column, &made.direct, &made.n));
    MB_TRY(mb_buffer_new_array(column->cx, made.n, sizeof(uint64_t), &made.words));
    // A word is the entry: both count from the least key.
    for (int64_t i = 0; i < made.n; i++)
        ((uint64_t *)made.words->data)[i] = ((const uint32_t *)made.direct.used->data)[i];
    *factors = made;
    made = (mb_factors){0};
done:
    mb_factors_release(&made);
    return status;
}

const uint32_t *mb_factors_take(const mb_factors *factors, int64_t first, int64_t n, uint32_t *room)
{
    if (!factors->numbers) {
        const uint32_t *numbers = factors->direct.numbers->data;
        mb_direct_take(&factors->direct, first, n, room);
        for (int64_t i = 0; i < n; i++)
            room[i] = numbers[room[i]];
        return room;
    }
    const uint16_t *two = (const uint16_t *)factors->numbers->data + first;
    if (factors->width == 4) return (const uint32_t *)factors->numbers->data + first;
    for (int64_t i = 0; i < n; i++)
        room[i] = two[i];
    return room;
}

void mb_factors_count(const mb_factors *factors, int64_t n, int64_t *counts)
{
    enum { PIECE = 1024 };
    uint32_t room[PIECE];
    for (int64_t first = 0; first < n; first += PIECE) {
        int64_t some = n - first < PIECE ? n - first : PIECE;
        const uint32_t *numbers = mb_factors_take(factors, first, some, room);
        for (int64_t i = 0; i < some; i++)
            counts[numbers[i]]++;
    }
}
