// Reductions and scans beside loops.
#include <math.h>

#include "columns.h"
#include "ops/reduce/bivariate.h"
#include "ops/reduce/reduce.h"
#include "ops/scan/scan.h"

enum { ROWS = 5000 };

static mb_status reduce(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    return mb_reduce(cx, call->in[0], (unsigned)call->number, (mb_reduce_options){.ddof = 0},
                     call->answer);
}

// Every third row is missing.
static void integers(mb_context *cx)
{
    static int64_t values[ROWS];
    static uint8_t valid[ROWS];
    mb_scalar results[MB_STATISTICS];
    int64_t sum = 0, least = INT64_MAX, most = INT64_MIN, nonzero = 0;
    uint64_t state = 1;
    for (int64_t i = 0; i < ROWS; i++) {
        values[i] = check_random(&state, 2000) - 1000;
        valid[i] = i % 3 != 0;
        if (!valid[i]) continue;
        sum += values[i];
        nonzero += values[i] != 0;
        least = values[i] < least ? values[i] : least;
        most = values[i] > most ? values[i] : most;
    }
    columns_call call = {.in = {columns_int(cx, values, valid, ROWS)},
                         .number = 1 << MB_SUM | 1 << MB_MIN | 1 << MB_MAX | 1 << MB_ARGMIN |
                                   1 << MB_COUNT_NONZERO | 1 << MB_ANY,
                         .answer = results};
    columns_run(cx, reduce, &call);
    CHECK_INT(results[MB_SUM].value.i, sum);
    CHECK_INT(results[MB_MIN].value.i, least);
    CHECK_INT(results[MB_MAX].value.i, most);
    CHECK_INT(results[MB_COUNT_NONZERO].value.i, nonzero);
    CHECK(results[MB_ANY].value.b);
    int64_t at = results[MB_ARGMIN].value.i;
    CHECK(at >= 1 && at <= ROWS && valid[at - 1]);
    CHECK_INT(values[at - 1], least);
    columns_close(&call);
}

static void floats(mb_context *cx)
{
    double values[ROWS];
    mb_scalar results[MB_STATISTICS];
    for (int i = 0; i < ROWS; i++)
        values[i] = i + 1;
    columns_call call = {.in = {columns_float(cx, values, NULL, ROWS)},
                         .number = 1 << MB_SUM | 1 << MB_MEAN | 1 << MB_VAR,
                         .answer = results};
    columns_run(cx, reduce, &call);
    CHECK(results[MB_SUM].value.f == ROWS * (ROWS + 1) / 2.0);
    CHECK(results[MB_MEAN].value.f == (ROWS + 1) / 2.0);
    CHECK(fabs(results[MB_VAR].value.f - ((double)ROWS * ROWS - 1) / 12) < 1e-6);
    columns_close(&call);
}

static void nothing(mb_context *cx)
{
    mb_scalar results[MB_STATISTICS];
    columns_call call = {.in = {columns_int(cx, NULL, NULL, 0)},
                         .number = 1 << MB_SUM | 1 << MB_MEAN | 1 << MB_ALL,
                         .answer = results};
    columns_run(cx, reduce, &call);
    CHECK_INT(results[MB_SUM].value.i, 0);
    CHECK(isnan(results[MB_MEAN].value.f));
    CHECK(results[MB_ALL].value.b);
    columns_close(&call);
}

static mb_status dot(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    return mb_bivariate(cx, call->in[0], call->in[1], MB_DOT, (mb_reduce_options){.ddof = 0},
                        call->answer);
}

static void products(mb_context *cx)
{
    int64_t a[ROWS], b[ROWS], sum = 0;
    mb_scalar result;
    for (int64_t i = 0; i < ROWS; i++) {
        a[i] = i - 100;
        b[i] = 3 * i;
        sum += a[i] * b[i];
    }
    columns_call call = {.in = {columns_int(cx, a, NULL, ROWS), columns_int(cx, b, NULL, ROWS)},
                         .answer = &result};
    columns_run(cx, dot, &call);
    CHECK_INT(result.value.i, sum);
    columns_close(&call);
}

static mb_status scan(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    return mb_scan(cx, call->in[0], (mb_scan_kind)call->number, false, &call->out[0]);
}

static void scans(mb_context *cx)
{
    int64_t values[ROWS], sums[ROWS], most[ROWS];
    uint64_t state = 2;
    for (int64_t i = 0; i < ROWS; i++) {
        values[i] = check_random(&state, 1000) - 300;
        sums[i] = values[i] + (i ? sums[i - 1] : 0);
        most[i] = i && most[i - 1] > values[i] ? most[i - 1] : values[i];
    }
    columns_call call = {.in = {columns_int(cx, values, NULL, ROWS)}, .number = MB_CUMSUM};
    columns_run(cx, scan, &call);
    columns_check_int(call.out[0], sums, NULL, ROWS);
    mb_column_release(call.out[0]);
    call.number = MB_CUMMAX;
    columns_run(cx, scan, &call);
    columns_check_int(call.out[0], most, NULL, ROWS);
    columns_close(&call);
}

const check_test check_tests[] = {
    {"reduce: integers with missing rows", integers},
    {"reduce: floats", floats},
    {"reduce: no rows", nothing},
    {"reduce: dot product", products},
    {"scan: sums and maxima", scans},
    {NULL, NULL},
};
