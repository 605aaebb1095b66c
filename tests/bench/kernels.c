// Kernels that do what built-in functions do, for kernels.lua.
#include <math.h>

#include "moonbear_kernel.h"

enum { LANES = 32 };

static int muladd(mb_kernel_block *block, void *unused)
{
    const double *restrict a = block->in[0], *restrict b = block->in[1], *restrict c = block->in[2];
    double *restrict out = block->out;
    const int64_t n = block->n;
    (void)unused;
    for (int64_t i = 0; i < n; i++)
        out[i] = a[i] * b[i] + c[i];
    return 0;
}

static int root(mb_kernel_block *block, void *unused)
{
    const double *restrict a = block->in[0];
    double *restrict out = block->out;
    const int64_t n = block->n;
    (void)unused;
    for (int64_t i = 0; i < n; i++)
        out[i] = sqrt(a[i]);
    return 0;
}

static int successor(mb_kernel_block *block, void *unused)
{
    const int64_t *restrict a = block->in[0];
    int64_t *restrict out = block->out;
    const int64_t n = block->n;
    (void)unused;
    for (int64_t i = 0; i < n; i++)
        out[i] = (int64_t)((uint64_t)a[i] + 1);
    return 0;
}

static void begin(void *state, void *unused)
{
    (void)unused;
    *(double *)state = 0;
}

static int add(void *state, mb_kernel_block *block, void *unused)
{
    const double *restrict a = block->in[0];
    double lanes[LANES] = {0}, sum = 0;
    const int64_t n = block->n;
    int64_t i = 0;
    (void)unused;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < LANES; j++)
            lanes[j] += a[i + j];
    for (; i < n; i++)
        lanes[0] += a[i];
    for (int j = 0; j < LANES; j++)
        sum += lanes[j];
    *(double *)state += sum;
    return 0;
}

static void join(void *state, const void *next, void *unused)
{
    (void)unused;
    *(double *)state += *(const double *)next;
}

static int end(const void *state, mb_kernel_block *result, void *unused)
{
    (void)unused;
    *(double *)result->out = *(const double *)state;
    return 0;
}

int moonbear_kernels(mb_kernel_registry *registry)
{
    const mb_kernel_definition kernels[] = {
        {.name = "muladd", .signature = "double(double, double, double)", .apply = muladd},
        {.name = "square_root", .signature = "double(double)", .apply = root},
        {.name = "successor", .signature = "int64(int64)", .apply = successor},
        {.name = "plain_sum",
         .signature = "double(double)",
         .state_size = sizeof(double),
         .init = begin,
         .fold = add,
         .merge = join,
         .finish = end},
    };
    int wrong = 0;
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels && !wrong; i++)
        wrong = registry->add(registry, &kernels[i]);
    return wrong;
}
