#include "ops/moments.h"

#include <math.h>

MB_ISA_CHOICE(mb_moment_kernels, mb_moment_kernels, mb_moment_kernels_of);

mb_moments mb_moments_join(const mb_moments *a, const mb_moments *b)
{
    if (a->count == 0) return *b;
    if (b->count == 0) return *a;
    double na = (double)a->count, nb = (double)b->count, n = na + nb, share = na * nb / n;
    double x = b->sum[0] / nb - a->sum[0] / na, y = b->sum[1] / nb - a->sum[1] / na;
    return (mb_moments){
        .count = a->count + b->count,
        .product = a->product * b->product,
        .sum = {a->sum[0] + b->sum[0], a->sum[1] + b->sum[1]},
        .square = {a->square[0] + b->square[0] + x * x * share,
                   a->square[1] + b->square[1] + y * y * share},
        .cube = a->cube + b->cube + x * x * x * share * ((na - nb) / n) +
                3 * x * ((na / n) * b->square[0] - (nb / n) * a->square[0]),
        .cross = a->cross + b->cross + x * y * share,
        .dot = a->dot + b->dot,
    };
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
