// A host whose last rank is killed while all are in a collective operation, by a kernel that the
// operation calls: tests/installed looks at how the others end.
#include <moonbear.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static int perish(mb_kernel_block *block, void *data)
{
    if (*(const int *)data) raise(SIGKILL);
    memcpy(block->out, block->in[0], (size_t)block->n * sizeof(double));
    return 0;
}

int main(int argc, char **argv)
{
    static double values[1000];
    int rank, nranks;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &nranks);
    int is_last = rank == nranks - 1;
    const mb_array array = {.type = MB_DOUBLE_ARRAY, .rows = 1000, .values = values};
    mb_runtime *runtime = mb_runtime_open(MPI_COMM_WORLD);
    int status = mb_column_import(runtime, "c", &array, NULL);
    if (!status) status = mb_register_kernel(runtime, "perish", "double(double)", perish, &is_last);
    if (!status) status = mb_runtime_string(runtime, "print(c:sum()) c:perish():sum()", "=host");
    printf("rank %d: status %d, %s\n", rank, status, mb_error(runtime));
    mb_runtime_close(runtime);
    MPI_Finalize();
    return 0;
}
