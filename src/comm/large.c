#include "comm/large.h"

#include <string.h>

#include "comm/internal.h"

#if MPI_VERSION >= 4

void mb_large_broadcast(mb_context *cx, void *data, size_t size, int root)
{
    MPI_Request request;
    MB_MPI(cx, MPI_Ibcast_c(data, (MPI_Count)size, MPI_BYTE, root, cx->comm->data, &request));
    mb_wait_transfer(cx, &request);
}

void mb_large_gather_all(mb_context *cx, const void *mine, size_t size, void *all)
{
    MPI_Request request;
    MB_MPI(cx, MPI_Iallgather_c(mine, (MPI_Count)size, MPI_BYTE, all, (MPI_Count)size, MPI_BYTE,
                                cx->comm->data, &request));
    mb_wait_transfer(cx, &request);
}

void mb_large_sum_all(mb_context *cx, const int64_t *mine, int64_t n, int64_t *sums)
{
    MPI_Request request;
    MB_MPI(cx, MPI_Iallreduce_c(mine, sums, n, MPI_INT64_T, MPI_SUM, cx->comm->data, &request));
    mb_wait_transfer(cx, &request);
}

void mb_large_sum_before(mb_context *cx, const int64_t *mine, int64_t n, int64_t *sums)
{
    MPI_Request request;
    MB_MPI(cx, MPI_Iexscan_c(mine, sums, n, MPI_INT64_T, MPI_SUM, cx->comm->data, &request));
    mb_wait_transfer(cx, &request);
}

// MPI's names for our 64-bit arrays; the two types have the same representation.
_Static_assert(sizeof(MPI_Count) == sizeof(int64_t), "counts are 64 bits");
_Static_assert(sizeof(MPI_Aint) == sizeof(int64_t), "displacements are 64 bits");

// Counts and displacements of these sizes, one after another, in the communicator's scratch.
static void lay_out(mb_comm *comm, const int64_t *sizes, MPI_Count **counts, MPI_Aint **offsets)
{
    *counts = (MPI_Count *)comm->scratch;
    *offsets = (MPI_Aint *)(comm->scratch + comm->nranks);
    MPI_Aint offset = 0;
    for (int r = 0; r < comm->nranks; r++) {
        (*counts)[r] = sizes[r];
        (*offsets)[r] = offset;
        offset += sizes[r];
    }
}

void mb_large_gather_all_varying(mb_context *cx, const void *mine, const int64_t *sizes, void *all)
{
    mb_comm *comm = cx->comm;
    MPI_Request request;
    MPI_Count *counts;
    MPI_Aint *offsets;
    lay_out(comm, sizes, &counts, &offsets);
    MB_MPI(cx, MPI_Iallgatherv_c(mine, counts[comm->rank], MPI_BYTE, all, counts, offsets, MPI_BYTE,
                                 comm->data, &request));
    mb_wait_transfer(cx, &request);
}

void mb_large_gather_varying(mb_context *cx, int root, const void *mine, const int64_t *sizes,
                             void *all)
{
    mb_comm *comm = cx->comm;
    MPI_Request request;
    MPI_Count *counts;
    MPI_Aint *offsets;
    lay_out(comm, sizes, &counts, &offsets);
    int64_t size = comm->rank == root ? 0 : sizes[comm->rank];
    counts[root] = 0;
    MB_MPI(cx, MPI_Igatherv_c(mine, size, MPI_BYTE, all, counts, offsets, MPI_BYTE, root,
                              comm->data, &request));
    mb_wait_transfer(cx, &request);
}

#else

enum { PIECE = 1 << 30, TAG = 3 };

void mb_large_broadcast(mb_context *cx, void *data, size_t size, int root)
{
    for (size_t at = 0; at < size; at += PIECE) {
        MPI_Request request;
        int n = size - at < PIECE ? (int)(size - at) : PIECE;
        MB_MPI(cx, MPI_Ibcast((char *)data + at, n, MPI_BYTE, root, cx->comm->data, &request));
        mb_wait_transfer(cx, &request);
    }
}

// As broadcasts of each rank's bytes, for what is too large.
static void broadcast_each(mb_context *cx, const void *mine, const int64_t *sizes, int64_t same,
                           char *all)
{
    mb_comm *comm = cx->comm;
    int64_t size = 0;
    for (int r = 0; r < comm->nranks; r++, all += size) {
        size = sizes ? sizes[r] : same;
        if (r == comm->rank) memcpy(all, mine, (size_t)size);
        mb_large_broadcast(cx, all, (size_t)size, r);
    }
}

void mb_large_gather_all(mb_context *cx, const void *mine, size_t size, void *all)
{
    MPI_Request request;
    if (size > PIECE) {
        broadcast_each(cx, mine, NULL, (int64_t)size, all);
        return;
    }
    MB_MPI(cx, MPI_Iallgather(mine, (int)size, MPI_BYTE, all, (int)size, MPI_BYTE, cx->comm->data,
                              &request));
    mb_wait_transfer(cx, &request);
}

void mb_large_sum_all(mb_context *cx, const int64_t *mine, int64_t n, int64_t *sums)
{
    for (int64_t at = 0; at == 0 || at < n; at += PIECE) {
        MPI_Request request;
        int part = n - at < PIECE ? (int)(n - at) : PIECE;
        MB_MPI(cx, MPI_Iallreduce(mine + at, sums + at, part, MPI_INT64_T, MPI_SUM, cx->comm->data,
                                  &request));
        mb_wait_transfer(cx, &request);
    }
}

void mb_large_sum_before(mb_context *cx, const int64_t *mine, int64_t n, int64_t *sums)
{
    for (int64_t at = 0; at == 0 || at < n; at += PIECE) {
        MPI_Request request;
        int part = n - at < PIECE ? (int)(n - at) : PIECE;
        MB_MPI(cx, MPI_Iexscan(mine + at, sums + at, part, MPI_INT64_T, MPI_SUM, cx->comm->data,
                               &request));
        mb_wait_transfer(cx, &request);
    }
}

// Counts and displacements as ints, in the communicator's scratch; false when they are too large.
static bool lay_out(mb_comm *comm, const int64_t *sizes, int **counts, int **offsets)
{
    *counts = (int *)comm->scratch;
    *offsets = (int *)(comm->scratch + comm->nranks);
    int64_t offset = 0;
    for (int r = 0; r < comm->nranks; r++) {
        if (offset + sizes[r] > PIECE) return false;
        (*counts)[r] = (int)sizes[r];
        (*offsets)[r] = (int)offset;
        offset += sizes[r];
    }
    return true;
}

void mb_large_gather_all_varying(mb_context *cx, const void *mine, const int64_t *sizes, void *all)
{
    mb_comm *comm = cx->comm;
    MPI_Request request;
    int *counts, *offsets;
    if (!lay_out(comm, sizes, &counts, &offsets)) {
        broadcast_each(cx, mine, sizes, 0, all);
        return;
    }
    MB_MPI(cx, MPI_Iallgatherv(mine, counts[comm->rank], MPI_BYTE, all, counts, offsets, MPI_BYTE,
                               comm->data, &request));
    mb_wait_transfer(cx, &request);
}

// One rank's bytes, to `root`, in pieces.
static void send_large(mb_context *cx, int root, int from, char *data, int64_t size)
{
    mb_comm *comm = cx->comm;
    if (from == root || (comm->rank != root && comm->rank != from)) return;
    for (int64_t at = 0; at < size; at += PIECE) {
        MPI_Request request;
        int n = size - at < PIECE ? (int)(size - at) : PIECE;
        if (comm->rank == root)
            MB_MPI(cx, MPI_Irecv(data + at, n, MPI_BYTE, from, TAG, comm->data, &request));
        else
            MB_MPI(cx, MPI_Isend(data + at, n, MPI_BYTE, root, TAG, comm->data, &request));
        mb_wait_transfer(cx, &request);
    }
}

void mb_large_gather_varying(mb_context *cx, int root, const void *mine, const int64_t *sizes,
                             void *all)
{
    mb_comm *comm = cx->comm;
    MPI_Request request;
    int *counts, *offsets;
    if (!lay_out(comm, sizes, &counts, &offsets)) {
        int64_t offset = 0;
        for (int r = 0; r < comm->nranks; r++) {
            char *data = comm->rank == root ? (char *)all + offset : (char *)(uintptr_t)mine;
            send_large(cx, root, r, data, sizes[r]);
            offset += sizes[r];
        }
        return;
    }
    int size = comm->rank == root ? 0 : counts[comm->rank];
    counts[root] = 0;
    MB_MPI(cx, MPI_Igatherv(mine, size, MPI_BYTE, all, counts, offsets, MPI_BYTE, root, comm->data,
                            &request));
    mb_wait_transfer(cx, &request);
}

#endif
