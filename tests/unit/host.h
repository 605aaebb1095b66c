// What tests of the interface for C programs share: they are programs that use moonbear.h, on MPI.
#pragma once

#include <mpi.h>
#include <stdio.h>

#include "check.h"
#include "moonbear.h"

static inline int rank(void)
{
    int r;
    MPI_Comm_rank(MPI_COMM_WORLD, &r);
    return r;
}

static inline int nranks(void)
{
    int n;
    MPI_Comm_size(MPI_COMM_WORLD, &n);
    return n;
}

// A runtime on all ranks, which has run a chunk, unless that is NULL. Collective.
static inline mb_runtime *open_runtime(const char *prelude)
{
    mb_runtime *runtime = mb_runtime_open(MPI_COMM_WORLD);
    if (!runtime) MPI_Abort(MPI_COMM_WORLD, 1);
    if (prelude && !CHECK_INT(mb_runtime_string(runtime, prelude, "=prelude"), 0))
        fprintf(stderr, "%s\n", mb_error(runtime));
    return runtime;
}
