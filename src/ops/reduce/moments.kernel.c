#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "ops/reduce/moments.h"

enum { LANES = MB_SUM_LANES };

// Asks for what a loop will read soon: left to itself the processor stops at the end of each page,
// and while a block's last sums are put together.
static inline void prefetch(const double *x)
{
    enum { AHEAD = 128, LINE = 8 };
    for (int j = 0; j < LANES; j += LINE)
        __builtin_prefetch(x + AHEAD + j);
}

// Adds a row to its lane; a kernel may have a second set of lanes behind the first.
typedef void step(double *lane, mb_series rows, int64_t i);

static inline __attribute__((always_inline)) void run(double *lanes, int64_t at, mb_series rows,
                                                      int64_t n, step *add, int sets)
{
    double s[2 * LANES];
    size_t size = (size_t)(sets * LANES) * sizeof *s;
    int64_t i = 0;
    memcpy(s, lanes, size);
    for (; (at + i) % LANES && i < n; i++)
        add(&s[(at + i) % LANES], rows, i);
    for (; i + LANES <= n; i += LANES) {
        prefetch(rows.x + i);
        for (int j = 0; j < LANES; j++)
            add(&s[j], rows, i + j);
    }
    for (int j = 0; i < n; i++, j++)
        add(&s[j], rows, i);
    memcpy(lanes, s, size);
}

static inline void add_value(double *lane, mb_series rows, int64_t i)
{
    *lane += rows.x[i];
}

static inline void multiply_value(double *lane, mb_series rows, int64_t i)
{
    *lane *= rows.x[i];
}

static inline void add_square(double *lane, mb_series rows, int64_t i)
{
    double x = rows.x[i] - rows.origin_x;
    lane[0] += x * x;
    lane[LANES] += x;
}

static inline void add_cube(double *lane, mb_series rows, int64_t i)
{
    double x = rows.x[i] - rows.origin_x;
    *lane += x * x * x;
}

static inline void add_cross(double *lane, mb_series rows, int64_t i)
{
    *lane += (rows.x[i] - rows.origin_x) * (rows.y[i] - rows.origin_y);
}

#define TERMS(name, step, sets)                                                                    \
    static void name(double *lanes, int64_t at, mb_series rows, int64_t n)                         \
    {                                                                                              \
        run(lanes, at, rows, n, step, sets);                                                       \
    }

TERMS(sum, add_value, 1)
TERMS(product, multiply_value, 1)
TERMS(squares, add_square, 2)
TERMS(cubes, add_cube, 1)
TERMS(crosses, add_cross, 1)

// Whether some sign bit is set, or some is not.
static bool any_sign(const double *values, int64_t n, bool set)
{
    uint64_t flip = set ? 0 : UINT64_MAX, any = 0;
    for (int64_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        any |= bits ^ flip;
    }
    return any >> 63;
}

// Comparisons take zeros of both signs for equal. Where no value is below zero, a sign bit that is
// set is that of a -0.0; where none is above, one that is not set that of a 0.0.
static void choose_zeros(const double *values, int64_t n, mb_float_bounds *bounds)
{
    if (bounds->low == 0) bounds->low = any_sign(values, n, true) ? -0.0 : 0.0;
    if (bounds->high == 0) bounds->high = any_sign(values, n, false) ? 0.0 : -0.0;
}

static inline double lesser(double a, double b)
{
    return a < b ? a : b;
}

static inline double greater(double a, double b)
{
    return a > b ? a : b;
}

static int64_t count_nan(const double *values, int64_t n)
{
    int64_t nans = 0;
    for (int64_t i = 0; i < n; i++)
        nans += values[i] != values[i];
    return nans;
}

// The sums of lanes tell whether there can be a NaN.
static void sum_and_bounds(double *lanes, int64_t at, const double *x, int64_t n,
                           mb_float_bounds *bounds)
{
    double s[LANES], low[LANES], high[LANES], total = 0;
    int64_t i = 0;
    memcpy(s, lanes, sizeof s);
    for (int j = 0; j < LANES; j++) {
        low[j] = INFINITY;
        high[j] = -INFINITY;
    }
    for (; (at + i) % LANES && i < n; i++) {
        s[(at + i) % LANES] += x[i];
        low[0] = lesser(x[i], low[0]);
        high[0] = greater(x[i], high[0]);
    }
    for (; i + LANES <= n; i += LANES) {
        prefetch(x + i);
        for (int j = 0; j < LANES; j++) {
            s[j] += x[i + j];
            low[j] = lesser(x[i + j], low[j]);
            high[j] = greater(x[i + j], high[j]);
        }
    }
    for (int j = 0; i < n; i++, j++) {
        s[j] += x[i];
        low[j] = lesser(x[i], low[j]);
        high[j] = greater(x[i], high[j]);
    }
    memcpy(lanes, s, sizeof s);
    *bounds = (mb_float_bounds){INFINITY, -INFINITY, 0};
    for (int j = 0; j < LANES; j++) {
        bounds->low = lesser(low[j], bounds->low);
        bounds->high = greater(high[j], bounds->high);
        total += s[j];
    }
    if (isnan(total)) bounds->nans = count_nan(x, n);
    choose_zeros(x, n, bounds);
}

const mb_moment_kernels MB_ISA_NAME(mb_moment_kernels) = {
    .sum = sum,
    .sum_and_bounds = sum_and_bounds,
    .product = product,
    .squares = squares,
    .cubes = cubes,
    .crosses = crosses,
};
