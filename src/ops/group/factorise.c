#include "ops/group/factorise.h"

#include <string.h>

#include "ops/group/hash_rows.h"

enum {
    LARGEST_TABLE = 1 << 22, // entries of a table of the range
    SPARSE = 4,              // entries to a row, at most,
    SPARE = 1024,            // and some more
};

void mb_factors_release(mb_factors *factors)
{
    mb_buffer_release(factors->numbers);
    mb_buffer_release(factors->words);
    mb_places_close(&factors->places);
    *factors = (mb_factors){0};
}

// --- What the words are like.

typedef struct bounds {
    uint64_t low, high; // of rows that are there
    bool any, missing;
} bounds;

static inline bool is_there(const mb_words *words, int64_t row)
{
    return words->validity[row / 64] >> (row % 64) & 1;
}

static void bound_block(const mb_words *words, const uint64_t *block, int64_t first, int64_t n,
                        bounds *bounds)
{
    for (int64_t i = 0; i < n; i++) {
        if (words->validity && !is_there(words, first + i)) {
            bounds->missing = true;
            continue;
        }
        bounds->any = true;
        if (block[i] < bounds->low) bounds->low = block[i];
        if (block[i] > bounds->high) bounds->high = block[i];
    }
}

static bounds bounds_of(const mb_words *words)
{
    uint64_t block[MB_WORD_ROWS];
    bounds bounds = {.low = UINT64_MAX};
    if (words->bounded && !words->validity) return (struct bounds){0, words->largest, true, false};
    for (int64_t first = 0; first < words->n; first += MB_WORD_ROWS) {
        int64_t n = words->n - first < MB_WORD_ROWS ? words->n - first : MB_WORD_ROWS;
        words->take(words, first, n, block);
        bound_block(words, block, first, n, &bounds);
    }
    return bounds;
}

// --- A table of the range: which words occur, then their numbers.

static void mark_words(const mb_words *words, uint64_t low, uint32_t *table)
{
    uint64_t block[MB_WORD_ROWS];
    for (int64_t first = 0; first < words->n; first += MB_WORD_ROWS) {
        int64_t n = words->n - first < MB_WORD_ROWS ? words->n - first : MB_WORD_ROWS;
        words->take(words, first, n, block);
        for (int64_t i = 0; i < n; i++)
            if (!words->validity || is_there(words, first + i)) table[block[i] - low] = 1;
    }
}

// Numbers what is marked; lists the words.
static int64_t number_marks(uint32_t *table, int64_t entries, uint64_t low, uint64_t *list)
{
    int64_t n = 0;
    for (int64_t k = 0; k < entries; k++) {
        if (!table[k]) continue;
        if (list) list[n] = low + (uint64_t)k;
        table[k] = (uint32_t)n++;
    }
    return n;
}

static int64_t count_marks(const uint32_t *table, int64_t entries)
{
    int64_t n = 0;
    for (int64_t k = 0; k < entries; k++)
        n += table[k];
    return n;
}

static void look_up(const mb_words *words, uint64_t low, const uint32_t *table,
                    const mb_factors *factors)
{
    uint64_t block[MB_WORD_ROWS];
    uint16_t *two = factors->numbers->data;
    uint32_t *four = factors->numbers->data;
    uint32_t missing = (uint32_t)(factors->n - 1);
    for (int64_t first = 0; first < words->n; first += MB_WORD_ROWS) {
        int64_t n = words->n - first < MB_WORD_ROWS ? words->n - first : MB_WORD_ROWS;
        words->take(words, first, n, block);
        for (int64_t i = 0; words->validity && i < n; i++)
            if (!is_there(words, first + i)) block[i] = low;
        if (factors->width == 2)
            for (int64_t i = 0; i < n; i++)
                two[first + i] = (uint16_t)table[block[i] - low];
        else
            for (int64_t i = 0; i < n; i++)
                four[first + i] = table[block[i] - low];
        for (int64_t i = first; words->validity && i < first + n; i++) {
            if (is_there(words, i)) continue;
            if (factors->width == 2)
                two[i] = (uint16_t)missing;
            else
                four[i] = missing;
        }
    }
}

static mb_status by_table(const mb_words *words, const bounds *bounds, mb_factors *factors)
{
    mb_context *cx = words->cx;
    mb_buffer *table = NULL;
    mb_status status;
    int64_t entries = (int64_t)(bounds->high - bounds->low) + 1;
    MB_TRY(mb_buffer_new_zeroed(cx, entries, sizeof(uint32_t), &table));
    mark_words(words, bounds->low, table->data);
    factors->n = count_marks(table->data, entries) + bounds->missing;
    factors->width = factors->n <= 1 << 16 ? 2 : 4;
    MB_TRY(mb_buffer_new_array(cx, factors->n, sizeof(uint64_t), &factors->words));
    MB_TRY(mb_buffer_new_array(cx, words->n, (size_t)factors->width, &factors->numbers));
    number_marks(table->data, entries, bounds->low, factors->words->data);
    look_up(words, bounds->low, table->data, factors);
done:
    mb_buffer_release(table);
    return status;
}

// --- Hashing.

static void renumber(const uint32_t *numbers, const uint32_t *places, int64_t n,
                     const mb_factors *factors)
{
    uint16_t *two = factors->numbers->data;
    uint32_t *four = factors->numbers->data;
    uint32_t missing = (uint32_t)(factors->n - 1);
    for (int64_t i = 0; i < n; i++) {
        uint32_t number = numbers[i] == MB_MISSING_NUMBER ? missing : places[numbers[i]];
        if (factors->width == 2)
            two[i] = (uint16_t)number;
        else
            four[i] = number;
    }
}

static mb_status by_hash(const mb_words *words, const bounds *bounds, mb_factors *factors,
                         bool *too_many)
{
    mb_context *cx = words->cx;
    mb_hashed hashed = {NULL};
    mb_status status;
    MB_TRY(mb_hash_rows(words, &hashed, too_many));
    if (*too_many) goto done;
    factors->n = hashed.n + bounds->missing;
    factors->width = factors->n <= 1 << 16 ? 2 : 4;
    MB_TRY(mb_buffer_new_array(cx, factors->n, sizeof(uint64_t), &factors->words));
    MB_TRY(mb_buffer_new_array(cx, words->n, (size_t)factors->width, &factors->numbers));
    memcpy(factors->words->data, hashed.words->data, (size_t)hashed.n * sizeof(uint64_t));
    renumber(hashed.numbers->data, hashed.places->data, words->n, factors);
done:
    mb_hashed_release(&hashed);
    return status;
}

mb_status mb_factorise(const mb_words *words, mb_factors *factors)
{
    bool too_many = false;
    mb_factors made = {0};
    mb_status status = MB_OK;
    if (words->n > UINT32_MAX - 1)
        return mb_fail(words->cx, MB_EINVALID,
                       "group_by: %lld rows on a rank are more than the 2^32 that it takes; use "
                       "more ranks",
                       (long long)words->n);
    status = mb_memory_need(words->cx, words->n * (int64_t)sizeof(uint32_t));
    if (status) return status;
    bounds bounds = bounds_of(words);
    if (!bounds.any) bounds.low = bounds.high = 0;
    uint64_t span = bounds.high - bounds.low;
    if (span < LARGEST_TABLE && (int64_t)span < SPARSE * words->n + SPARE) {
        status = by_table(words, &bounds, &made);
    } else {
        status = by_hash(words, &bounds, &made, &too_many);
        if (!status && too_many)
            status = mb_factorise_sorting(words, bounds.low, bounds.high, &made);
    }
    made.missing = bounds.missing;
    if (status) {
        mb_factors_release(&made);
    } else {
        if (made.missing) ((uint64_t *)made.words->data)[made.n - 1] = 0;
        *factors = made;
    }
    return status;
}

mb_status mb_factorise_column(mb_column *column, mb_factors *factors)
{
    mb_factors made = {0};
    mb_words words = mb_words_of(column->cx, column);
    mb_status status;
    if (!mb_places_fit(column)) return mb_factorise(&words, factors);
    MB_TRY(mb_places_open(column, &made.places, &made.n));
    MB_TRY(mb_buffer_new_array(column->cx, made.n, sizeof(uint64_t), &made.words));
    // A word is the place: both count from the least key.
    for (int64_t i = 0; i < made.n; i++)
        ((uint64_t *)made.words->data)[i] = ((const uint32_t *)made.places.occupied->data)[i];
    made.missing = mb_column_missing_here(column) > 0;
    *factors = made;
    made = (mb_factors){0};
done:
    mb_factors_release(&made);
    return status;
}

const uint32_t *mb_factors_take(const mb_factors *factors, int64_t first, int64_t n, uint32_t *room)
{
    if (!factors->numbers) {
        const uint32_t *numbers = factors->places.numbers->data;
        mb_places_take(&factors->places, first, n, room);
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
