// A host that opens a runtime before MPI begins and after it has ended, and hosts that end by
// mb_runtime_exit of a runtime that is open, closed or NULL: tests/installed looks at both.
#include <moonbear.h>
#include <stdio.h>
#include <string.h>

static int rank(void)
{
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    return rank;
}

// Without MPI; all ranks print the same.
static void tell_of(const char *when)
{
    mb_runtime *runtime = mb_runtime_open(MPI_COMM_WORLD);
    printf("%s: %s\n", when, runtime ? "opened" : mb_error(NULL));
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";
    if (!*how) tell_of("before");
    MPI_Init(&argc, &argv);
    mb_runtime *runtime = mb_runtime_open(MPI_COMM_WORLD);
    int status = mb_runtime_string(runtime, "assert(mb.range(1, 4):sum() == 10)", "=host");
    if (strcmp(how, "open") != 0) mb_runtime_close(runtime);
    if (*how && rank() == 0) printf("%s: %d\n", how, status);
    if (*how) mb_runtime_exit(strcmp(how, "NULL") == 0 ? NULL : runtime, 7);
    MPI_Finalize();
    tell_of("after");
    return status;
}
