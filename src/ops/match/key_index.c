#include "ops/match/key_index.h"

#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"
#include "core/hash.h"
#include "order/order.h"

const uint64_t *mb_match_words(mb_isa isa, mb_kind kind, bool ordered, const mb_block *block,
                               int64_t n, uint64_t *out)
{
    if (!mb_kind_has_nan(kind) && !(ordered && kind == MB_INT))
        return mb_block_widen(mb_kernels_of(isa), block, n, out);
    mb_order_block(isa, kind, block, n, out);
    return out;
}

void mb_entries_release(mb_entries *entries)
{
    mb_buffer_release(entries->words);
    mb_buffer_release(entries->values);
    mb_buffer_release(entries->valid);
    mb_buffer_release(entries->ends);
    *entries = (mb_entries){0};
}

void mb_key_index_close(mb_key_index *index)
{
    mb_entries_release(&index->entries);
    mb_hash_index_close(&index->hash);
    mb_ordered_close(&index->sorted);
    mb_splitters_close(&index->splitters);
}

int64_t mb_key_index_limit(const mb_column *column)
{
    enum { FEW = 1 << 16 };
    int64_t share = column->layout->n_global / column->layout->nranks;
    return share > FEW ? share : FEW;
}

int mb_key_index_owner(const mb_context *cx, const mb_key_index *index, uint64_t word)
{
    if (index->splitters.words) return mb_splitters_owner(&index->splitters, word);
    return (int)((mb_uint128)mb_mix(word ^ cx->hash_multiplier) * (mb_uint128)mb_nranks(cx) >> 64);
}

// Bytes of n entries like these, and of the smallest index of them.
static int64_t bytes_of(const mb_entries *like, int64_t n)
{
    return n * (8 + 16 + (like->values ? 8 : 0) + (like->valid ? 1 : 0) + (like->ends ? 8 : 0));
}

static mb_status make_room(mb_context *cx, const mb_entries *like, int64_t n, mb_entries *entries)
{
    mb_status status = mb_memory_need(cx, bytes_of(like, n));
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(uint64_t), &entries->words);
    entries->n = n;
    if (!status && like->values)
        status = mb_buffer_new_array(cx, n, sizeof(uint64_t), &entries->values);
    if (!status && like->valid) status = mb_buffer_new_array(cx, n, 1, &entries->valid);
    if (!status && like->ends)
        status = mb_buffer_new_array(cx, n, sizeof(uint64_t), &entries->ends);
    return status;
}

// --- Replication.

// Gathers counts[r] elements of `width` bytes of each rank r on all ranks.
static void gather(mb_context *cx, const mb_buffer *mine, const int64_t *counts, int64_t width,
                   int64_t *sizes, mb_buffer *all)
{
    if (!mine) return;
    for (int r = 0; r < mb_nranks(cx); r++)
        sizes[r] = counts[r] * width;
    mb_gather_all_varying(cx, mine->data, sizes, all->data);
}

mb_status mb_entries_replicate(mb_context *cx, const mb_entries *mine, int64_t total,
                               mb_entries *all)
{
    int nranks = mb_nranks(cx);
    mb_buffer *counts = NULL;
    mb_status status = mb_buffer_new_array(cx, 2 * (int64_t)nranks, sizeof(int64_t), &counts);
    if (!status) status = make_room(cx, mine, total, all);
    MB_TRY(mb_step(cx, status, NULL));
    int64_t *of_rank = counts->data, *sizes = of_rank + nranks;
    mb_gather_all(cx, &mine->n, sizeof mine->n, of_rank);
    gather(cx, mine->words, of_rank, sizeof(uint64_t), sizes, all->words);
    gather(cx, mine->values, of_rank, sizeof(uint64_t), sizes, all->values);
    gather(cx, mine->ends, of_rank, sizeof(uint64_t), sizes, all->ends);
    gather(cx, mine->valid, of_rank, 1, sizes, all->valid);
done:
    mb_buffer_release(counts);
    return status;
}

// --- Partition.

mb_status mb_entries_partition(mb_context *cx, mb_entries *mine, mb_key_index *index)
{
    const uint64_t *words = mine->words->data;
    mb_shuffle_plane planes[] = {{mine->words, sizeof *words},
                                 {mine->values, mine->values ? sizeof *words : 0},
                                 {mine->ends, mine->ends ? sizeof *words : 0},
                                 {mine->valid, mine->valid ? 1 : 0}};
    int64_t n = mine->n;
    mb_shuffle shuffle = {0};
    mb_status status = mb_shuffle_open(cx, n, &shuffle);
    *mine = (mb_entries){0};
    MB_TRY(mb_step(cx, status, NULL));
    for (int64_t i = 0; i < n; i++)
        shuffle.owners[i] = (uint32_t)mb_key_index_owner(cx, index, words[i]);
    mb_shuffle_route(&shuffle);
    status = mb_shuffle_deliver(&shuffle, MB_OK, planes, sizeof planes / sizeof *planes);
done:
    index->entries = (mb_entries){.n = shuffle.n_received,
                                  .words = planes[0].rows,
                                  .values = planes[1].rows,
                                  .ends = planes[2].rows,
                                  .valid = planes[3].rows};
    mb_shuffle_close(&shuffle);
    return status;
}

static void forget_if_all_valid(mb_entries *entries)
{
    if (!entries->valid || memchr(entries->valid->data, 0, (size_t)entries->n)) return;
    mb_buffer_release(entries->valid);
    entries->valid = NULL;
}

// Whether the index can hold the values of entries: all are valid, and their `range` is small.
static bool range_of_values(const mb_entries *entries, mb_hash_values *range)
{
    if (!entries->values || entries->valid || entries->n == 0) return false;
    const uint64_t *values = entries->values->data;
    uint64_t low = UINT64_MAX, high = 0;
    for (int64_t i = 0; i < entries->n; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    *range = (mb_hash_values){values, low, high - low};
    return range->span < UINT64_C(1) << 62;
}

mb_status mb_key_index_open(mb_context *cx, mb_status status, mb_entries *entries, mb_hash_use use,
                            int64_t limit, mb_key_index *index)
{
    mb_key_index made = {0};
    mb_payload payload = {.count = (uint64_t)entries->n};
    if (mb_nranks(cx) == 1) {
        MB_TRY(status);
        made.entries = *entries;
        *entries = (mb_entries){0};
    } else {
        MB_TRY(mb_step(cx, status, &payload));
        made.partitioned = payload.count > (uint64_t)limit;
        MB_TRY(made.partitioned
                   ? mb_entries_partition(cx, entries, &made)
                   : mb_entries_replicate(cx, entries, (int64_t)payload.count, &made.entries));
        mb_entries_release(entries);
    }
    forget_if_all_valid(&made.entries);
    mb_hash_values range;
    made.inlined = range_of_values(&made.entries, &range);
    MB_TRY(mb_hash_index_open(cx, made.entries.words->data, made.entries.n, use,
                              made.inlined ? &range : NULL, &made.hash));
    *index = made;
    made = (mb_key_index){0};
done:
    mb_key_index_close(&made);
    return status;
}

// --- Look-up.

// Finds the last key that is not above each word, unless its end is below the word.
static void find_ordered(const mb_key_index *index, const uint64_t *words, int64_t n,
                         uint64_t *values, uint8_t *matches)
{
    const mb_entries *entries = &index->entries;
    const uint64_t *of_key = entries->values->data;
    const uint64_t *ends = entries->ends ? entries->ends->data : NULL;
    const mb_last_entry *before = &index->before;
    for (int64_t i = 0; i < n; i++) {
        int64_t at = mb_ordered_last(&index->sorted, words[i]);
        bool found = at >= 0 || before->any;
        uint64_t end = at >= 0 && ends ? ends[at] : before->end;
        values[i] = at >= 0 ? of_key[at] : before->value;
        matches[i] = found && (!ends || words[i] <= end) ? MB_FOUND : MB_ABSENT;
    }
}

void mb_key_index_find(mb_context *cx, const mb_key_index *index, const uint64_t *words, int64_t n,
                       uint64_t *values, uint8_t *matches)
{
    int64_t ids[MB_HASH_ROWS];
    if (index->ordered) {
        find_ordered(index, words, n, values, matches);
        return;
    }
    if (!index->entries.values) {
        mb_hash_index_test(cx, &index->hash, words, n, matches);
        return;
    }
    if (index->entries.n == 0) {
        memset(matches, MB_ABSENT, (size_t)n);
        memset(values, 0, (size_t)n * sizeof *values);
        return;
    }
    if (index->inlined) {
        mb_hash_index_look_up(cx, &index->hash, words, n, values, matches);
        return;
    }
    const uint64_t *of_key = index->entries.values->data;
    mb_hash_index_find(cx, &index->hash, words, n, ids);
    for (int64_t i = 0; i < n; i++)
        matches[i] = ids[i] >= 0 ? MB_FOUND : MB_ABSENT;
    for (int64_t i = 0; i < n; i++)
        values[i] = of_key[ids[i] >= 0 ? ids[i] : 0];
    if (!index->entries.valid) return;
    const uint8_t *valid = index->entries.valid->data;
    for (int64_t i = 0; i < n; i++)
        if (ids[i] >= 0 && !valid[ids[i]]) matches[i] = MB_FOUND_MISSING;
}

// Finds those of n <= MB_HASH_ROWS words that are looked up in a part of the slots.
static void find_part(mb_context *cx, const mb_key_index *index, int part, const uint64_t *words,
                      int64_t n, uint64_t *values, uint8_t *matches)
{
    uint64_t chosen[MB_HASH_ROWS], found[MB_HASH_ROWS] = {0};
    uint8_t how[MB_HASH_ROWS];
    uint16_t at[MB_HASH_ROWS];
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) {
        at[count] = (uint16_t)i;
        chosen[count] = words[i];
        count += mb_hash_index_part(&index->hash, words[i]) == part;
    }
    mb_key_index_find(cx, index, chosen, count, found, how);
    for (int64_t i = 0; i < count; i++)
        matches[at[i]] = how[i];
    for (int64_t i = 0; i < count && index->entries.values; i++)
        values[at[i]] = found[i];
}

void mb_key_index_find_all(mb_context *cx, const mb_key_index *index, const uint64_t *words,
                           int64_t n, uint64_t *values, uint8_t *matches)
{
    const int parts = index->hash.parts;
    for (int part = 0; part == 0 || part < parts; part++) {
        if (parts > 1) mb_hash_index_fetch(&index->hash, part);
        for (int64_t at = 0; at < n; at += MB_HASH_ROWS) {
            int64_t count = n - at < MB_HASH_ROWS ? n - at : MB_HASH_ROWS;
            if (parts > 1)
                find_part(cx, index, part, words + at, count, values + at, matches + at);
            else
                mb_key_index_find(cx, index, words + at, count, values + at, matches + at);
        }
    }
}
