// examples/embed/heat.c with its script, beside the same steps with the analysis of heat.lua
// written in C: prints lines of a name and the seconds of a step, with a tab between.
//   heat examples/embed/heat.lua SIDE STEPS
#define main heat_main
#include "../../examples/embed/heat.c"
#undef main

enum { BINS = 10 };

static void print_histogram(const plate *p, const double *field, int64_t cells, double total,
                            const double extremes[2], int step)
{
    int64_t counts[BINS] = {0}, all[BINS];
    for (int64_t k = 0; k < cells; k++) {
        const int bin = (int)(field[k] / 10);
        counts[bin < BINS ? bin : BINS - 1]++;
    }
    MPI_Reduce(counts, all, BINS, MPI_INT64_T, MPI_SUM, 0, MPI_COMM_WORLD);
    if (p->rank > 0) return;
    const double n = (double)p->side * p->side;
    fprintf(stderr, "step %d: %.2f to %.2f degrees, %.3f on average\n", step, -extremes[0],
            extremes[1], total / n);
    for (int bin = 0; bin < BINS; bin++)
        if (all[bin])
            fprintf(stderr, "  %3d to %3d: %lld\n", 10 * bin, 10 * bin + 10, (long long)all[bin]);
}

// What the function `step` of heat.lua does, until the front is flat.
static int analyse(const plate *p, int step)
{
    const double *field = row(p, p->now, 0);
    const int64_t cells = (int64_t)p->rows * p->side;
    double extremes[2] = {-field[0], field[0]}, sum = 0, total;
    for (int64_t k = 0; k < cells; k++) {
        extremes[0] = -field[k] > extremes[0] ? -field[k] : extremes[0];
        extremes[1] = field[k] > extremes[1] ? field[k] : extremes[1];
    }
    MPI_Allreduce(MPI_IN_PLACE, extremes, 2, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    if (step % 100 == 0) {
        for (int64_t k = 0; k < cells; k++)
            sum += field[k];
        MPI_Allreduce(&sum, &total, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
        print_histogram(p, field, cells, total, extremes, step);
    }
    return extremes[1] + extremes[0] <= 40;
}

// Seconds of a step, with a runtime or by hand.
static double seconds_of(mb_runtime *runtime, int side, int steps)
{
    plate p = {0};
    if (!open_plate(&p, side)) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Barrier(MPI_COMM_WORLD);
    const double start = MPI_Wtime();
    if (runtime && simulate(runtime, &p, steps)) MPI_Abort(MPI_COMM_WORLD, 1);
    for (int i = 1; i <= steps && !runtime; i++) {
        advance(&p);
        if (analyse(&p, i)) break;
    }
    const double seconds = (MPI_Wtime() - start) / steps;
    if (runtime) mb_runtime_string(runtime, "collectgarbage()", "=heat");
    free(p.now);
    free(p.next);
    return seconds;
}

static void discard(void *unused, int stream, const char *text, size_t size)
{
    (void)unused;
    (void)stream;
    fwrite(text, 1, size, stderr);
}

int main(int argc, char **argv)
{
    enum { ROUNDS = 5 };
    int rank;
    double ours[ROUNDS], theirs[ROUNDS];
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    const int side = atoi(argv[2]), steps = atoi(argv[3]);
    mb_runtime *runtime = mb_runtime_open(MPI_COMM_WORLD);
    if (!runtime || mb_runtime_output(runtime, discard, NULL) || mb_runtime_file(runtime, argv[1]))
        MPI_Abort(MPI_COMM_WORLD, 1);
    for (int i = 0; i < ROUNDS; i++) {
        theirs[i] = seconds_of(NULL, side, steps);
        ours[i] = seconds_of(runtime, side, steps);
    }
    for (int i = 0; i < ROUNDS && rank == 0; i++)
        printf("heat.script\t%.4g\nheat.plain\t%.4g\n", ours[i], theirs[i]);
    mb_runtime_close(runtime);
    MPI_Finalize();
    return 0;
}
