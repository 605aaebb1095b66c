#include "ops/count/tables.h"

#include "comm/comm.h"
#include "comm/exchange.h"
#include "comm/lockstep.h"

enum { WIDTH = sizeof(uint64_t) };

void mb_tables_deal(mb_context *cx, const uint64_t *table, int64_t entries, uint64_t *slices,
                    int64_t *words)
{
    int nranks = mb_nranks(cx), me = mb_rank(cx);
    mb_pieces sent = {words, words + nranks};
    mb_pieces received = {words + 2 * (size_t)nranks, words + 3 * (size_t)nranks};
    int64_t mine = mb_even_start(entries, nranks, me + 1) - mb_even_start(entries, nranks, me);
    for (int r = 0; r < nranks; r++) {
        int64_t start = mb_even_start(entries, nranks, r);
        sent.offsets[r] = WIDTH * start;
        sent.counts[r] = WIDTH * (mb_even_start(entries, nranks, r + 1) - start);
        received.counts[r] = WIDTH * mine;
        received.offsets[r] = WIDTH * mine * r;
    }
    mb_exchange(cx, table, sent, slices, received);
}

mb_status mb_tables_add(mb_context *cx, mb_status status, uint64_t *table, int64_t entries)
{
    mb_buffer *slices = NULL, *words = NULL;
    int nranks = mb_nranks(cx);
    int64_t start = mb_even_start(entries, nranks, mb_rank(cx));
    int64_t length = mb_even_start(entries, nranks, mb_rank(cx) + 1) - start;
    if (!status) status = mb_buffer_new_array(cx, length * nranks, WIDTH, &slices);
    if (!status) status = mb_buffer_new_array(cx, 4 * (int64_t)nranks, WIDTH, &words);
    MB_TRY(mb_step(cx, status, NULL));
    if (nranks == 1) goto done;
    uint64_t *parts = slices->data;
    int64_t *sizes = words->data;
    mb_tables_deal(cx, table, entries, parts, sizes);
    for (int r = 1; r < nranks; r++)
        for (int64_t i = 0; i < length; i++)
            parts[i] += parts[r * length + i];
    for (int r = 0; r < nranks; r++)
        sizes[r] =
            WIDTH * (mb_even_start(entries, nranks, r + 1) - mb_even_start(entries, nranks, r));
    mb_gather_all_varying(cx, parts, sizes, table);
done:
    mb_buffer_release(slices);
    mb_buffer_release(words);
    return status;
}
