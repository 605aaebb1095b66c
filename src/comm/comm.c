#include "comm/comm.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "comm/internal.h"

int mb_rank(const mb_context *cx)
{
    return cx->comm->rank;
}

int mb_nranks(const mb_context *cx)
{
    return cx->comm->nranks;
}

int mb_ranks_on_node(const mb_context *cx)
{
    return cx->comm->node_size;
}

mb_traffic mb_comm_traffic(const mb_context *cx)
{
    return cx->comm->traffic;
}

// MPI's buffers need not be aligned as records are.
static void combine(void *from, void *into, int *count, MPI_Datatype *type)
{
    (void)type;
    for (size_t i = 0; i < (size_t)*count; i++) {
        mb_record sum, other;
        memcpy(&sum, (char *)into + i * sizeof sum, sizeof sum);
        memcpy(&other, (char *)from + i * sizeof other, sizeof other);
        mb_record_combine(&sum, &other);
        memcpy((char *)into + i * sizeof sum, &sum, sizeof sum);
    }
}

// Groups the ranks by machine. MOONBEAR_NODE_SIZE makes smaller groups of one machine's ranks, so
// that what happens between machines can be tried on one.
static void find_nodes(mb_context *cx, mb_comm *comm, int size)
{
    MPI_Comm machine;
    MB_MPI(cx, MPI_Comm_split_type(comm->data, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine));
    int on_machine;
    MB_MPI(cx, MPI_Comm_rank(machine, &on_machine));
    if (size > 0) {
        MB_MPI(cx, MPI_Comm_split(machine, on_machine / size, 0, &comm->node));
        MB_MPI(cx, MPI_Comm_free(&machine));
    } else {
        comm->node = machine;
    }
    MB_MPI(cx, MPI_Comm_rank(comm->node, &comm->node_rank));
    MB_MPI(cx, MPI_Comm_size(comm->node, &comm->node_size));
    comm->nodes = 1;
    if (comm->node_size == comm->nranks) return;
    MB_MPI(cx,
           MPI_Comm_split(comm->data, comm->node_rank == 0 ? 0 : MPI_UNDEFINED, 0, &comm->leaders));
    if (comm->leaders != MPI_COMM_NULL) MB_MPI(cx, MPI_Comm_size(comm->leaders, &comm->nodes));
    MB_MPI(cx, MPI_Bcast(&comm->nodes, 1, MPI_INT, 0, comm->node));
}

// The lowest rank that is not well; -1 when all are. Collective, before there is a context.
static int lowest_failing(MPI_Comm outer, bool well)
{
    int rank, nranks, failing;
    MPI_Comm_rank(outer, &rank);
    MPI_Comm_size(outer, &nranks);
    int mine = well ? nranks : rank;
    MPI_Allreduce(&mine, &failing, 1, MPI_INT, MPI_MIN, outer);
    return failing < nranks ? failing : -1;
}

int mb_comm_refuse(const void *mpi_comm)
{
    return lowest_failing(*(const MPI_Comm *)mpi_comm, false);
}

static void free_memory(mb_comm *comm)
{
    if (!comm) return;
    free(comm->node_ranks);
    free(comm->scratch);
    free(comm->descriptions);
    free(comm->node_of);
    free(comm->hosts);
    free(comm->heard);
    free(comm);
}

// All the memory that a rank takes for itself; NULL when there is not enough.
static mb_comm *take_memory(mb_context *cx, MPI_Comm outer)
{
    int nranks;
    MPI_Comm_size(outer, &nranks);
    mb_comm *comm = mb_allocate(cx, 1, sizeof *comm);
    if (!comm) return NULL;
    comm->nranks = nranks;
    comm->node_ranks = mb_allocate(cx, (size_t)nranks, sizeof *comm->node_ranks);
    comm->scratch = mb_allocate(cx, 4 * (size_t)nranks, sizeof *comm->scratch);
    comm->descriptions = mb_allocate(cx, (size_t)nranks, MB_DESCRIPTION_SIZE);
    comm->node_of = mb_allocate(cx, (size_t)nranks, sizeof *comm->node_of);
    comm->hosts = mb_allocate(cx, (size_t)nranks, MB_HOST_SIZE);
    comm->heard = mb_allocate(cx, (size_t)nranks, sizeof *comm->heard);
    if (comm->node_ranks && comm->scratch && comm->descriptions && comm->node_of && comm->hosts &&
        comm->heard)
        return comm;
    free_memory(comm);
    return NULL;
}

// Which ranks are on which machine, of all ranks, for those who wait for them.
static void name_machines(mb_context *cx, mb_comm *comm)
{
    char host[MB_HOST_SIZE] = "";
    int node = comm->rank; // the first rank of each
    gethostname(host, sizeof host - 1);
    MB_MPI(cx, MPI_Bcast(&node, 1, MPI_INT, 0, comm->node));
    MB_MPI(cx, MPI_Allgather(&node, 1, MPI_INT, comm->node_of, 1, MPI_INT, comm->data));
    MB_MPI(cx, MPI_Allgather(host, MB_HOST_SIZE, MPI_CHAR, comm->hosts, MB_HOST_SIZE, MPI_CHAR,
                             comm->data));
    MB_MPI(cx, MPI_Allgather(&comm->rank, 1, MPI_INT, comm->node_ranks, 1, MPI_INT, comm->node));
}

mb_status mb_comm_open(mb_context *cx, const void *mpi_comm)
{
    MPI_Comm outer = *(const MPI_Comm *)mpi_comm;
    mb_comm *comm = take_memory(cx, outer);
    int failing = lowest_failing(outer, comm != NULL);
    if (failing >= 0) {
        free_memory(comm);
        return mb_fail(cx, MB_EMEMORY, "out of memory on rank %d", failing);
    }
    comm->data = comm->leaders = MPI_COMM_NULL;
    cx->comm = comm;
    MB_MPI(cx, MPI_Comm_dup(outer, &comm->data));
    MB_MPI(cx, MPI_Comm_set_errhandler(comm->data, MPI_ERRORS_RETURN));
    MB_MPI(cx, MPI_Comm_rank(comm->data, &comm->rank));
    find_nodes(cx, comm, cx->settings.node_size);
    MB_MPI(cx, MPI_Type_contiguous((int)sizeof(mb_record), MPI_BYTE, &comm->record_type));
    MB_MPI(cx, MPI_Type_commit(&comm->record_type));
    MB_MPI(cx, MPI_Op_create(combine, 1, &comm->record_op));
    name_machines(cx, comm);
    comm->wait_seconds = cx->settings.wait;
    comm->deadline_seconds = cx->settings.deadline;
    mb_wait_calibrate(cx);
    return mb_board_open(cx);
}

void mb_comm_close(mb_context *cx)
{
    mb_comm *comm = cx->comm;
    MPI_Request request;
    MB_MPI(cx, MPI_Ibarrier(comm->data, &request)); // what follows blocks inside MPI
    mb_wait_request(cx, &request, NULL);
    mb_notice_drain(cx);
    mb_board_close(cx);
    MPI_Op_free(&comm->record_op);
    MPI_Type_free(&comm->record_type);
    if (comm->leaders != MPI_COMM_NULL) MPI_Comm_free(&comm->leaders);
    MPI_Comm_free(&comm->node);
    MPI_Comm_free(&comm->data);
    free_memory(comm);
    cx->comm = NULL;
}
