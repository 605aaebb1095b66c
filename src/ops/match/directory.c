#include "ops/match/directory.h"

#include <string.h>

#include "comm/comm.h"
#include "comm/exchange.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"
#include "core/hash.h"
#include "order/order.h"

const uint64_t *mb_match_words(mb_isa isa, mb_kind kind, bool ordered, const mb_block *block,
                               int64_t n, uint64_t *out)
{
    if (kind != MB_FLOAT && !(ordered && kind == MB_INT))
        return mb_block_widen(mb_kernels_of(isa), block, n, out);
    mb_order_block(isa, kind, block, n, out);
    return out;
}

void mb_entries_release(mb_entries *entries)
{
    mb_buffer_release(entries->words);
    mb_buffer_release(entries->values);
    mb_buffer_release(entries->there);
    mb_buffer_release(entries->ends);
    *entries = (mb_entries){0};
}

void mb_directory_close(mb_directory *directory)
{
    mb_entries_release(&directory->entries);
    mb_hash_index_close(&directory->index);
    mb_ordered_close(&directory->sorted);
    mb_splitters_close(&directory->splitters);
}

int64_t mb_directory_enough(const mb_column *column)
{
    enum { FEW = 1 << 16 };
    int64_t share = column->layout->n_global / column->layout->nranks;
    return share > FEW ? share : FEW;
}

int mb_directory_owner(const mb_context *cx, const mb_directory *directory, uint64_t word)
{
    if (directory->splitters.words) return mb_splitters_owner(&directory->splitters, word);
    return (int)((mb_uint128)mb_mix(word ^ cx->hash_multiplier) * (mb_uint128)mb_nranks(cx) >> 64);
}

// Bytes of n such entries, and of the least index of them.
static int64_t bytes_of(const mb_entries *like, int64_t n)
{
    return n * (8 + 16 + (like->values ? 8 : 0) + (like->there ? 1 : 0) + (like->ends ? 8 : 0));
}

static mb_status make_room(mb_context *cx, const mb_entries *like, int64_t n, mb_entries *entries)
{
    mb_status status = mb_memory_need(cx, bytes_of(like, n));
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(uint64_t), &entries->words);
    entries->n = n;
    if (!status && like->values)
        status = mb_buffer_new_array(cx, n, sizeof(uint64_t), &entries->values);
    if (!status && like->there) status = mb_buffer_new_array(cx, n, 1, &entries->there);
    if (!status && like->ends)
        status = mb_buffer_new_array(cx, n, sizeof(uint64_t), &entries->ends);
    return status;
}

// --- To every rank.

// Elements of `width` bytes of all ranks, counts[r] of each, to all.
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
    gather(cx, mine->there, of_rank, 1, sizes, all->there);
done:
    mb_buffer_release(counts);
    return status;
}

// --- To the ranks that own the keys.

mb_status mb_entries_deal(mb_context *cx, mb_entries *mine, mb_directory *directory)
{
    const uint64_t *words = mine->words->data;
    mb_shuffle_plane planes[] = {{mine->words, sizeof *words},
                                 {mine->values, mine->values ? sizeof *words : 0},
                                 {mine->ends, mine->ends ? sizeof *words : 0},
                                 {mine->there, mine->there ? 1 : 0}};
    int64_t n = mine->n;
    mb_shuffle shuffle = {0};
    mb_status status = mb_shuffle_open(cx, n, &shuffle);
    *mine = (mb_entries){0};
    MB_TRY(mb_step(cx, status, NULL));
    for (int64_t i = 0; i < n; i++)
        shuffle.owners[i] = (uint32_t)mb_directory_owner(cx, directory, words[i]);
    mb_shuffle_route(&shuffle);
    status = mb_shuffle_deliver(&shuffle, MB_OK, planes, sizeof planes / sizeof *planes);
done:
    directory->entries = (mb_entries){.n = shuffle.n_received,
                                      .words = planes[0].rows,
                                      .values = planes[1].rows,
                                      .ends = planes[2].rows,
                                      .there = planes[3].rows};
    mb_shuffle_close(&shuffle);
    return status;
}

static void forget_if_all_there(mb_entries *entries)
{
    if (!entries->there || memchr(entries->there->data, 0, (size_t)entries->n)) return;
    mb_buffer_release(entries->there);
    entries->there = NULL;
}

// The range of the entries' values when the index can find them at once: all are there, and they
// are not too far apart.
static bool range_of_values(const mb_entries *entries, mb_hash_values *range)
{
    if (!entries->values || entries->there || entries->n == 0) return false;
    const uint64_t *values = entries->values->data;
    uint64_t low = UINT64_MAX, high = 0;
    for (int64_t i = 0; i < entries->n; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    *range = (mb_hash_values){values, low, high - low};
    return range->span < UINT64_C(1) << 62;
}

mb_status mb_directory_open(mb_context *cx, mb_status status, mb_entries *entries, mb_hash_use use,
                            int64_t enough, mb_directory *directory)
{
    mb_directory made = {0};
    mb_payload payload = {.count = (uint64_t)entries->n};
    if (mb_nranks(cx) == 1) {
        MB_TRY(status);
        made.entries = *entries;
        *entries = (mb_entries){0};
    } else {
        MB_TRY(mb_step(cx, status, &payload));
        made.dealt = payload.count > (uint64_t)enough;
        MB_TRY(made.dealt
                   ? mb_entries_deal(cx, entries, &made)
                   : mb_entries_replicate(cx, entries, (int64_t)payload.count, &made.entries));
        mb_entries_release(entries);
    }
    forget_if_all_there(&made.entries);
    mb_hash_values range;
    made.inlined = range_of_values(&made.entries, &range);
    MB_TRY(mb_hash_index_open(cx, made.entries.words->data, made.entries.n, use,
                              made.inlined ? &range : NULL, &made.index));
    *directory = made;
    made = (mb_directory){0};
done:
    mb_directory_close(&made);
    return status;
}

// --- Asking.

// Of intervals: the value of the last one that begins at a word or before it.
static void answer_ordered(const mb_directory *directory, const uint64_t *words, int64_t n,
                           uint64_t *values, uint8_t *answers)
{
    const mb_entries *entries = &directory->entries;
    const uint64_t *of_key = entries->values->data;
    const uint64_t *ends = entries->ends ? entries->ends->data : NULL;
    const mb_last_entry *before = &directory->before;
    for (int64_t i = 0; i < n; i++) {
        int64_t at = mb_ordered_last(&directory->sorted, words[i]);
        bool there = at >= 0 || before->any;
        uint64_t end = at >= 0 && ends ? ends[at] : before->end;
        values[i] = at >= 0 ? of_key[at] : before->value;
        answers[i] = there && (!ends || words[i] <= end) ? MB_THERE : MB_ABSENT;
    }
}

void mb_directory_answer(mb_context *cx, const mb_directory *directory, const uint64_t *words,
                         int64_t n, uint64_t *values, uint8_t *answers)
{
    int64_t ids[MB_HASH_ROWS];
    if (directory->ordered) {
        answer_ordered(directory, words, n, values, answers);
        return;
    }
    if (!directory->entries.values) {
        mb_hash_index_test(cx, &directory->index, words, n, answers);
        return;
    }
    if (directory->entries.n == 0) {
        memset(answers, MB_ABSENT, (size_t)n);
        memset(values, 0, (size_t)n * sizeof *values);
        return;
    }
    if (directory->inlined) {
        mb_hash_index_look_up(cx, &directory->index, words, n, values, answers);
        return;
    }
    const uint64_t *of_key = directory->entries.values->data;
    mb_hash_index_find(cx, &directory->index, words, n, ids);
    for (int64_t i = 0; i < n; i++)
        answers[i] = ids[i] >= 0 ? MB_THERE : MB_ABSENT;
    for (int64_t i = 0; i < n; i++)
        values[i] = of_key[ids[i] >= 0 ? ids[i] : 0];
    if (!directory->entries.there) return;
    const uint8_t *there = directory->entries.there->data;
    for (int64_t i = 0; i < n; i++)
        if (ids[i] >= 0 && !there[ids[i]]) answers[i] = MB_THERE_MISSING;
}
