// Sorting, ranking, searching and counting beside qsort and loops.
#include <math.h>
#include <stdlib.h>

#include "columns.h"
#include "ops/count/count.h"
#include "ops/distribute/quantile.h"
#include "ops/sort/sort.h"
#include "ops/sort/sorted.h"
#include "ops/sort/top.h"

enum { ROWS = 70000 };

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void draw(uint64_t seed, int64_t below, int64_t *values, int64_t *sorted)
{
    for (int64_t i = 0; i < ROWS; i++)
        sorted[i] = values[i] = check_random(&seed, below) - below / 3;
    qsort(sorted, ROWS, sizeof *sorted, compare);
}

static mb_status sort(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    return mb_sort(cx, call->in[0], call->number != 0, &call->out[0]);
}

static mb_status argsort(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    return mb_argsort(cx, call->in, (int)call->number, NULL, &call->out[0]);
}

// Narrow and wide values, few and many of them.
static void sorting(mb_context *cx)
{
    static int64_t values[ROWS], sorted[ROWS];
    static const int64_t below[] = {1, 3, 200, 60000, 1 << 30, INT64_C(1) << 62};
    for (size_t k = 0; k < sizeof below / sizeof *below; k++) {
        draw(k, below[k], values, sorted);
        columns_call call = {.in = {columns_int(cx, values, NULL, ROWS)}};
        columns_run(cx, sort, &call);
        columns_check_int(call.out[0], sorted, NULL, ROWS);
        columns_close(&call);
    }
}

static void falling(mb_context *cx)
{
    double values[] = {1, NAN, -INFINITY, 0.5, INFINITY, -3},
           sorted[] = {INFINITY, 1, 0.5, -3, -INFINITY, NAN};
    columns_call call = {.in = {columns_float(cx, values, NULL, 6)}, .number = 1};
    columns_run(cx, sort, &call);
    columns_check_float(call.out[0], sorted, 6);
    columns_close(&call);
}

// Equal keys stay in row order.
static void positions(mb_context *cx)
{
    static int64_t first[ROWS], second[ROWS], unused[ROWS];
    draw(1, 10, first, unused);
    draw(2, 40, second, unused);
    columns_call call = {
        .in = {columns_int(cx, first, NULL, ROWS), columns_int(cx, second, NULL, ROWS)},
        .number = 2};
    columns_run(cx, argsort, &call);
    mb_value before = {0}, here = {0};
    for (int64_t i = 0; i < ROWS; i++, before = here) {
        if (!CHECK(mb_column_get(call.out[0], i, &here)) || i == 0) continue;
        int64_t a = before.i - 1, b = here.i - 1;
        if (!CHECK(first[a] < first[b] ||
                   (first[a] == first[b] &&
                    (second[a] < second[b] || (second[a] == second[b] && a < b)))))
            break;
    }
    columns_close(&call);
}

static mb_status top(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    return mb_top(cx, call->in[0], call->number, false, &call->out[0], &call->out[1]);
}

static mb_status search(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    return mb_search_sorted(cx, call->in[0], call->in[1], call->number != 0, &call->out[0]);
}

static mb_status count(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    return mb_value_counts(cx, call->in[0], &call->out[0], &call->out[1]);
}

static mb_status quantiles(mb_context *cx, void *argument)
{
    static const double q[] = {0, 0.5, 1};
    columns_call *call = argument;
    const mb_type *type;
    mb_value results[3];
    mb_status status = mb_quantiles(cx, call->in[0], q, 3, false, results, &type);
    for (int i = 0; i < 3 && !status; i++)
        ((double *)call->answer)[i] = results[i].f;
    return status;
}

static void order(mb_context *cx)
{
    static int64_t values[ROWS], sorted[ROWS];
    double at[3];
    draw(9, 1000000, values, sorted);
    columns_call call = {.in = {columns_int(cx, values, NULL, ROWS)}, .number = 20, .answer = at};
    columns_run(cx, top, &call);
    columns_check_int(call.out[0], sorted, NULL, 20);
    columns_run(cx, quantiles, &call);
    CHECK(at[0] == (double)sorted[0] && at[2] == (double)sorted[ROWS - 1]);
    CHECK(at[1] == ((double)sorted[ROWS / 2 - 1] + (double)sorted[ROWS / 2]) / 2);
    columns_close(&call);
}

static void searching(mb_context *cx)
{
    static int64_t values[ROWS], sorted[ROWS], places[ROWS];
    draw(11, 50000, values, sorted);
    for (int64_t i = 0; i < ROWS; i++) {
        int64_t low = 0, high = ROWS;
        while (low < high) {
            int64_t middle = (low + high) / 2;
            if (sorted[middle] < values[i])
                low = middle + 1;
            else
                high = middle;
        }
        places[i] = low + 1;
    }
    columns_call call = {
        .in = {columns_int(cx, sorted, NULL, ROWS), columns_int(cx, values, NULL, ROWS)}};
    columns_run(cx, search, &call);
    columns_check_int(call.out[0], places, NULL, ROWS);
    columns_close(&call);
}

// Keys in a small range, in a large one, each once, and again at long distances.
static void counting(mb_context *cx)
{
    static int64_t values[ROWS], sorted[ROWS], keys[ROWS], counts[ROWS];
    static const int64_t below[] = {7, 100000, INT64_C(1) << 60, 20000, 20000};
    static const int64_t steps[] = {1, 1, 1, INT64_C(1) << 20, INT64_C(1) << 45};
    for (size_t k = 0; k < sizeof below / sizeof *below; k++) {
        int64_t n = 0;
        draw(k + 20, below[k], values, sorted);
        for (int64_t i = 0; i < ROWS; i++) {
            values[i] *= steps[k];
            sorted[i] *= steps[k];
            if (i == 0 || sorted[i] != sorted[i - 1]) {
                keys[n] = sorted[i];
                counts[n++] = 0;
            }
            counts[n - 1]++;
        }
        columns_call call = {.in = {columns_int(cx, values, NULL, ROWS)}};
        columns_run(cx, count, &call);
        columns_check_int(call.out[0], keys, NULL, n);
        columns_check_int(call.out[1], counts, NULL, n);
        columns_close(&call);
    }
}

const check_test check_tests[] = {
    {"sort: integers of every width", sorting},
    {"sort: floats, falling", falling},
    {"sort: positions by two keys", positions},
    {"sort: the least rows, and quantiles", order},
    {"sort: searching", searching},
    {"count: values", counting},
    {NULL, NULL},
};
