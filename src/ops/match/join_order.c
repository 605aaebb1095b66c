// The right rows of a join, sorted by key.

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "ops/match/join_internal.h"
#include "ops/sort/sort.h"

// The first and the last key of a rank's part of the order, and how many rows it has of each.
typedef struct ends {
    int64_t nkeys;
    uint64_t first, last;
    int64_t first_rows, last_rows;
} ends;

// Merges sorted entries of equal keys, whose values are positions counted from 1, into one with the
// key's run.
static void fold(mb_entries *entries)
{
    uint64_t *words = entries->words->data, *values = entries->values->data;
    int64_t kept = -1;
    for (int64_t i = 0; i < entries->n; i++) {
        if (kept < 0 || words[i] != words[kept]) {
            words[++kept] = words[i];
            values[kept] = (values[i] - 1) << MB_RUN_COUNT_BITS;
        }
        values[kept]++;
    }
    entries->n = kept + 1;
}

static ends ends_of(const mb_entries *entries)
{
    const uint64_t *words = entries->words->data, *values = entries->values->data;
    int64_t n = entries->n;
    if (n == 0) return (ends){0};
    return (ends){n, words[0], words[n - 1], mb_run_count(values[0]), mb_run_count(values[n - 1])};
}

// A key with rows on several ranks stays on the first of them, with the run of all its rows.
static void join_ends(mb_entries *entries, const ends *all, int me, int nranks)
{
    uint64_t *words = entries->words->data, *values = entries->values->data;
    int before = me - 1;
    while (before >= 0 && all[before].nkeys == 0)
        before--;
    bool went_on = entries->n && before >= 0 && all[before].last == words[0];
    if (entries->n > went_on) {
        bool goes_on = true;
        for (int r = me + 1; r < nranks && goes_on; r++) {
            if (all[r].nkeys == 0) continue;
            goes_on = all[r].first == words[entries->n - 1];
            if (goes_on) values[entries->n - 1] += (uint64_t)all[r].first_rows;
            goes_on = goes_on && all[r].nkeys == 1;
        }
    }
    for (int64_t i = 1; went_on && i < entries->n; i++) {
        words[i - 1] = words[i];
        values[i - 1] = values[i];
    }
    entries->n -= went_on;
}

mb_status mb_join_order(mb_joining *joining)
{
    mb_context *cx = joining->cx;
    mb_column *right = joining->join->right, *sorted = NULL;
    mb_entries entries = {0};
    mb_buffer *all = NULL;
    mb_status status;
    MB_TRY(mb_argsort(cx, &right, 1, NULL, &joining->order));
    MB_TRY(mb_sort(cx, right, false, &sorted));
    status = mb_entries_collect(cx, sorted, false, NULL, true, &entries);
    if (!status) status = mb_buffer_new_array(cx, mb_nranks(cx), sizeof(ends), &all);
    MB_TRY(mb_step(cx, status, NULL));
    fold(&entries);
    const ends mine = ends_of(&entries);
    mb_gather_all(cx, &mine, sizeof mine, all->data);
    join_ends(&entries, all->data, mb_rank(cx), mb_nranks(cx));
    status = mb_key_index_open(cx, MB_OK, &entries, MB_HASH_FIND,
                               mb_key_index_limit(joining->join->left), &joining->index);
done:
    mb_entries_release(&entries);
    mb_column_release(sorted);
    mb_buffer_release(all);
    return status;
}
