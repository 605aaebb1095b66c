// Kernels that a host registers, as a program in C does.
#include <stdlib.h>
#include <string.h>

#include "host.h"

// Adds a number of the host's to each row, and counts the rows.
typedef struct offset {
    double by;
    int64_t rows;
} offset;

static int move(mb_kernel_block *block, void *data)
{
    offset *of = data;
    const double *in = block->in[0];
    double *out = block->out;
    for (int64_t i = 0; i < block->n; i++)
        out[i] = in[i] + of->by;
    of->rows += block->n;
    return 0;
}

static void begin(void *state, void *data)
{
    (void)data;
    *(int64_t *)state = 0;
}

static int count_even(void *state, mb_kernel_block *block, void *data)
{
    const int64_t *in = block->in[0];
    (void)data;
    for (int64_t i = 0; i < block->n; i++)
        *(int64_t *)state += in[i] % 2 == 0;
    return 0;
}

static void join(void *state, const void *next, void *data)
{
    (void)data;
    *(int64_t *)state += *(const int64_t *)next;
}

static int end(const void *state, mb_kernel_block *result, void *data)
{
    (void)data;
    memcpy(result->out, state, sizeof(int64_t));
    return 0;
}

static const mb_kernel_definition even = {.name = "count_even",
                                          .signature = "int64(int64)",
                                          .help = "How many are even.",
                                          .state_size = sizeof(int64_t),
                                          .init = begin,
                                          .fold = count_even,
                                          .merge = join,
                                          .finish = end};

// Kernels of two runtimes are their own, with data of their own.
static void registered(mb_context *unused)
{
    (void)unused;
    enum { ROWS = 10000 };
    offset one = {.by = 1}, two = {.by = 2};
    mb_runtime *first = open_runtime(NULL), *second = open_runtime(NULL);
    CHECK_INT(mb_register_kernel(first, "moved", "double(double)", move, &one), 0);
    CHECK_INT(mb_register_kernel(second, "moved", "double(double)", move, &two), 0);
    CHECK_INT(mb_register_kernels(first, &even, 1), 0);
    const char *text = "c = mb.range(1, 10000) assert(c:moved():sum() == 50005000 + 10000) "
                       "assert(c:count_even() == 5000)";
    CHECK_INT(mb_runtime_string(first, text, "=first"), 0);
    text = "c = mb.range(1, 10000) assert(c:moved():sum() == 50005000 + 20000) "
           "assert(not mb.core.column_methods.count_even)";
    CHECK_INT(mb_runtime_string(second, text, "=second"), 0);
    int64_t rows = one.rows, all = 0;
    MPI_Allreduce(&rows, &all, 1, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
    CHECK_INT(all, ROWS);
    mb_runtime_close(first);
    CHECK_INT(mb_runtime_string(second, "assert(c:moved():max() == 10002)", "=again"), 0);
    mb_runtime_close(second);
}

static int refused(mb_runtime *runtime, mb_kernel_definition definition)
{
    return mb_register_kernels(runtime, &definition, 1);
}

// Definitions that are wrong, on all ranks alike.
static void wrong(mb_context *unused)
{
    (void)unused;
    mb_runtime *runtime = open_runtime(NULL);
    static const char *const signatures[] = {"",
                                             "double",
                                             "double(",
                                             "double()",
                                             "float(double)",
                                             "double(int)",
                                             "double(double",
                                             "double(double))",
                                             "double(double) x",
                                             "double(double,)",
                                             "double(double, double, double, double, double)",
                                             "double? ?(double)",
                                             "doubles(double)",
                                             NULL};
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++)
        CHECK_INT(mb_register_kernel(runtime, "moved", signatures[i], move, NULL), 1);
    static const char *const names[] = {"",     "1st", "a-b", "sum", "where", "and",
                                        "null", "_x",  "col", NULL,  "clip",  "group_by"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        CHECK_INT(mb_register_kernel(runtime, names[i], "double(double)", move, NULL), 1);
    char name[MB_KERNEL_NAME + 2];
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    CHECK_INT(mb_register_kernel(runtime, name, "double(double)", move, NULL), 1);
    CHECK_INT(mb_register_kernel(runtime, "moved", "double(double)", NULL, NULL), 1);
    mb_kernel_definition part = even;
    part.merge = NULL;
    CHECK_INT(refused(runtime, part), 1);
    part = even;
    part.state_size = 0;
    CHECK_INT(refused(runtime, part), 1);
    part.state_size = MB_KERNEL_STATE + 1;
    CHECK_INT(refused(runtime, part), 1);
    part = even;
    part.apply = move;
    CHECK_INT(refused(runtime, part), 1);
    part = even;
    part.signature = "int64(int64?)";
    CHECK_INT(refused(runtime, part), 1);
    const mb_kernel_definition twice[] = {even, even};
    CHECK_INT(mb_register_kernels(runtime, twice, 2), 1);
    CHECK_INT(mb_runtime_string(runtime, "assert(#mb.core.kernels() == 0)", "=none"), 0);
    CHECK_INT(mb_register_kernels(runtime, &even, 1), 0);
    CHECK_INT(mb_register_kernels(runtime, &even, 1), 1);
    CHECK_INT(mb_register_kernels(runtime, NULL, 0), 0);
    CHECK_INT(mb_register_kernels(runtime, NULL, 1), 1);
    CHECK_INT(mb_register_kernels(runtime, &even, -1), 1);
    CHECK_TEXT(mb_error(runtime), "mb_register_kernels: -1 definitions");
    CHECK_INT(mb_runtime_string(runtime, "assert(mb.full(7, 2):count_even() == 7)", "=one"), 0);
    mb_runtime_close(runtime);
}

// Ranks that register something else, or nothing, or what is wrong on one of them alone.
static void divergent(mb_context *unused)
{
    (void)unused;
    const int parts = nranks() > 1, last = rank() == nranks() - 1;
    offset one = {.by = 1};
    mb_runtime *runtime = open_runtime(NULL);
    const char *name = last && parts ? "other" : "moved";
    CHECK_INT(mb_register_kernel(runtime, name, "double(double)", move, &one), parts);
    const char *signature = last && parts ? "double(int64)" : "double(double)";
    CHECK_INT(mb_register_kernel(runtime, "moved2", signature, move, &one), parts);
    mb_kernel_apply *function = last ? NULL : move;
    CHECK_INT(mb_register_kernel(runtime, "moved3", "double(double)", function, &one), 1);
    int status = parts && last
                     ? mb_runtime_string(runtime, "mb.column{1, 2}", "=other")
                     : mb_register_kernel(runtime, "moved4", "double(double)", move, &one);
    CHECK_INT(status, parts);
    mb_kernel_definition wider = even;
    wider.state_size += last && parts ? 8 : 0;
    CHECK_INT(mb_register_kernels(runtime, &wider, 1), parts);
    if (parts) CHECK_TEXT(mb_error(runtime), "ranks have registered different kernels");
    CHECK_INT(mb_register_kernel(runtime, "moved5", "double(double)", move, &one), 0);
    CHECK_INT(mb_runtime_string(runtime, "assert(mb.full(9, 1):moved5():sum() == 18)", "=good"), 0);
    mb_runtime_close(runtime);
}

const check_test check_tests[] = {
    {"kernels: those of a host", registered},
    {"kernels: wrong definitions", wrong},
    {"kernels: ranks that differ", divergent},
    {0},
};
