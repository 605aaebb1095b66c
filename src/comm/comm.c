#include "comm/comm.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

void mb_comm_interrupt(mb_context *cx)
{
    atomic_store(&cx->comm->interrupt, 1);
}

void mb_comm_abort(mb_context *cx, const char *format, ...)
{
    va_list args;
    (void)cx; // the whole job ends, whatever the communicator
    va_start(args, format);
    fflush(stdout);
    fputs("moonbear: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    fflush(stderr);
    va_end(args);
    MPI_Abort(MPI_COMM_WORLD, 1);
    abort();
}

void mb_mpi_check(mb_context *cx, int code, const char *call)
{
    if (code == MPI_SUCCESS) return;
    char text[MPI_MAX_ERROR_STRING];
    int length = 0;
    MPI_Error_string(code, text, &length);
    mb_comm_abort(cx, "rank %d: communication failed in %.40s: %s", cx->comm->rank, call, text);
}

static void abort_unfinished(void)
{
    int finalized = 0;
    MPI_Finalized(&finalized);
    if (finalized) return;
    fputs("moonbear: a rank exits while others still run\n", stderr);
    MPI_Abort(MPI_COMM_WORLD, 1);
}

bool mb_comm_start(void)
{
    int initialized = 0, provided;
    MPI_Initialized(&initialized);
    if (initialized) return false;
    MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
    atexit(abort_unfinished);
    return true;
}

void mb_comm_finish(void)
{
    MPI_Finalize();
}

const void *mb_comm_world(void)
{
    static const MPI_Comm world = MPI_COMM_WORLD;
    return &world;
}

static void combine(void *from, void *into, int *count, MPI_Datatype *type)
{
    (void)type;
    for (int i = 0; i < *count; i++)
        mb_record_combine((mb_record *)into + i, (const mb_record *)from + i);
}

static double seconds_from(const char *variable, double otherwise)
{
    const char *text = getenv(variable);
    char *end;
    double seconds = text ? strtod(text, &end) : 0;
    return text && end != text && seconds >= 0 ? seconds : otherwise;
}

// Groups the ranks by machine. MOONBEAR_NODE_SIZE makes smaller groups of one machine's ranks, so
// that what happens between machines can be tried on one.
static void find_nodes(mb_context *cx, mb_comm *comm)
{
    MPI_Comm machine;
    MB_MPI(cx, MPI_Comm_split_type(comm->data, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine));
    int on_machine, size = (int)seconds_from("MOONBEAR_NODE_SIZE", 0);
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

mb_status mb_comm_open(mb_context *cx, const void *mpi_comm)
{
    mb_comm *comm = mb_allocate(cx, 1, sizeof *comm);
    if (!comm) return MB_EMEMORY;
    MPI_Comm outer = *(const MPI_Comm *)mpi_comm;
    comm->data = comm->leaders = MPI_COMM_NULL;
    cx->comm = comm;
    MB_MPI(cx, MPI_Comm_dup(outer, &comm->data));
    MB_MPI(cx, MPI_Comm_set_errhandler(comm->data, MPI_ERRORS_RETURN));
    MB_MPI(cx, MPI_Comm_rank(comm->data, &comm->rank));
    MB_MPI(cx, MPI_Comm_size(comm->data, &comm->nranks));
    find_nodes(cx, comm);
    MB_MPI(cx, MPI_Type_contiguous((int)sizeof(mb_record), MPI_BYTE, &comm->record_type));
    MB_MPI(cx, MPI_Type_commit(&comm->record_type));
    MB_MPI(cx, MPI_Op_create(combine, 1, &comm->record_op));
    comm->node_ranks = mb_allocate(cx, (size_t)comm->node_size, sizeof *comm->node_ranks);
    comm->scratch = mb_allocate(cx, 4 * (size_t)comm->nranks, sizeof *comm->scratch);
    comm->descriptions = mb_allocate(cx, (size_t)comm->nranks, MB_DESCRIPTION_SIZE);
    if (!comm->node_ranks || !comm->scratch || !comm->descriptions)
        mb_comm_abort(cx, "out of memory at the start");
    MB_MPI(cx, MPI_Allgather(&comm->rank, 1, MPI_INT, comm->node_ranks, 1, MPI_INT, comm->node));
    comm->wait_seconds = seconds_from("MOONBEAR_WAIT", 30);
    comm->deadline_seconds = seconds_from("MOONBEAR_DEADLINE", 0);
    return mb_board_open(cx);
}

void mb_comm_close(mb_context *cx)
{
    mb_comm *comm = cx->comm;
    mb_board_close(cx);
    MPI_Op_free(&comm->record_op);
    MPI_Type_free(&comm->record_type);
    if (comm->leaders != MPI_COMM_NULL) MPI_Comm_free(&comm->leaders);
    MPI_Comm_free(&comm->node);
    MPI_Comm_free(&comm->data);
    free(comm->node_ranks);
    free(comm->scratch);
    free(comm->descriptions);
    free(comm);
    cx->comm = NULL;
}
