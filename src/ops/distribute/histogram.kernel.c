#include "ops/distribute/histogram_kernels.h"

// A guess by the bins' width, which rounding may put one bin off, mended by the edges.
static void bins_of(const double *restrict values, int64_t n, const double *restrict edges,
                    int32_t bins, double scale, uint32_t *restrict out)
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
        out[i] = (uint32_t)(inside ? bin : bins);
    }
}

static void search_bins(const double *restrict values, int64_t n, const double *restrict edges,
                        int32_t bins, uint32_t *restrict out)
{
    for (int64_t i = 0; i < n; i++) {
        double x = values[i];
        int32_t low = 0, high = bins; // edges[low] <= x < edges[high], or x is the last edge
        while (high - low > 1) {
            int32_t middle = low + (high - low) / 2;
            low = edges[middle] <= x ? middle : low;
            high = edges[middle] <= x ? high : middle;
        }
        out[i] = (uint32_t)(x >= edges[0] && x <= edges[bins] ? low : bins);
    }
}

static void bins_of_words(const uint64_t *restrict values, int64_t n, const mb_word_bins *by,
                          uint32_t *restrict out)
{
    const uint64_t *restrict starts = by->starts;
    double last = (double)by->reached - 1;
    for (int64_t i = 0; i < n; i++) {
        uint64_t x = (values[i] ^ by->flip) - by->first;
        double place = (double)x * by->scale + by->nudge;
        uint32_t bin = (uint32_t)(place < last ? place : last);
        if (x > by->span) {
            out[i] = by->bins;
            continue;
        }
        while (x < starts[bin])
            bin--;
        while (bin + 1 < by->reached && x >= starts[bin + 1])
            bin++;
        out[i] = bin;
    }
}

static void bounds_of_words(const uint64_t *restrict values, int64_t n, uint64_t flip,
                            uint64_t *least, uint64_t *most)
{
    uint64_t low = *least, high = *most;
    for (int64_t i = 0; i < n; i++) {
        uint64_t word = values[i] ^ flip;
        low = word < low ? word : low;
        high = word > high ? word : high;
    }
    *least = low;
    *most = high;
}

#define BINS_OF_OFFSETS(name, type)                                                                \
    static void name(const void *values, int64_t n, const mb_offset_bins *by,                      \
                     uint32_t *restrict out)                                                       \
    {                                                                                              \
        const type *restrict offsets = values;                                                     \
        const mb_offset_bins bins = *by;                                                           \
        const uint32_t *restrict starts = bins.starts;                                             \
        for (int64_t i = 0; i < n; i++) {                                                          \
            uint32_t x = offsets[i] - bins.first, bin = mb_guess_bin(&bins, x);                    \
            out[i] = x <= bins.span ? bin : bins.bins;                                             \
        }                                                                                          \
        for (int64_t i = 0; !bins.exact && i < n; i++)                                             \
            out[i] -= offsets[i] - bins.first < starts[out[i]];                                    \
    }

BINS_OF_OFFSETS(bins_of_offsets_1, uint8_t)
BINS_OF_OFFSETS(bins_of_offsets_2, uint16_t)
BINS_OF_OFFSETS(bins_of_offsets_4, uint32_t)

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

const mb_histogram_kernels MB_ISA_NAME(mb_histogram_kernels) = {
    bins_of,       search_bins,
    bins_of_words, {bins_of_offsets_1, bins_of_offsets_2, bins_of_offsets_4},
    bounds_of,     bounds_of_words,
};
