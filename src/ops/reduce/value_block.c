#include "ops/reduce/value_block.h"

#include <stdbool.h>
#include <string.h>

enum { LANES = MB_SUM_LANES, SERIES = MB_MOST_SERIES };

// The lanes of rows that are not there hold -0.0, which changes no sum.
static void clear(double *lanes, double identity)
{
    for (int j = 0; j < LANES; j++)
        lanes[j] = identity;
}

static double add_lanes(double *lanes)
{
    for (int width = LANES / 2; width > 0; width /= 2)
        for (int j = 0; j < width; j++)
            lanes[j] += lanes[j + width];
    return lanes[0];
}

static double multiply_lanes(double *lanes)
{
    for (int width = LANES / 2; width > 0; width /= 2)
        for (int j = 0; j < width; j++)
            lanes[j] *= lanes[j + width];
    return lanes[0];
}

void mb_value_block_begin(mb_value_block *block)
{
    block->count = 0;
    for (int s = 0; s < block->nseries && block->wanted & MB_SUMS; s++)
        clear(block->sum[s], -0.0);
    if (block->wanted & MB_PRODUCTS) clear(block->product, 1);
    if (block->wanted & MB_DOTS) clear(block->dot, -0.0);
}

// Adds terms of values to the lanes.
static void add_terms(mb_value_block *block, const mb_value_rows *part, mb_float_bounds *bounds)
{
    const mb_moment_kernels *kernels = block->kernels;
    mb_series rows = {.x = part->values[0], .y = part->values[1]};
    bool sum = block->wanted & MB_SUMS;
    if (bounds && sum)
        kernels->sum_and_bounds(block->sum[0], block->count, rows.x, part->n, bounds);
    else if (bounds)
        *bounds = mb_bounds_of(kernels, rows.x, part->n);
    for (int s = bounds ? 1 : 0; s < SERIES && part->values[s] && sum; s++)
        kernels->sum(block->sum[s], block->count, (mb_series){.x = part->values[s]}, part->n);
    if (block->wanted & MB_PRODUCTS) kernels->product(block->product, block->count, rows, part->n);
    if (block->wanted & MB_DOTS) kernels->crosses(block->dot, block->count, rows, part->n);
}

void mb_value_block_add(mb_value_block *block, const mb_value_rows *part, mb_float_bounds *bounds)
{
    add_terms(block, part, bounds);
    for (int s = 0; s < SERIES && part->values[s] && block->wanted & MB_SQUARES; s++)
        memcpy(block->kept[s] + block->count, part->values[s], (size_t)part->n * sizeof(double));
    block->count += part->n;
}

// Sums of terms in series a and b about their origins, in one or two sets of lanes: of the values
// kept, then of the last ones.
static void sum_deviations(const mb_value_block *block, const mb_value_rows *last,
                           mb_add_terms *add, int a, int b, const mb_moments *moments,
                           double lanes[2][LANES])
{
    double x = moments->origin[a], y = moments->origin[b];
    clear(lanes[0], -0.0);
    clear(lanes[1], -0.0);
    add(lanes[0], 0, (mb_series){block->kept[a], block->kept[b], x, y}, block->count);
    add(lanes[0], block->count, (mb_series){last->values[a], last->values[b], x, y}, last->n);
}

// Moments about the means, of all values of the block.
static void add_moments(const mb_value_block *block, const mb_value_rows *last, mb_moments *moments)
{
    double lanes[2][LANES];
    const mb_moment_kernels *kernels = block->kernels;
    for (int s = 0; s < SERIES && last->values[s]; s++) {
        moments->origin[s] = mb_moments_mean(moments, s);
        sum_deviations(block, last, kernels->squares, s, s, moments, lanes);
        moments->square[s] = add_lanes(lanes[0]);
        moments->deviation[s] = add_lanes(lanes[1]);
    }
    if (block->wanted & MB_CUBES) {
        sum_deviations(block, last, kernels->cubes, 0, 0, moments, lanes);
        moments->cube = add_lanes(lanes[0]);
    }
    if (block->wanted & MB_CROSSES) {
        sum_deviations(block, last, kernels->crosses, 0, 1, moments, lanes);
        moments->cross = add_lanes(lanes[0]);
    }
    mb_moments_correct(moments);
}

mb_moments mb_value_block_end(mb_value_block *block, const mb_value_rows *last,
                              mb_float_bounds *bounds)
{
    add_terms(block, last, bounds);
    mb_moments moments = {.count = block->count + last->n};
    for (int s = 0; s < SERIES && last->values[s] && block->wanted & MB_SUMS; s++)
        moments.sum[s] = add_lanes(block->sum[s]);
    if (block->wanted & MB_PRODUCTS) moments.product = multiply_lanes(block->product);
    if (block->wanted & MB_DOTS) moments.dot = add_lanes(block->dot);
    if (block->wanted & MB_SQUARES) add_moments(block, last, &moments);
    return moments;
}
