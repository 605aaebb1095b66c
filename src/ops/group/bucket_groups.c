#include "ops/group/bucket_groups.h"

#include <string.h>

#include "comm/comm.h"

enum {
    FIRST_BITS = 8,  // of the slots of the first bucket
    REPEATED = 4096, // more groups are hashed only while keys repeat
    FEW_REPEATS = 2, // rows of a group, at least
};

// Chooses the slots that the next bucket begins with, on the guess that it is like the last one.
static void choose_slots(mb_bucket_groups *groups, int64_t about)
{
    int bits = mb_bits_below(MB_HASH_LOAD * about + about / 2); // some more than last time
    if (bits < FIRST_BITS) bits = FIRST_BITS;
    int most = groups->table.room_bits;
    groups->bits = bits < most ? bits : most;
}

mb_status mb_bucket_groups_open(mb_context *cx, int64_t rows, mb_bucket_groups *groups)
{
    const int64_t most = rows < MB_BUCKET_GROUPS ? rows : MB_BUCKET_GROUPS;
    const size_t word = sizeof(uint64_t), slot = sizeof(uint32_t);
    int bits = mb_bits_below(MB_HASH_LOAD * most);
    mb_status status;
    *groups = (mb_bucket_groups){.cx = cx, .most = most, .bits = FIRST_BITS};
    if (bits < FIRST_BITS) bits = FIRST_BITS;
    MB_TRY(mb_hash_numbers_open(cx, FIRST_BITS, bits, 0, &groups->table));
    MB_TRY(mb_buffer_new_array(cx, most, 2 * word + slot, &groups->memory));
    MB_TRY(mb_buffer_new_array(cx, rows, slot, &groups->row_memory));
    groups->words = groups->table.words;
    groups->counts = groups->table.counts;
    groups->sorting = groups->memory->data;
    groups->scratch = groups->sorting + most;
    groups->order = (uint32_t *)(groups->scratch + most);
    groups->rows = groups->row_memory->data;
done:
    return status;
}

void mb_bucket_groups_close(mb_bucket_groups *groups)
{
    mb_buffer_release(groups->memory);
    mb_buffer_release(groups->row_memory);
    mb_hash_numbers_close(&groups->table);
}

// --- Hashing.

// Whether rows are better sorted than hashed, since each new group mispredicts a branch.
static bool rarely_repeat(const mb_bucket_groups *groups, int64_t rows)
{
    return groups->n > REPEATED && FEW_REPEATS * groups->n > rows;
}

// False when it stopped before the last row.
static bool hash_rows(mb_bucket_groups *groups, const mb_bucket *bucket)
{
    mb_hash_numbers *table = &groups->table;
    const int width = bucket->move->width;
    int64_t index = 0;
    mb_hash_numbers_clear(table, groups->bits);
    for (int r = 0; r < mb_nranks(groups->cx); r++) {
        int64_t n = bucket->rows[r], done = 0;
        while (done < n) {
            const void *keys = mb_bucket_keys(bucket, r, done);
            done += mb_hash_count(table, keys, width, 0, n - done, groups->rows + index + done);
            groups->n = table->n;
            if (done == n) break;
            if (table->bits == table->room_bits || rarely_repeat(groups, index + done))
                return false;
            if (mb_hash_numbers_grow(table)) return false; // cannot fail: memory is reserved
        }
        index += n;
    }
    return true;
}

// --- Sorting.

void mb_bucket_groups_single(mb_bucket_groups *groups, int64_t rows)
{
    groups->n = 1;
    groups->words[0] = 0;
    groups->counts[0] = (uint64_t)rows;
    groups->order[0] = 0;
}

static uint64_t key_of_group(const void *state, int64_t index)
{
    return ((const mb_bucket_groups *)state)->words[index];
}

static void order_groups(mb_bucket_groups *groups, const mb_move *move)
{
    uint64_t *words = groups->sorting;
    int index_bits = mb_bits_below(groups->n), over = move->rest + index_bits - 64;
    int drop = over > 0 ? over : 0;
    for (int64_t g = 0; g < groups->n; g++)
        words[g] = groups->words[g] >> drop << index_bits | (uint64_t)g;
    const uint64_t *sorted = mb_sort_words(groups->cx->isa, words, groups->scratch, groups->n,
                                           index_bits, drop, key_of_group, groups);
    const uint64_t mask = (UINT64_C(1) << index_bits) - 1;
    for (int64_t g = 0; g < groups->n; g++)
        groups->order[g] = (uint32_t)(sorted[g] & mask);
}

// Sorts the rows as if each were a group, then finds where keys change.
static void sort_rows(mb_bucket_groups *groups, const mb_bucket *bucket)
{
    const bool narrow = bucket->move->width == 4;
    int64_t n = 0, g = -1;
    for (int r = 0; r < mb_nranks(groups->cx); r++) {
        const void *keys = mb_bucket_keys(bucket, r, 0);
        for (int64_t i = 0; i < bucket->rows[r]; i++)
            groups->words[n++] = narrow ? ((const uint32_t *)keys)[i] : ((const uint64_t *)keys)[i];
    }
    groups->n = n;
    order_groups(groups, bucket->move);
    uint64_t *keys = groups->sorting;
    for (int64_t i = 0; i < n; i++) {
        uint32_t row = groups->order[i];
        uint64_t key = groups->words[row];
        if (g < 0 || key != keys[g]) {
            keys[++g] = key;
            groups->counts[g] = 0;
        }
        groups->rows[row] = (uint32_t)g;
        groups->counts[g]++;
    }
    groups->n = g + 1;
    memcpy(groups->words, keys, (size_t)groups->n * sizeof *keys);
    for (int64_t i = 0; i < groups->n; i++)
        groups->order[i] = (uint32_t)i;
}

bool mb_bucket_groups_find(mb_bucket_groups *groups, const mb_bucket *bucket)
{
    bool few = bucket->n <= groups->most, hashed = !(groups->rare && few);
    if (hashed) hashed = hash_rows(groups, bucket);
    if (!hashed) choose_slots(groups, 0);
    if (!hashed && !few) return false;
    if (!hashed) sort_rows(groups, bucket);
    groups->rare = rarely_repeat(groups, bucket->n);
    if (!hashed) return true;
    order_groups(groups, bucket->move);
    if (!groups->rare) choose_slots(groups, groups->n);
    return true;
}
