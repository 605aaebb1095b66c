#include "ops/group/bucket_groups.h"

#include <string.h>

#include "comm/comm.h"

enum {
    FIRST_BITS = 8,  // of the slots of the first bucket
    LOAD = 4,        // slots to each group, at least
    REPEATED = 4096, // more groups are hashed only while keys repeat
    FEW_REPEATS = 2, // rows of a group, at least
};

// How many slots the next bucket begins with, which is taken to be much like the last one.
static void choose_slots(mb_bucket_groups *groups, int64_t about)
{
    int bits = mb_bits_below(LOAD * about) + 1;
    if (bits < FIRST_BITS) bits = FIRST_BITS;
    groups->bits = bits < groups->most_bits ? bits : groups->most_bits;
}

mb_status mb_bucket_groups_open(mb_context *cx, int64_t rows, mb_bucket_groups *groups)
{
    const int64_t most = rows < MB_BUCKET_GROUPS ? rows : MB_BUCKET_GROUPS;
    const size_t word = sizeof(uint64_t), slot = sizeof(uint32_t);
    const int bits = mb_bits_below(LOAD / 2 * most + 1); // so that 2^bits <= LOAD * most
    mb_status status;
    *groups = (mb_bucket_groups){.cx = cx, .most = most, .most_bits = bits};
    choose_slots(groups, 0);
    MB_TRY(mb_buffer_new_array(cx, most, 4 * word + slot, &groups->memory));
    MB_TRY(mb_buffer_new_array(cx, rows, slot, &groups->row_memory));
    MB_TRY(mb_buffer_new_array(cx, INT64_C(1) << bits, slot, &groups->slots));
    groups->words = groups->memory->data;
    groups->counts = groups->words + most;
    groups->sorting = groups->counts + most;
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
    mb_buffer_release(groups->slots);
}

// --- Hashing.

static void clear_slots(mb_bucket_groups *groups)
{
    memset(groups->slots->data, 0, sizeof(uint32_t) << groups->bits);
}

static void grow(mb_bucket_groups *groups)
{
    uint32_t *slots = groups->slots->data;
    groups->bits++;
    clear_slots(groups);
    const uint64_t mask = (UINT64_C(1) << groups->bits) - 1;
    const uint64_t multiplier = groups->cx->hash_multiplier;
    for (int64_t g = 0; g < groups->n; g++) {
        uint64_t slot = groups->words[g] * multiplier >> (64 - groups->bits);
        while (slots[slot])
            slot = (slot + 1) & mask;
        slots[slot] = (uint32_t)g + 1;
    }
}

// Groups rows until there is no room for one more group; returns how many rows it has done.
#define HASH(name, type)                                                                           \
    static int64_t name(mb_bucket_groups *groups, const void *keys, int64_t n, uint32_t *rows)     \
    {                                                                                              \
        const type *restrict in = keys;                                                            \
        uint32_t *restrict slots = groups->slots->data;                                            \
        uint64_t *restrict words = groups->words, *restrict counts = groups->counts;               \
        const uint64_t multiplier = groups->cx->hash_multiplier;                                   \
        const int shift = 64 - groups->bits;                                                       \
        const uint64_t mask = (UINT64_C(1) << groups->bits) - 1;                                   \
        int64_t used = groups->n, most = (int64_t)(mask + 1) / LOAD, i = 0;                        \
        for (; i < n; i++) {                                                                       \
            uint64_t word = in[i], slot = word * multiplier >> shift;                              \
            uint32_t group = slots[slot];                                                          \
            while (group && words[group - 1] != word) {                                            \
                slot = (slot + 1) & mask;                                                          \
                group = slots[slot];                                                               \
            }                                                                                      \
            if (!group) {                                                                          \
                if (used == most) break;                                                           \
                slots[slot] = group = (uint32_t)++used;                                            \
                words[group - 1] = word;                                                           \
                counts[group - 1] = 0;                                                             \
            }                                                                                      \
            rows[i] = group - 1;                                                                   \
            counts[group - 1]++;                                                                   \
        }                                                                                          \
        groups->n = used;                                                                          \
        return i;                                                                                  \
    }

HASH(hash_narrow, uint32_t)
HASH(hash_wide, uint64_t)

// Whether rows are better sorted than hashed: a group that is new mispredicts a branch.
static bool rarely_repeat(const mb_bucket_groups *groups, int64_t rows)
{
    return groups->n > REPEATED && FEW_REPEATS * groups->n > rows;
}

// Whether it has come to the end.
static bool hash_rows(mb_bucket_groups *groups, const mb_bucket *bucket)
{
    const bool narrow = bucket->move->width == 4;
    int64_t index = 0;
    groups->n = 0;
    clear_slots(groups);
    for (int r = 0; r < mb_nranks(groups->cx); r++) {
        int64_t n = bucket->rows[r], done = 0;
        while (done < n) {
            const void *keys = mb_bucket_keys(bucket, r, done);
            uint32_t *rows = groups->rows + index + done;
            done += (narrow ? hash_narrow : hash_wide)(groups, keys, n - done, rows);
            if (done == n) break;
            if (groups->bits == groups->most_bits || rarely_repeat(groups, index + done))
                return false;
            grow(groups);
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
