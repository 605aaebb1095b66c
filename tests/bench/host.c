// What hosts pay: for an array that is shared, a touch, a call of a script's function, and for work
// on a shared column beside a loaded one of that width. Prints lines of a name and seconds, or
// memory, with a tab between. Times are those of the slowest rank.
//   host KIND: calls, or shared
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "moonbear.h"

static int rank, nranks;

static void fail(const char *what, const mb_runtime *runtime)
{
    if (rank == 0) fprintf(stderr, "host: %s: %s\n", what, mb_error(runtime));
    MPI_Abort(MPI_COMM_WORLD, 1);
}

static double slowest(double seconds)
{
    double all = seconds;
    MPI_Allreduce(&seconds, &all, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    return all;
}

static void print_figure(const char *name, double value)
{
    if (rank == 0) printf("%s\t%.4g\n", name, value);
}

static void run(mb_runtime *runtime, const char *chunk)
{
    if (mb_runtime_string(runtime, chunk, "=host")) fail("a chunk", runtime);
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof *values, by_size);
    return values[n / 2];
}

enum { TIMES = 400 };

// --- Calls ---------------------------------------------------------------------------------------

// Imports of so many rows on each rank, whose range is given or not.
static void measure_import(mb_runtime *runtime, const char *name, int64_t rows,
                           const int64_t *range, const int64_t *values, int times)
{
    double seconds[TIMES];
    const mb_array array = {.type = MB_INT64_ARRAY, .rows = rows, .values = values, .range = range};
    for (int i = 0; i < times; i++) {
        mb_reference column;
        MPI_Barrier(MPI_COMM_WORLD);
        const double start = MPI_Wtime();
        if (mb_column_import(runtime, NULL, &array, &column)) fail(name, runtime);
        seconds[i] = MPI_Wtime() - start;
        if (mb_release(runtime, column)) fail(name, runtime);
    }
    run(runtime, "collectgarbage()");
    print_figure(name, slowest(median(seconds, times)));
}

// A pass over an array that looks for the bounds, as a host would write it.
static void measure_pass(const char *name, int64_t rows, const int64_t *values, int times)
{
    double seconds[TIMES];
    for (int i = 0; i < times; i++) {
        MPI_Barrier(MPI_COMM_WORLD);
        const double start = MPI_Wtime();
        int64_t low = INT64_MAX, high = INT64_MIN;
        for (int64_t k = 0; k < rows; k++) {
            low = values[k] < low ? values[k] : low;
            high = values[k] > high ? values[k] : high;
        }
        seconds[i] = MPI_Wtime() - start;
        if (low > high) fail(name, NULL);
    }
    print_figure(name, slowest(median(seconds, times)));
}

static void measure_imports(mb_runtime *runtime)
{
    enum { MOST = 10000000 };
    int64_t *values = malloc(MOST * sizeof *values);
    const int64_t range[] = {0, INT64_C(1) << 40};
    if (!values) fail("memory", NULL);
    for (int64_t i = 0; i < MOST; i++)
        values[i] = i * 7919 % range[1];
    measure_import(runtime, "host.import.1000", 1000, range, values, TIMES);
    measure_import(runtime, "host.import.100000", 100000, range, values, TIMES);
    measure_import(runtime, "host.import.10000000", MOST, range, values, TIMES);
    measure_import(runtime, "host.import.looked", MOST, NULL, values, 9);
    measure_pass("host.pass", MOST, values, 9);
    mb_runtime_close(runtime);
    free(values);
}

static void measure_calls(mb_runtime *runtime)
{
    double touches[TIMES], calls[TIMES];
    double values[1000] = {0};
    const mb_array array = {.type = MB_DOUBLE_ARRAY, .rows = 1000, .values = values};
    mb_reference column;
    mb_variant arguments[2], result;
    run(runtime, "function step(field, i) return i < 0 end");
    if (mb_column_import(runtime, NULL, &array, &column)) fail("import", runtime);
    arguments[0] = (mb_variant){.kind = MB_IS_COLUMN, .as.reference = column};
    for (int i = 0; i < TIMES; i++) {
        arguments[1] = (mb_variant){.kind = MB_IS_INTEGER, .as.integer = i};
        MPI_Barrier(MPI_COMM_WORLD);
        const double start = MPI_Wtime();
        if (mb_column_touch(runtime, column, NULL)) fail("touch", runtime);
        const double between = MPI_Wtime();
        if (mb_call_function(runtime, "step", arguments, 2, &result, 1)) fail("call", runtime);
        touches[i] = between - start;
        calls[i] = MPI_Wtime() - between;
    }
    print_figure("host.touch", slowest(median(touches, TIMES)));
    print_figure("host.call", slowest(median(calls, TIMES)));
}

// --- Shared columns beside loaded ones -----------------------------------------------------------

// Memory of huge pages, as moonbear takes it, and as the guide tells hosts to: else these, and
// where arrays begin, would be what is measured.
static void *take(size_t size)
{
    enum { HUGE_PAGE = 2 << 20 };
    const size_t whole = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    void *values = aligned_alloc(HUGE_PAGE, whole);
    if (!values) fail("memory", NULL);
    madvise(values, whole, MADV_HUGEPAGE);
    return values;
}

// Rows that take all of their width, 50,000 different ones.
#define FILL(type, value)                                                                          \
    for (int64_t i = 0; i < rows; i++) {                                                           \
        const uint64_t hash = (uint64_t)(i + rank * rows) * UINT64_C(0x9e3779b97f4a7c15) >> 20;    \
        ((type *)values)[i] = (type)(value);                                                       \
    }

static void share(mb_runtime *runtime, const char *name, mb_array_type type, int64_t rows,
                  void *values)
{
    const mb_array array = {.type = type, .rows = rows, .values = values};
    switch (type) {
    case MB_UINT16_ARRAY: FILL(uint16_t, hash % 65536) break;
    case MB_UINT32_ARRAY: FILL(uint32_t, hash % 50000 * 85000) break;
    case MB_INT64_ARRAY: FILL(int64_t, hash % 50000 * 900000) break;
    case MB_FLOAT_ARRAY: FILL(float, (double)(hash % 50000) / 8) break;
    case MB_DOUBLE_ARRAY: FILL(double, (double)(hash % 50000) / 7) break;
    default: FILL(uint8_t, hash % 2) break;
    }
    if (mb_column_import(runtime, name, &array, NULL)) fail(name, runtime);
}

static void measure_shared(mb_runtime *runtime, const char *script)
{
    static const struct {
        const char *name;
        mb_array_type type;
        int width;
    } columns[] = {{"uint16", MB_UINT16_ARRAY, 2}, {"uint32", MB_UINT32_ARRAY, 4},
                   {"int64", MB_INT64_ARRAY, 8},   {"float", MB_FLOAT_ARRAY, 4},
                   {"double", MB_DOUBLE_ARRAY, 8}, {"bool", MB_BOOL_ARRAY, 1}};
    enum { N = sizeof columns / sizeof *columns };
    void *values[N];
    const int64_t rows = 10000000 / nranks;
    for (int i = 0; i < N; i++) {
        values[i] = take((size_t)(rows * columns[i].width));
        share(runtime, columns[i].name, columns[i].type, rows, values[i]);
    }
    if (mb_runtime_file(runtime, script)) fail(script, runtime);
    mb_runtime_close(runtime);
    for (int i = 0; i < N; i++)
        free(values[i]);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &nranks);
    mb_runtime *runtime = mb_runtime_open(MPI_COMM_WORLD);
    if (!runtime) fail("open", NULL);
    if (argc > 1) {
        measure_shared(runtime, argv[1]);
    } else {
        measure_calls(runtime);
        measure_imports(runtime);
    }
    MPI_Finalize();
    return 0;
}
