// Groups and histograms beside loops.
#include "columns.h"
#include "ops/distribute/digitize.h"
#include "ops/distribute/histogram.h"
#include "ops/group/grouping.h"

enum { ROWS = 20000, GROUPS = 300 };

static mb_status aggregate(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    mb_grouping *grouping = NULL;
    const mb_aggregation wanted[] = {{.kind = MB_FOLD_SUM, .column = call->in[1]},
                                     {.kind = MB_FOLD_MIN, .column = call->in[1]},
                                     {.kind = MB_FOLD_COUNT, .column = call->in[1]}};
    mb_status status = mb_grouping_new(cx, call->in, 1, &grouping);
    if (!status) status = mb_grouping_find(grouping);
    if (!status) status = mb_grouping_aggregate(grouping, wanted, 3, call->out);
    if (!status) call->out[3] = mb_column_retain(grouping->keys[0]);
    mb_grouping_close(grouping);
    return status;
}

// Keys next to each other, and far apart.
static void aggregates(mb_context *cx)
{
    static const int64_t steps[] = {1, INT64_C(1) << 40};
    static int64_t keys[ROWS], values[ROWS];
    for (int k = 0; k < 2; k++) {
        int64_t names[GROUPS], sums[GROUPS] = {0}, least[GROUPS], counts[GROUPS] = {0};
        uint64_t state = 5;
        for (int64_t g = 0; g < GROUPS; g++) {
            names[g] = (g - 100) * steps[k];
            least[g] = INT64_MAX;
        }
        for (int64_t i = 0; i < ROWS; i++) {
            int64_t g = i < GROUPS ? i : check_random(&state, GROUPS);
            keys[i] = names[g];
            values[i] = check_random(&state, 1000) - 500;
            sums[g] += values[i];
            counts[g]++;
            least[g] = values[i] < least[g] ? values[i] : least[g];
        }
        columns_call call = {
            .in = {columns_int(cx, keys, NULL, ROWS), columns_int(cx, values, NULL, ROWS)}};
        columns_run(cx, aggregate, &call);
        columns_check_int(call.out[0], sums, NULL, GROUPS);
        columns_check_int(call.out[1], least, NULL, GROUPS);
        columns_check_int(call.out[2], counts, NULL, GROUPS);
        columns_check_int(call.out[3], names, NULL, GROUPS);
        columns_close(&call);
    }
}

static mb_status histogram(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    mb_value edges[11];
    mb_axis axis = {.column = call->in[0], .bins = 10, .edges = edges};
    return mb_histogram(cx, &axis, 1, call->answer);
}

static void bins(mb_context *cx)
{
    int64_t values[101];
    uint64_t counts[10];
    for (int64_t i = 0; i <= 100; i++)
        values[i] = i;
    columns_call call = {.in = {columns_int(cx, values, NULL, 101)}, .answer = counts};
    columns_run(cx, histogram, &call);
    for (int i = 0; i < 10; i++)
        CHECK_INT(counts[i], i < 9 ? 10 : 11);
    columns_close(&call);
}

const check_test check_tests[] = {
    {"group: sums, minima, counts and keys", aggregates},
    {"histogram: ten bins", bins},
    {NULL, NULL},
};
