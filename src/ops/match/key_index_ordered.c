// Indices of sorted keys, in which a row finds the last key that is not above it.

#include <stdlib.h>
#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "ops/match/key_index.h"
#include "order/radix.h"

static void permute(const mb_key_count *order, int64_t n, mb_buffer *buffer, uint64_t *scratch)
{
    if (!buffer) return;
    uint64_t *words = buffer->data;
    memcpy(scratch, words, (size_t)n * sizeof *words);
    for (int64_t i = 0; i < n; i++)
        words[i] = scratch[order[i].count];
}

// Sorts entries by their words, stably.
static mb_status sort_entries(mb_context *cx, mb_entries *entries)
{
    mb_buffer *pairs = NULL, *scratch = NULL;
    mb_status status;
    int64_t n = entries->n;
    const uint64_t *words = entries->words->data;
    uint64_t largest = 0;
    MB_TRY(mb_buffer_new_array(cx, n, sizeof(mb_key_count), &pairs));
    MB_TRY(mb_buffer_new_array(cx, n, sizeof(mb_key_count), &scratch));
    mb_key_count *from = pairs->data;
    for (int64_t i = 0; i < n; i++) {
        from[i] = (mb_key_count){words[i], (uint64_t)i};
        if (words[i] > largest) largest = words[i];
    }
    const mb_key_count *order = mb_radix_sort_pairs(from, scratch->data, n, largest);
    void *spare = order == from ? scratch->data : pairs->data;
    permute(order, n, entries->words, spare);
    permute(order, n, entries->values, spare);
    permute(order, n, entries->ends, spare);
done:
    mb_buffer_release(pairs);
    mb_buffer_release(scratch);
    return status;
}

// Shares the last key of each rank: rows below a rank's first key find that of the ranks before.
static void share_last(mb_context *cx, mb_key_index *index, mb_last_entry *all)
{
    const mb_entries *entries = &index->entries;
    mb_last_entry mine = {0};
    int64_t last = entries->n - 1;
    if (last >= 0) {
        mine.any = 1;
        mine.word = ((uint64_t *)entries->words->data)[last];
        mine.value = ((uint64_t *)entries->values->data)[last];
        if (entries->ends) mine.end = ((uint64_t *)entries->ends->data)[last];
    }
    mb_gather_all(cx, &mine, sizeof mine, all);
    for (int r = 0; r < mb_rank(cx); r++)
        if (all[r].any) index->before = all[r];
}

static mb_status partition_by_order(mb_context *cx, mb_entries *mine, mb_key_index *made)
{
    mb_buffer *lasts = NULL;
    mb_status status = sort_entries(cx, mine);
    if (!status) status = mb_buffer_new_array(cx, mb_nranks(cx), sizeof(mb_last_entry), &lasts);
    if (!status) status = mb_splitters_open(cx, &made->splitters);
    MB_TRY(mb_step(cx, status, NULL));
    mb_splitters_choose(&made->splitters, mine->words->data, mine->n, sizeof(uint64_t));
    MB_TRY(mb_entries_partition(cx, mine, made));
    MB_TRY(mb_step(cx, sort_entries(cx, &made->entries), NULL));
    share_last(cx, made, lasts->data);
done:
    mb_buffer_release(lasts);
    return status;
}

mb_status mb_key_index_open_ordered(mb_context *cx, mb_status status, mb_entries *entries,
                                    int64_t limit, mb_key_index *index)
{
    mb_key_index made = {.ordered = true};
    mb_payload payload = {.count = status ? 0 : (uint64_t)entries->n};
    MB_TRY(mb_step(cx, status, &payload));
    made.partitioned = mb_nranks(cx) > 1 && payload.count > (uint64_t)limit;
    if (made.partitioned) {
        MB_TRY(partition_by_order(cx, entries, &made));
    } else {
        MB_TRY(mb_entries_replicate(cx, entries, (int64_t)payload.count, &made.entries));
        MB_TRY(sort_entries(cx, &made.entries));
    }
    mb_entries_release(entries);
    MB_TRY(mb_ordered_open(cx, made.entries.words->data, made.entries.n, &made.sorted));
    *index = made;
    made = (mb_key_index){0};
done:
    mb_key_index_close(&made);
    return status;
}
