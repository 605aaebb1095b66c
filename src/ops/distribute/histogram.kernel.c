#include "ops/distribute/histogram_kernels.h"

// A guess by the bins' width, which rounding may put one bin off, mended by the edges.
static void bins_of(const double *restrict values, int64_t n, const double *restrict edges,
                    int32_t bins, double scale, int32_t *restrict out)
{
    double low = edges[0], high = edges[bins];
    for (int64_t i = 0; i < n; i++) {
        double x = values[i];
        int inside = x >= low && x <= high;
        double place = inside ? (x - low) * scale : 0;
        place = place < bins - 1 ? place : bins - 1;
        int32_t bin = (int32_t)place;
        bin -= x < edges[bin] && bin > 0;
        bin += x >= edges[bin + 1] && bin < bins - 1;
        out[i] = inside ? bin : bins;
    }
}

static void bounds_of(const double *restrict values, int64_t n, double *least, double *most)
{
    double low = *least, high = *most;
    for (int64_t i = 0; i < n; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    *least = low;
    *most = high;
}

const mb_histogram_kernels MB_ISA_NAME(mb_histogram_kernels) = {bins_of, bounds_of};
