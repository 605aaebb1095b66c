// Kernels of the tests, good ones and bad ones. SHAPE_... says which shared object it becomes.
#include <math.h>
#include <mpi.h>
#include <string.h>
#include <unistd.h>

#include "moonbear_kernel.h"

#define ROWS(block) for (int64_t i = 0; i < (block)->n; i++)

static int muladd(mb_kernel_block *block, void *unused)
{
    const double *restrict a = block->in[0], *restrict b = block->in[1], *restrict c = block->in[2];
    double *restrict out = block->out;
    (void)unused;
    ROWS(block) out[i] = a[i] * b[i] + c[i];
    return 0;
}

static int successor(mb_kernel_block *block, void *unused)
{
    const int64_t *a = block->in[0];
    int64_t *out = block->out;
    (void)unused;
    ROWS(block) out[i] = (int64_t)((uint64_t)a[i] + 1);
    return 0;
}

// Of all types: a + b + c where d is true, else -1.
static int mixed(mb_kernel_block *block, void *unused)
{
    const double *a = block->in[0];
    const int64_t *b = block->in[1];
    const uint64_t *c = block->in[2];
    const uint8_t *d = block->in[3];
    double *out = block->out;
    (void)unused;
    ROWS(block) out[i] = d[i] ? a[i] + (double)b[i] + (double)c[i] : -1;
    return 0;
}

static int top_bit(mb_kernel_block *block, void *unused)
{
    const uint64_t *a = block->in[0];
    uint8_t *out = block->out;
    (void)unused;
    ROWS(block) out[i] = a[i] >> 63 ? 0xee : 0; // any byte but 0 is true
    return 0;
}

static int row_number(mb_kernel_block *block, void *unused)
{
    int64_t *out = block->out;
    (void)unused;
    ROWS(block) out[i] = block->row + i;
    return 0;
}

// Looks at missing rows itself.
static int or_zero(mb_kernel_block *block, void *unused)
{
    const int64_t *a = block->in[0];
    int64_t *out = block->out;
    (void)unused;
    ROWS(block) out[i] = mb_kernel_valid(block->in_valid[0], i) ? a[i] : 0;
    return 0;
}

// Makes rows missing.
static int root(mb_kernel_block *block, void *unused)
{
    const double *a = block->in[0];
    double *out = block->out;
    (void)unused;
    ROWS(block)
    {
        out[i] = a[i] < 0 ? 0 : sqrt(a[i]);
        if (a[i] < 0) mb_kernel_clear(block, i);
    }
    return 0;
}

// Fails for negative rows that are not missing.
static int careful(mb_kernel_block *block, void *unused)
{
    const double *a = block->in[0];
    double *out = block->out;
    (void)unused;
    ROWS(block)
    {
        if (a[i] < 0 && mb_kernel_valid(block->valid, i))
            return mb_kernel_fail(block, i, "a value is below 0");
        out[i] = a[i];
    }
    return 0;
}

static int mute(mb_kernel_block *block, void *unused)
{
    (void)block;
    (void)unused;
    return 42;
}

static int overrun(mb_kernel_block *block, void *unused)
{
    double *out = block->out;
    (void)unused;
    for (int64_t i = 0; i <= block->n; i++)
        out[i] = 1;
    return 0;
}

static int underrun(mb_kernel_block *block, void *unused)
{
    double *out = block->out;
    (void)unused;
    for (int64_t i = -1; i < block->n; i++)
        out[i] = 1;
    return 0;
}

// Only in the middle of the column, where builds that are not checked do not look.
static int late_overrun(mb_kernel_block *block, void *unused)
{
    double *out = block->out;
    (void)unused;
    ROWS(block) out[i] = 1;
    if (block->row >= 256 && block->row < 512 && block->n == 256) out[block->n] = 1;
    return 0;
}

static int scribble(mb_kernel_block *block, void *unused)
{
    double *out = block->out, *in;
    memcpy(&in, &block->in[0], sizeof in);
    (void)unused;
    ROWS(block) out[i] = in[i];
    in[block->n - 1] = 7;
    return 0;
}

// --- Reductions.

typedef struct sum {
    double sum;
} sum;

static void begin_sum(void *state, void *unused)
{
    (void)unused;
    *(sum *)state = (sum){0};
}

// As rows stand: what is rounded depends on how they are cut.
static int add_rows(void *state, mb_kernel_block *block, void *unused)
{
    const double *a = block->in[0];
    (void)unused;
    ROWS(block)
    {
        if (a[i] == -12345) return mb_kernel_fail(block, i, "it is -12345");
        ((sum *)state)->sum += a[i];
    }
    return 0;
}

static void add_sum(void *state, const void *next, void *unused)
{
    (void)unused;
    ((sum *)state)->sum += ((const sum *)next)->sum;
}

static int end_sum(const void *state, mb_kernel_block *result, void *unused)
{
    (void)unused;
    memcpy(result->out, state, sizeof(double));
    return 0;
}

// A polynomial hash, of rows in their order: hash * P^n + next.
#define P UINT64_C(0x9e3779b97f4a7c15)

typedef struct ordered {
    uint64_t hash, power;
} ordered;

static void begin_ordered(void *state, void *unused)
{
    (void)unused;
    *(ordered *)state = (ordered){0, 1};
}

static int add_ordered(void *state, mb_kernel_block *block, void *unused)
{
    const int64_t *a = block->in[0];
    const uint8_t *b = block->in[1];
    ordered *of = state;
    (void)unused;
    ROWS(block)
    {
        of->hash = of->hash * P + (uint64_t)a[i] * 2 + b[i];
        of->power *= P;
    }
    return 0;
}

static void join_ordered(void *state, const void *next, void *unused)
{
    ordered *of = state;
    const ordered *more = next;
    (void)unused;
    of->hash = of->hash * more->power + more->hash;
    of->power *= more->power;
}

static int end_ordered(const void *state, mb_kernel_block *result, void *unused)
{
    (void)unused;
    memcpy(result->out, state, sizeof(uint64_t));
    return 0;
}

// The mean of a by the weights b; none without weights.
typedef struct mean {
    double sum, weights;
} mean;

static void begin_mean(void *state, void *unused)
{
    (void)unused;
    *(mean *)state = (mean){0, 0};
}

static int add_weighted(void *state, mb_kernel_block *block, void *unused)
{
    const double *a = block->in[0], *b = block->in[1];
    mean *of = state;
    (void)unused;
    ROWS(block)
    {
        of->sum += a[i] * b[i];
        of->weights += b[i];
    }
    return 0;
}

static void add_mean(void *state, const void *next, void *unused)
{
    const mean *more = next;
    (void)unused;
    ((mean *)state)->sum += more->sum;
    ((mean *)state)->weights += more->weights;
}

static int end_mean(const void *state, mb_kernel_block *result, void *unused)
{
    const mean *of = state;
    (void)unused;
    if (of->weights == 0)
        mb_kernel_clear(result, 0);
    else
        *(double *)result->out = of->sum / of->weights;
    return 0;
}

// Depends on the process.
static int end_process(const void *state, mb_kernel_block *result, void *unused)
{
    (void)state;
    (void)unused;
    *(double *)result->out = (double)getpid();
    return 0;
}

static int end_badly(const void *state, mb_kernel_block *result, void *unused)
{
    (void)state;
    (void)unused;
    return mb_kernel_fail(result, 0, "there is no end");
}

// What write where they may not: behind the state, before it, behind the result, to the input.
static int add_behind(void *state, mb_kernel_block *block, void *unused)
{
    ((sum *)state)[1].sum = 1;
    return add_rows(state, block, unused);
}

static void add_before(void *state, const void *next, void *unused)
{
    ((sum *)state)[-1].sum = 1;
    add_sum(state, next, unused);
}

static int end_behind(const void *state, mb_kernel_block *result, void *unused)
{
    ((double *)result->out)[1] = 1;
    return end_sum(state, result, unused);
}

static int add_to_input(void *state, mb_kernel_block *block, void *unused)
{
    double *in;
    memcpy(&in, &block->in[0], sizeof in);
    in[block->n - 1] = 7;
    return add_rows(state, block, unused);
}

#define APPLY(text, takes, function)                                                               \
    {                                                                                              \
        .name = text, .signature = takes, .apply = function                                        \
    }
#define REDUCE(text, takes, type, begin, add, join, end)                                           \
    {                                                                                              \
        .name = text, .signature = takes, .state_size = sizeof(type), .init = begin, .fold = add,  \
        .merge = join, .finish = end                                                               \
    }

static const mb_kernel_definition good[] = {
    {.name = "muladd",
     .signature = "double(double, double, double)",
     .help = "The sum of the product of the first two and the third.",
     .apply = muladd},
    APPLY("successor", " int64 ( int64 ) ", successor),
    APPLY("mixed", "double(double,int64,uint64,bool)", mixed),
    APPLY("top_bit", "bool(uint64)", top_bit),
    APPLY("row_number", "int64(int64?)", row_number),
    APPLY("or_zero", "int64(int64?)", or_zero),
    APPLY("square_root", "double?(double)", root),
    APPLY("careful", "double(double)", careful),
    APPLY("mute", "double(double)", mute),
    APPLY("overrun", "double(double)", overrun),
    APPLY("underrun", "double(double)", underrun),
    APPLY("late_overrun", "double(double)", late_overrun),
    APPLY("scribble", "double(double)", scribble),
    REDUCE("plain_sum", "double(double)", sum, begin_sum, add_rows, add_sum, end_sum),
    REDUCE("ordered", "uint64(int64, bool)", ordered, begin_ordered, add_ordered, join_ordered,
           end_ordered),
    REDUCE("weighted", "double?(double, double)", mean, begin_mean, add_weighted, add_mean,
           end_mean),
    REDUCE("of_process", "double(double)", sum, begin_sum, add_rows, add_sum, end_process),
    REDUCE("endless", "double(double)", sum, begin_sum, add_rows, add_sum, end_badly),
    REDUCE("fold_overrun", "double(double)", sum, begin_sum, add_behind, add_sum, end_sum),
    REDUCE("merge_underrun", "double(double)", sum, begin_sum, add_rows, add_before, end_sum),
    REDUCE("finish_overrun", "double(double)", sum, begin_sum, add_rows, add_sum, end_behind),
    REDUCE("fold_scribble", "double(double)", sum, begin_sum, add_to_input, add_sum, end_sum),
};

static const mb_kernel_definition clash[] = {APPLY("fine_kernel", "double(double)", mute),
                                             APPLY("cumsum", "double(double)", mute)};
static const mb_kernel_definition wrong[] = {APPLY("fine_kernel", "double(double)", mute),
                                             APPLY("bad_kernel", "float(double)", mute)};

static int rank(void)
{
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    return rank;
}

static int add_all(mb_kernel_registry *registry, const mb_kernel_definition *list, size_t n)
{
    int status = 0;
    for (size_t i = 0; i < n && !status; i++)
        status = registry->add(registry, &list[i]);
    return status;
}

#define ADD(list, n) add_all(registry, list, n)
#define COUNT(list)  (sizeof(list) / sizeof *(list))

#ifndef SHAPE_bare
int moonbear_kernels(mb_kernel_registry *registry)
{
    if (registry->version < MB_KERNEL_VERSION) return 2;
#if defined SHAPE_empty
    return ADD(good, 0);
#elif defined SHAPE_divergent
    return ADD(clash, rank() % 2 ? 1 : 0);
#elif defined SHAPE_failing
    return rank() == 1 ? 7 : 0;
#elif defined SHAPE_clash
    return ADD(clash, COUNT(clash));
#elif defined SHAPE_wrong
    (void)ADD(wrong, COUNT(wrong));
    return 0;
#else
    return ADD(good, COUNT(good));
#endif
}
#endif

// Not all shapes use all of them.
const void *const mb_test_kernels[] = {good, clash, wrong, (const void *)(uintptr_t)rank,
                                       (const void *)(uintptr_t)add_all};
