#include "ops/move/runs.h"

#include <string.h>

#include "comm/comm.h"
#include "comm/lockstep.h"

mb_status mb_runs_open(mb_context *cx, int64_t most, mb_runs *runs)
{
    size_t nranks = (size_t)mb_nranks(cx);
    mb_status status = mb_buffer_new_zeroed(cx, 4 * (int64_t)nranks, sizeof(int64_t), &runs->words);
    if (!status)
        status = mb_buffer_new_array(cx, most + (int64_t)nranks, sizeof(mb_run), &runs->memory);
    if (status) return status;
    int64_t *at = runs->words->data;
    runs->cx = cx;
    runs->sent = (mb_pieces){at, at + nranks};
    runs->taken = (mb_pieces){at + 2 * nranks, at + 3 * nranks};
    return MB_OK;
}

void mb_runs_close(mb_runs *runs)
{
    mb_buffer_release(runs->memory);
    mb_buffer_release(runs->words);
    runs->memory = runs->words = NULL;
}

void mb_runs_begin(mb_runs *runs, const mb_layout *layout, int64_t first)
{
    runs->layout = layout;
    runs->next = first;
}

void mb_runs_add(mb_runs *runs, mb_run run)
{
    const int64_t *start = runs->layout->start;
    while (run.times > 0) {
        while (runs->next >= start[runs->rank + 1])
            runs->rank++;
        int64_t room = start[runs->rank + 1] - runs->next;
        mb_run part = run;
        if (part.times > room) part.times = room;
        ((mb_run *)runs->memory->data)[runs->n++] = part;
        runs->sent.counts[runs->rank] += (int64_t)sizeof part;
        runs->next += part.times;
        run.start += part.times;
        run.times -= part.times;
    }
}

mb_status mb_runs_deal(mb_runs *runs, mb_buffer **dealt, int64_t *n)
{
    int last = mb_nranks(runs->cx) - 1;
    for (int r = 1; r <= last; r++)
        runs->sent.offsets[r] = runs->sent.offsets[r - 1] + runs->sent.counts[r - 1];
    mb_exchange_counts(runs->cx, runs->sent, runs->taken);
    int64_t bytes = runs->taken.offsets[last] + runs->taken.counts[last];
    mb_status status = mb_buffer_new(runs->cx, (size_t)bytes, dealt);
    status = mb_step(runs->cx, status, NULL);
    if (status) return status;
    mb_exchange(runs->cx, runs->memory->data, runs->sent, (*dealt)->data, runs->taken);
    *n = bytes / (int64_t)sizeof(mb_run);
    return MB_OK;
}
