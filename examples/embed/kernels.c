// Kernels for scripts, as a shared object: distances on the globe, and the entropy of counts.
//
//     cc -std=c11 -O3 -fPIC -shared -Isrc examples/embed/kernels.c -lm -o kernels.so
//     moonbear examples/embed/kernels.lua kernels.so
#include <math.h>

#include "moonbear_kernel.h"

static const double radius = 6371.0088; // the mean one of the earth, in kilometres
static const double radian = 3.14159265358979323846 / 180;

// The distance between two points, given in degrees (R. W. Sinnott: Virtues of the Haversine,
// 1984).
static int haversine(mb_kernel_block *block, void *unused)
{
    const double *lat = block->in[0], *lon = block->in[1];
    const double *to_lat = block->in[2], *to_lon = block->in[3];
    double *out = block->out;
    (void)unused;
    for (int64_t i = 0; i < block->n; i++) {
        double north = sin((to_lat[i] - lat[i]) * radian / 2);
        double east = sin((to_lon[i] - lon[i]) * radian / 2);
        double h = north * north + cos(lat[i] * radian) * cos(to_lat[i] * radian) * east * east;
        out[i] = 2 * radius * asin(sqrt(h < 1 ? h : 1));
    }
    return 0;
}

// The entropy in bits of a distribution that is given by counts: the sum n of them, and that of
// n log2(n), are all that it needs.
typedef struct entropy {
    double n, sum;
} entropy;

static void begin_entropy(void *state, void *unused)
{
    (void)unused;
    *(entropy *)state = (entropy){0, 0};
}

static int add_counts(void *state, mb_kernel_block *block, void *unused)
{
    entropy *of = state;
    const double *counts = block->in[0];
    (void)unused;
    for (int64_t i = 0; i < block->n; i++) {
        if (!(counts[i] >= 0)) return mb_kernel_fail(block, i, "a count is below 0");
        of->n += counts[i];
        if (counts[i] > 0) of->sum += counts[i] * log2(counts[i]);
    }
    return 0;
}

static void add_entropy(void *state, const void *next, void *unused)
{
    entropy *of = state;
    const entropy *more = next;
    (void)unused;
    of->n += more->n;
    of->sum += more->sum;
}

// Of nothing there is none.
static int end_entropy(const void *state, mb_kernel_block *result, void *unused)
{
    const entropy *of = state;
    double *out = result->out;
    (void)unused;
    if (of->n > 0)
        *out = log2(of->n) - of->sum / of->n;
    else
        mb_kernel_clear(result, 0);
    return 0;
}

int moonbear_kernels(mb_kernel_registry *registry)
{
    int wrong = registry->add(
        registry, &(mb_kernel_definition){
                      .name = "haversine",
                      .signature = "double(double, double, double, double)",
                      .help = "Kilometres between the points latitude, longitude and latitude, "
                              "longitude, in degrees.",
                      .apply = haversine});
    return wrong ? wrong
                 : registry->add(registry,
                                 &(mb_kernel_definition){
                                     .name = "entropy",
                                     .signature = "double?(double)",
                                     .help = "The entropy, in bits, of a distribution by its "
                                             "counts; nil where these are all 0.",
                                     .state_size = sizeof(entropy),
                                     .init = begin_entropy,
                                     .fold = add_counts,
                                     .merge = add_entropy,
                                     .finish = end_entropy});
}
