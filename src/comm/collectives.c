#include "comm/collectives.h"

#include <string.h>

#include "comm/internal.h"
#include "comm/large.h"

static void count(mb_comm *comm, int64_t bytes, int64_t messages)
{
    comm->traffic.bytes += bytes;
    comm->traffic.messages += messages;
}

// Counts a ring all-gather: each rank passes on all parts but that of the next rank.
static void count_ring(mb_comm *comm, int64_t bytes_of_all, int64_t bytes_of_next)
{
    count(comm, bytes_of_all - bytes_of_next, comm->nranks - 1);
}

void mb_broadcast(mb_context *cx, int root, void *data, size_t size)
{
    if (cx->comm->nranks == 1 || size == 0) return;
    count(cx->comm, (int64_t)size, 1);
    if (mb_board_shares(cx->comm, size)) {
        mb_board_share(cx, data, size, root, data);
        return;
    }
    mb_large_broadcast(cx, data, size, root);
}

void mb_gather_all(mb_context *cx, const void *mine, size_t size, void *all)
{
    if (cx->comm->nranks == 1) {
        memcpy(all, mine, size);
        return;
    }
    count_ring(cx->comm, (int64_t)size * cx->comm->nranks, (int64_t)size);
    if (mb_board_shares(cx->comm, size)) {
        mb_board_share(cx, mine, size, -1, all);
        return;
    }
    mb_large_gather_all(cx, mine, size, all);
}

// Counts a reduce-scatter of slices, then an all-gather of their sums.
static void count_sums(mb_comm *comm, int64_t n)
{
    int64_t bytes = n * (int64_t)sizeof n, others = comm->nranks - 1;
    count(comm, 2 * (bytes * others / comm->nranks), 2 * others);
}

void mb_sum_all(mb_context *cx, const int64_t *mine, int64_t n, int64_t *sums)
{
    count_sums(cx->comm, n);
    mb_large_sum_all(cx, mine, n, sums);
}

void mb_sum_before(mb_context *cx, const int64_t *mine, int64_t n, int64_t *sums)
{
    count_sums(cx->comm, n);
    mb_large_sum_before(cx, mine, n, sums);
    if (cx->comm->rank == 0) memset(sums, 0, (size_t)n * sizeof *sums);
}

void mb_gather_all_varying(mb_context *cx, const void *mine, const int64_t *sizes, void *all)
{
    mb_comm *comm = cx->comm;
    if (comm->nranks == 1) {
        memcpy(all, mine, (size_t)sizes[0]);
        return;
    }
    int64_t total = 0;
    for (int r = 0; r < comm->nranks; r++)
        total += sizes[r];
    count_ring(comm, total, sizes[comm->rank == comm->nranks - 1 ? 0 : comm->rank + 1]);
    mb_large_gather_all_varying(cx, mine, sizes, all);
}

int64_t mb_gather_lists(mb_context *cx, const void *mine, int64_t n, size_t width, void *all)
{
    int64_t *sizes = cx->comm->scratch + 2 * (size_t)cx->comm->nranks, total = 0;
    mb_gather_all(cx, &n, sizeof n, sizes);
    for (int r = 0; r < cx->comm->nranks; r++) {
        total += sizes[r];
        sizes[r] *= (int64_t)width;
    }
    mb_gather_all_varying(cx, mine, sizes, all);
    return total;
}

void mb_gather_rows(mb_context *cx, const void *mine, const mb_layout *layout, int64_t first,
                    int64_t n, size_t width, void *all)
{
    int64_t *sizes = cx->comm->scratch + 2 * (size_t)layout->nranks, end = first + n;
    for (int r = 0; r < layout->nranks; r++) {
        int64_t low = layout->start[r] > first ? layout->start[r] : first;
        int64_t high = layout->start[r + 1] < end ? layout->start[r + 1] : end;
        sizes[r] = high > low ? (high - low) * (int64_t)width : 0;
    }
    mb_gather_all_varying(cx, mine, sizes, all);
}

void mb_gather_varying(mb_context *cx, int root, const void *mine, const int64_t *sizes, void *all)
{
    mb_comm *comm = cx->comm;
    int64_t before = 0; // bytes of lower ranks
    for (int r = 0; r < root; r++)
        before += sizes[r];
    if (comm->rank == root && sizes[root]) memcpy((char *)all + before, mine, (size_t)sizes[root]);
    if (comm->nranks == 1) return;
    int64_t size = comm->rank == root ? 0 : sizes[comm->rank];
    count(comm, size, size > 0);
    mb_large_gather_varying(cx, root, mine, sizes, all);
}
