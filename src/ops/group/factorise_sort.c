// Factorising by a sort: one partition by the highest varying bits, then each bucket in cache.

#include <string.h>

#include "ops/group/factorise.h"
#include "order/order.h"
#include "order/radix.h"

enum {
    MOST_BUCKET_BITS = 9, // so few that a plain scatter is quick
    BUCKET_ROWS = 8192,   // and so many that a bucket has about these
    ROW_BITS = 32,
};

// A row is packed with the varying bits of its word into one where both fit; else it is beside it.
typedef struct sorting {
    const mb_key_words *words;
    int bucket_bits, rest_bits;
    bool packed;
    int64_t starts[(1 << MOST_BUCKET_BITS) + 1];
    int64_t largest;    // bucket
    mb_buffer *rows;    // by bucket
    mb_buffer *scratch; // for a bucket
    mb_buffer *list;    // of distinct words
    int64_t n;
} sorting;

static void plan(sorting *sort, uint64_t span)
{
    int bits = mb_bit_length(span);
    sort->bucket_bits = mb_bit_length((uint64_t)(sort->words->n / BUCKET_ROWS));
    if (sort->bucket_bits > MOST_BUCKET_BITS) sort->bucket_bits = MOST_BUCKET_BITS;
    if (sort->bucket_bits > bits) sort->bucket_bits = bits;
    sort->rest_bits = bits - sort->bucket_bits;
    sort->packed = sort->rest_bits <= 64 - ROW_BITS;
}

static inline uint64_t bucket_of(const sorting *sort, uint64_t word)
{
    return sort->rest_bits == 64 ? 0 : word >> sort->rest_bits;
}

static void count_buckets(sorting *sort)
{
    uint64_t room[MB_KEY_ROWS];
    int64_t all = sort->words->n;
    for (int64_t first = 0; first < all; first += MB_KEY_ROWS) {
        int64_t n = all - first < MB_KEY_ROWS ? all - first : MB_KEY_ROWS;
        const uint64_t *words = mb_key_words_take(sort->words, first, n, room);
        for (int64_t i = 0; i < n; i++)
            sort->starts[bucket_of(sort, words[i]) + 1]++;
    }
    for (int b = 0; b < 1 << sort->bucket_bits; b++) {
        if (sort->starts[b + 1] > sort->largest) sort->largest = sort->starts[b + 1];
        sort->starts[b + 1] += sort->starts[b];
    }
}

static void scatter_packed(const sorting *sort, const uint64_t *words, int64_t first, int64_t n,
                           int64_t *next)
{
    uint64_t *rows = sort->rows->data;
    for (int64_t i = 0; i < n; i++)
        rows[next[bucket_of(sort, words[i])]++] =
            words[i] << ROW_BITS | (uint64_t)(uint32_t)(first + i);
}

static void scatter_pairs(const sorting *sort, const uint64_t *words, int64_t first, int64_t n,
                          int64_t *next)
{
    mb_key_count *rows = sort->rows->data;
    for (int64_t i = 0; i < n; i++)
        rows[next[bucket_of(sort, words[i])]++] = (mb_key_count){words[i], (uint64_t)(first + i)};
}

static void scatter(const sorting *sort)
{
    uint64_t room[MB_KEY_ROWS];
    int64_t next[1 << MOST_BUCKET_BITS], all = sort->words->n;
    memcpy(next, sort->starts, sizeof next);
    for (int64_t first = 0; first < all; first += MB_KEY_ROWS) {
        int64_t n = all - first < MB_KEY_ROWS ? all - first : MB_KEY_ROWS;
        const uint64_t *words = mb_key_words_take(sort->words, first, n, room);
        (sort->packed ? scatter_packed : scatter_pairs)(sort, words, first, n, next);
    }
}

// Makes room in the list for `more` words.
static mb_status reserve(sorting *sort, int64_t more)
{
    return mb_buffer_reserve(sort->words->cx, &sort->list, sort->n, more, sizeof(uint64_t));
}

static mb_status number_packed(sorting *sort, uint64_t bucket, uint32_t *numbers)
{
    int64_t start = sort->starts[bucket], n = sort->starts[bucket + 1] - start;
    uint64_t *rows = (uint64_t *)sort->rows->data + start;
    rows = mb_order_kernels_of(sort->words->cx->isa)->sort(rows, sort->scratch->data, n, ROW_BITS);
    int64_t distinct = n > 0;
    for (int64_t i = 1; i < n; i++)
        distinct += (rows[i] ^ rows[i - 1]) >> ROW_BITS != 0;
    mb_status status = reserve(sort, distinct);
    if (status) return status;
    uint64_t *list = sort->list->data, high = bucket << sort->rest_bits;
    const uint64_t rest = (UINT64_C(1) << sort->rest_bits) - 1;
    for (int64_t i = 0; i < n; i++) {
        if (i == 0 || (rows[i] ^ rows[i - 1]) >> ROW_BITS != 0)
            list[sort->n++] = (high | (rows[i] >> ROW_BITS & rest));
        numbers[(uint32_t)rows[i]] = (uint32_t)(sort->n - 1);
    }
    return MB_OK;
}

static mb_status number_pairs(sorting *sort, uint64_t bucket, uint32_t *numbers)
{
    int64_t start = sort->starts[bucket], n = sort->starts[bucket + 1] - start;
    mb_key_count *rows = (mb_key_count *)sort->rows->data + start;
    uint64_t high = sort->rest_bits == 64 ? 0 : bucket << sort->rest_bits;
    for (int64_t i = 0; i < n; i++)
        rows[i].key -= high;
    uint64_t most = sort->rest_bits == 64 ? UINT64_MAX : (UINT64_C(1) << sort->rest_bits) - 1;
    rows = mb_radix_sort_pairs(rows, sort->scratch->data, n, most);
    int64_t distinct = n > 0;
    for (int64_t i = 1; i < n; i++)
        distinct += rows[i].key != rows[i - 1].key;
    mb_status status = reserve(sort, distinct);
    if (status) return status;
    uint64_t *list = sort->list->data;
    for (int64_t i = 0; i < n; i++) {
        if (i == 0 || rows[i].key != rows[i - 1].key) list[sort->n++] = high + rows[i].key;
        numbers[rows[i].count] = (uint32_t)(sort->n - 1);
    }
    return MB_OK;
}

mb_status mb_factorise_sorting(const mb_key_words *words, mb_factors *factors)
{
    sorting sort = {.words = words};
    mb_buffer *numbers = NULL;
    mb_status status;
    plan(&sort, words->largest);
    count_buckets(&sort);
    size_t width = sort.packed ? sizeof(uint64_t) : sizeof(mb_key_count);
    MB_TRY(mb_memory_need(words->cx, words->n * (int64_t)(sizeof(uint32_t) + width)));
    MB_TRY(mb_buffer_new_array(words->cx, words->n, width, &sort.rows));
    MB_TRY(mb_buffer_new_array(words->cx, sort.largest, width, &sort.scratch));
    scatter(&sort);
    MB_TRY(mb_buffer_new_array(words->cx, words->n, sizeof(uint32_t), &numbers));
    for (uint64_t b = 0; b < UINT64_C(1) << sort.bucket_bits; b++)
        MB_TRY((sort.packed ? number_packed : number_pairs)(&sort, b, numbers->data));
    *factors = (mb_factors){.numbers = mb_buffer_retain(numbers),
                            .width = 4,
                            .n = sort.n,
                            .words = mb_buffer_retain(sort.list)};
done:
    mb_buffer_release(numbers);
    mb_buffer_release(sort.rows);
    mb_buffer_release(sort.scratch);
    mb_buffer_release(sort.list);
    return status;
}
