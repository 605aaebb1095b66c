#include "ops/reduce/moments.h"

#include <math.h>

MB_ISA_CHOICE(mb_moment_kernels, mb_moment_kernels, mb_moment_kernels_of);

// How far the mean of a series lies from its origin.
static double mean_deviation(const mb_moments *moments, int series)
{
    return moments->deviation[series] / (double)moments->count;
}

mb_moments mb_moments_join(const mb_moments *a, const mb_moments *b)
{
    if (a->count == 0) return *b;
    if (b->count == 0) return *a;
    mb_moments all = {.count = a->count + b->count};
    double na = (double)a->count, nb = (double)b->count, n = na + nb, share = na * nb / n;
    double apart[2]; // the means of b from those of a
    for (int s = 0; s < 2; s++) {
        double origins = b->origin[s] - a->origin[s];
        apart[s] = origins + (mean_deviation(b, s) - mean_deviation(a, s));
        all.sum[s] = a->sum[s] + b->sum[s];
        all.origin[s] = a->origin[s];
        all.deviation[s] = a->deviation[s] + (b->deviation[s] + nb * origins);
        all.square[s] = a->square[s] + b->square[s] + apart[s] * apart[s] * share;
    }
    double x = apart[0];
    all.product = a->product * b->product;
    all.cube = a->cube + b->cube + x * x * x * share * ((na - nb) / n) +
               3 * x * ((na / n) * b->square[0] - (nb / n) * a->square[0]);
    all.cross = a->cross + b->cross + x * apart[1] * share;
    all.dot = a->dot + b->dot;
    return all;
}

void mb_moments_correct(mb_moments *moments)
{
    if (moments->count == 0) return;
    double n = (double)moments->count, x = mean_deviation(moments, 0);
    moments->cube += x * (2 * n * x * x - 3 * moments->square[0]);
    moments->cross -= n * x * mean_deviation(moments, 1);
    for (int s = 0; s < 2; s++) {
        double square = moments->square[s] - moments->deviation[s] * mean_deviation(moments, s);
        moments->square[s] = square < 0 ? 0 : square;
    }
}

double mb_moments_mean(const mb_moments *moments, int series)
{
    return moments->count ? moments->sum[series] / (double)moments->count : (double)NAN;
}

static double per_degree(double sum, int64_t count, double ddof)
{
    double degrees = (double)count - ddof;
    return count && degrees > 0 ? sum / degrees : (double)NAN;
}

double mb_moments_variance(const mb_moments *moments, double ddof)
{
    return per_degree(moments->square[0], moments->count, ddof);
}

double mb_moments_covariance(const mb_moments *moments, double ddof)
{
    return per_degree(moments->cross, moments->count, ddof);
}

double mb_moments_skewness(const mb_moments *moments)
{
    double variance = mb_moments_variance(moments, 0);
    return per_degree(moments->cube, moments->count, 0) / (variance * sqrt(variance));
}

double mb_moments_correlation(const mb_moments *moments)
{
    if (isinf(moments->square[0]) || isinf(moments->square[1])) return (double)NAN; // not 0
    double r = moments->cross / (sqrt(moments->square[0]) * sqrt(moments->square[1]));
    if (r > 1) return 1;
    return r < -1 ? -1 : r;
}

mb_float_bounds mb_bounds_of(const mb_moment_kernels *kernels, const double *values, int64_t n)
{
    double lanes[MB_SUM_LANES] = {0};
    mb_float_bounds bounds;
    kernels->sum_and_bounds(lanes, 0, values, n, &bounds);
    return bounds;
}
