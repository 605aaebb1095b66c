#include "ops/group/select.h"

#include <math.h>

#include "core/hash.h"
#include "ops/distribute/quantile.h"

enum {
    FEW = 24,      // values that are sorted by insertion
    SAMPLES = 15,  // values that a pivot is chosen of
    SPARSE = 2048, // fewer values have a smaller sample
};

static void sort_few(double *values, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        double value = values[i];
        int64_t at = i;
        for (; at > 0 && values[at - 1] > value; at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
}

// A value that has about k of n values below it.
static double choose_pivot(const double *values, int64_t n, int64_t k, uint64_t *random)
{
    double sample[SAMPLES];
    const int m = n < SPARSE ? SAMPLES / 3 : SAMPLES;
    for (int i = 0; i < m; i++) {
        *random = mb_mix(*random + UINT64_C(0x9e3779b97f4a7c15));
        sample[i] = values[(uint64_t)(((mb_uint128)*random * (uint64_t)n) >> 64)];
    }
    sort_few(sample, m);
    return sample[k * m / n];
}

// Moves the values below the pivot, or those up to it, to the front; returns how many there are.
// Without branches on values, which would be mispredicted.
#define PARTITION(name, compare)                                                                   \
    static int64_t name(double *values, int64_t n, double pivot)                                   \
    {                                                                                              \
        int64_t front = 0;                                                                         \
        for (int64_t i = 0; i < n; i++) {                                                          \
            double value = values[i];                                                              \
            values[i] = values[front];                                                             \
            values[front] = value;                                                                 \
            front += value compare pivot;                                                          \
        }                                                                                          \
        return front;                                                                              \
    }

PARTITION(move_below, <)
PARTITION(move_upto, <=)

void mb_select(double *values, int64_t n, int64_t k)
{
    uint64_t random = (uint64_t)n;
    while (n > FEW) {
        double pivot = choose_pivot(values, n, k, &random);
        int64_t front = move_below(values, n, pivot);
        if (k < front) {
            n = front;
            continue;
        }
        if (front == 0) { // the pivot is the least value
            front = move_upto(values, n, pivot);
            if (k < front) return;
        }
        values += front;
        n -= front;
        k -= front;
    }
    sort_few(values, n);
}

double mb_select_quantile(double *values, int64_t n, double q)
{
    if (n == 0) return (double)NAN;
    double place = q * (double)(n - 1), part = place - floor(place);
    int64_t k = (int64_t)place;
    mb_select(values, n, k);
    double low = values[k], high = low;
    if (part == 0) return low;
    high = values[k + 1];
    for (int64_t i = k + 2; i < n; i++)
        high = values[i] < high ? values[i] : high;
    return mb_quantile_between(low, high, part);
}
