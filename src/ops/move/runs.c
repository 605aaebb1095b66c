#include "ops/move/runs.h"

#include "comm/comm.h"
#include "comm/lockstep.h"

mb_status mb_runs_open(mb_context *cx, int64_t most, mb_runs *runs)
{
    runs->cx = cx;
    mb_status status = mb_shuffle_open(cx, 0, &runs->shuffle);
    if (status) return status;
    return mb_buffer_new_array(cx, most + mb_nranks(cx), sizeof(mb_run), &runs->memory);
}

void mb_runs_close(mb_runs *runs)
{
    mb_buffer_release(runs->memory);
    mb_shuffle_close(&runs->shuffle);
    runs->memory = NULL;
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
        runs->shuffle.sent.counts[runs->rank]++;
        runs->next += part.times;
        run.start += part.times;
        run.times -= part.times;
    }
}

mb_status mb_runs_send(mb_runs *runs, mb_buffer **received, int64_t *n)
{
    mb_shuffle_plane plane = {runs->memory, sizeof(mb_run)};
    mb_shuffle_route(&runs->shuffle);
    mb_status status = mb_shuffle_deliver(&runs->shuffle, MB_OK, &plane, 1);
    runs->memory = NULL;
    *received = plane.rows;
    *n = runs->shuffle.n_received;
    return status;
}
