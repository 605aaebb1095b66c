#include "ops/count/tables.h"

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/layout.h"
#include "comm/lockstep.h"

enum { WIDTH = sizeof(uint64_t) };

static int64_t slice_length(mb_context *cx, int64_t entries, int rank)
{
    int nranks = mb_nranks(cx);
    return mb_even_start(entries, nranks, rank + 1) - mb_even_start(entries, nranks, rank);
}

void mb_tables_scatter(mb_shuffle *shuffle, const uint64_t *table, int64_t entries,
                       uint64_t *slices)
{
    mb_context *cx = shuffle->cx;
    int64_t mine = slice_length(cx, entries, mb_rank(cx));
    for (int r = 0; r < mb_nranks(cx); r++) {
        shuffle->sent.counts[r] = slice_length(cx, entries, r);
        shuffle->received.counts[r] = mine;
        shuffle->received.starts[r] = mine * r;
    }
    mb_shuffle_route(shuffle);
    mb_shuffle_send(shuffle, table, WIDTH, slices);
}

mb_status mb_tables_add(mb_context *cx, mb_status status, uint64_t *table, int64_t entries)
{
    mb_buffer *slices = NULL;
    mb_shuffle shuffle = {0};
    int nranks = mb_nranks(cx);
    int64_t length = slice_length(cx, entries, mb_rank(cx));
    if (!status) status = mb_buffer_new_array(cx, length * nranks, WIDTH, &slices);
    if (!status) status = mb_shuffle_open(cx, 0, &shuffle);
    MB_TRY(mb_step(cx, status, NULL));
    if (nranks == 1) goto done;
    uint64_t *parts = slices->data;
    int64_t *sizes = shuffle.received.counts;
    mb_tables_scatter(&shuffle, table, entries, parts);
    for (int r = 1; r < nranks; r++)
        for (int64_t i = 0; i < length; i++)
            parts[i] += parts[r * length + i];
    for (int r = 0; r < nranks; r++)
        sizes[r] = WIDTH * slice_length(cx, entries, r);
    mb_gather_all_varying(cx, parts, sizes, table);
done:
    mb_buffer_release(slices);
    mb_shuffle_close(&shuffle);
    return status;
}
