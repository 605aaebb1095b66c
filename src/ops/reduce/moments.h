// What rows sum to: counts, sums, and sums of powers about the mean, of one or two series of
// doubles; how to put two such sets together, and the statistics that follow.
#pragma once

#include <stdint.h>

#include "core/isa.h"

// Of the rows x, and y beside them where there are two series. The mean is not the sum by the
// count, which is rounded, but `origin`, near it, and the mean of the deviations from there.
typedef struct mb_moments {
    int64_t count;
    double product;                 // of x
    double sum[2];                  // of x and y
    double origin[2], deviation[2]; // the sum of x less its origin, and of y
    double square[2];               // sums of squares about the mean
    double cube;                    // of x: the sum of cubes about the mean
    double cross, dot;              // sums of products of x and y, about the means, and as they are
} mb_moments;

// The moments of two sets of rows together, the rows of `a` before those of `b`. Sums are added;
// moments about the mean follow Chan, Golub and LeVeque (Updating Formulae and a Pairwise Algorithm
// for Computing Sample Variances, 1979) and Pebay (Formulas for Robust, One-Pass Parallel
// Computation of Covariances and Arbitrary-Order Statistical Moments, 2008).
mb_moments mb_moments_join(const mb_moments *a, const mb_moments *b);

// Moves square, cube and cross, which are about the origins, to the means (Chan, Golub and
// LeVeque's corrected two-pass algorithm): a mean that is rounded costs no precision then, and
// equal values have no variance.
void mb_moments_correct(mb_moments *moments);

// Statistics of the rows: NaN where there are none, and where count - ddof is not above 0.
double mb_moments_mean(const mb_moments *moments, int series);
double mb_moments_variance(const mb_moments *moments, double ddof);
double mb_moments_covariance(const mb_moments *moments, double ddof);

// The third moment about the mean by the 3/2th power of the variance, both with ddof 0; the
// covariance by the standard deviations. NaN where those are 0, or a sum of squares overflows.
double mb_moments_skewness(const mb_moments *moments);
double mb_moments_correlation(const mb_moments *moments);

// Rows of two series and where they are seen from; y may be NULL for what needs one series only.
typedef struct mb_series {
    const double *x, *y;
    double origin_x, origin_y;
} mb_series;

enum { MB_SUM_LANES = 32 };

// Each adds n terms to 32 lanes (multiply: is a factor), term i to lane (at + i) % 32: the order of
// additions is this text's, not that of a vector's length. Rows may come in several parts.
typedef void mb_add_terms(double *lanes, int64_t at, mb_series rows, int64_t n);

// The bounds of values: -0.0 below 0.0; NaN counted apart. Infinite and the wrong way round for
// none.
typedef struct mb_float_bounds {
    double low, high;
    int64_t nans;
} mb_float_bounds;

typedef struct mb_moment_kernels {
    mb_add_terms *sum, *product; // of x
    mb_add_terms *squares;       // of x - origin, and 32 more lanes for the sum of x - origin
    mb_add_terms *cubes;         // of x - origin
    mb_add_terms *crosses;       // of (x - origin_x) * (y - origin_y)
    // The sum of n values as above, and their bounds in the same loop.
    void (*sum_and_bounds)(double *lanes, int64_t at, const double *x, int64_t n,
                           mb_float_bounds *bounds);
} mb_moment_kernels;

extern const mb_moment_kernels mb_moment_kernels_base, mb_moment_kernels_avx2,
    mb_moment_kernels_avx512;

const mb_moment_kernels *mb_moment_kernels_of(mb_isa isa);

// The bounds of n values.
mb_float_bounds mb_bounds_of(const mb_moment_kernels *kernels, const double *values, int64_t n);
