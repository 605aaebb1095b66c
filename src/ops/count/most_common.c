// The rows with the largest counts.

#include <stdlib.h>
#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/count/count.h"
#include "ops/count/counted.h"

static int compare_ranked(const void *a, const void *b)
{
    const mb_ranked *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

// This rank's k best rows: candidates are collected, and cut to k whenever they are many.
static int64_t rank_local(const mb_column *keys, const mb_column *counts, int64_t k, int64_t room,
                          mb_ranked *candidates)
{
    int64_t n = 0, rows = mb_column_rows(keys);
    for (int64_t i = 0; i < rows; i++) {
        mb_value key, count;
        if (!mb_column_get(keys, i, &key) || !mb_column_get(counts, i, &count)) continue;
        candidates[n++] = (mb_ranked){mb_order_value(keys->type->kind, key), count.i, key};
        if (n < room) continue;
        qsort(candidates, (size_t)n, sizeof *candidates, compare_ranked);
        n = k;
    }
    qsort(candidates, (size_t)n, sizeof *candidates, compare_ranked);
    return n < k ? n : k;
}

mb_status mb_most_common(mb_context *cx, mb_column *keys, mb_column *counts, int64_t k,
                         mb_ranked *rows, int64_t *n)
{
    enum { SPARE = 4096 };
    int nranks = mb_nranks(cx);
    mb_buffer *mine = NULL, *all = NULL;
    mb_column *aligned = NULL;
    int64_t most = keys->layout->n_global;
    if (k > most) k = most;
    int64_t room = 2 * k + SPARE;
    mb_status status;
    MB_TRY(mb_materialise(cx, keys));
    MB_TRY(mb_settle(cx, counts, keys->layout, &aligned));
    status = mb_buffer_new_array(cx, room, sizeof(mb_ranked), &mine);
    if (!status) status = mb_buffer_new_array(cx, nranks * k, sizeof(mb_ranked), &all);
    MB_TRY(mb_conclude(cx, status, NULL));
    int64_t found = rank_local(keys, aligned, k, room, mine->data);
    int64_t total = mb_gather_lists(cx, mine->data, found, sizeof(mb_ranked), all->data);
    qsort(all->data, (size_t)total, sizeof(mb_ranked), compare_ranked);
    *n = total < k ? total : k;
    memcpy(rows, all->data, (size_t)*n * sizeof *rows);
done:
    mb_buffer_release(mine);
    mb_buffer_release(all);
    mb_column_release(aligned);
    return status;
}
