// A simulation that is watched by a script: heat spreads over a plate, which MPI ranks share by
// rows. The field lies in an array of this program; a script gets it as a column, without a copy,
// looks at it after each step, prints a histogram now and then, and says when the run may end.
//
//   mpicc -O2 heat.c $(pkg-config --cflags --libs moonbear) -o heat
//   mpiexec -n 4 ./heat heat.lua [SIDE [STEPS]]
#include <moonbear.h>
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// The rows of a plate that this rank has, with a row of its neighbours' above and below.
typedef struct plate {
    int side, first, rows, rank, nranks;
    double *now, *next; // (rows + 2) * side
} plate;

static double *row(const plate *p, double *field, int i)
{
    return field + (int64_t)(i + 1) * p->side;
}

// A hot spot in the middle of a cold plate.
static int open_plate(plate *p, int side)
{
    MPI_Comm_rank(MPI_COMM_WORLD, &p->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &p->nranks);
    if (side < p->nranks) return 0;
    p->side = side;
    p->first = (int)((int64_t)side * p->rank / p->nranks);
    p->rows = (int)((int64_t)side * (p->rank + 1) / p->nranks) - p->first;
    p->now = calloc((size_t)(p->rows + 2) * (size_t)side, sizeof(double));
    p->next = calloc((size_t)(p->rows + 2) * (size_t)side, sizeof(double));
    if (!p->now || !p->next) return 0;
    for (int i = 0; i < p->rows; i++)
        for (int j = side / 3; j < 2 * side / 3; j++)
            if (p->first + i >= side / 3 && p->first + i < 2 * side / 3) row(p, p->now, i)[j] = 100;
    return 1;
}

// The rows at the edge of the plate are their own neighbours: no heat leaves it.
static void exchange(const plate *p)
{
    const int above = p->rank > 0 ? p->rank - 1 : MPI_PROC_NULL;
    const int below = p->rank < p->nranks - 1 ? p->rank + 1 : MPI_PROC_NULL;
    double *top = row(p, p->now, 0), *bottom = row(p, p->now, p->rows - 1);
    for (int j = 0; j < p->side; j++) {
        row(p, p->now, -1)[j] = top[j];
        row(p, p->now, p->rows)[j] = bottom[j];
    }
    MPI_Sendrecv(top, p->side, MPI_DOUBLE, above, 0, row(p, p->now, p->rows), p->side, MPI_DOUBLE,
                 below, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Sendrecv(bottom, p->side, MPI_DOUBLE, below, 1, row(p, p->now, -1), p->side, MPI_DOUBLE,
                 above, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

// One step, after which the new field is where the old one was: the column reads that array.
static void advance(plate *p)
{
    exchange(p);
    for (int i = 0; i < p->rows; i++) {
        const double *here = row(p, p->now, i), *up = here - p->side, *down = here + p->side;
        double *out = row(p, p->next, i);
        for (int j = 0; j < p->side; j++) {
            const double left = here[j > 0 ? j - 1 : 0];
            const double right = here[j < p->side - 1 ? j + 1 : j];
            out[j] = here[j] + 0.2 * (up[j] + down[j] + left + right - 4 * here[j]);
        }
    }
    for (int64_t k = 0; k < (int64_t)p->rows * p->side; k++)
        row(p, p->now, 0)[k] = row(p, p->next, 0)[k];
}

static int say(const char *problem)
{
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (rank == 0) fprintf(stderr, "heat: %s\n", problem);
    return 1;
}

static int complain(mb_runtime *runtime)
{
    return say(mb_error(runtime)); // the same on all ranks
}

// Steps until the script's function `step` gives true, or so many.
static int simulate(mb_runtime *runtime, plate *p, int steps)
{
    mb_reference field;
    mb_variant arguments[2], flat;
    const mb_array array = {
        .type = MB_DOUBLE_ARRAY, .rows = (int64_t)p->rows * p->side, .values = row(p, p->now, 0)};
    if (mb_column_import(runtime, NULL, &array, &field)) return complain(runtime);
    arguments[0] = (mb_variant){.kind = MB_IS_COLUMN, .as.reference = field};
    for (int i = 1; i <= steps; i++) {
        advance(p);
        arguments[1] = (mb_variant){.kind = MB_IS_INTEGER, .as.integer = i};
        if (mb_column_touch(runtime, field, NULL)) return complain(runtime);
        if (mb_call_function(runtime, "step", arguments, 2, &flat, 1)) return complain(runtime);
        if (flat.kind == MB_IS_BOOLEAN && flat.as.integer) return 0;
    }
    return 0;
}

int main(int argc, char **argv)
{
    plate p = {0};
    MPI_Init(&argc, &argv);
    const int side = argc > 2 ? atoi(argv[2]) : 300, steps = argc > 3 ? atoi(argv[3]) : 1000;
    mb_runtime *runtime = mb_runtime_open(MPI_COMM_WORLD);
    if (!runtime) {
        fprintf(stderr, "heat: %s\n", mb_error(NULL));
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    int status = argc < 2 ? say("usage: heat SCRIPT [SIDE [STEPS]]") : 0;
    if (!status && !open_plate(&p, side)) status = say("no memory, or a side shorter than ranks");
    if (!status && mb_runtime_file(runtime, argv[1])) status = complain(runtime);
    if (!status) status = simulate(runtime, &p, steps);
    mb_runtime_close(runtime);
    free(p.now);
    free(p.next);
    MPI_Finalize();
    return status;
}
