// Matching, joining and set operations beside loops over small tables.
#include "columns.h"
#include "ops/match/interval.h"
#include "ops/match/join.h"
#include "ops/match/match.h"
#include "ops/match/sets.h"

enum { ROWS = 3000, KEYS = 500 };

typedef struct table {
    int64_t keys[KEYS], values[KEYS], rows[ROWS];
} table;

// Keys that are all different, and rows of which some are keys; spread over `step` numbers a key.
static void fill(table *t, int64_t step)
{
    uint64_t state = (uint64_t)step;
    for (int64_t i = 0; i < KEYS; i++) {
        t->keys[i] = (i * 77 % KEYS) * step;
        t->values[i] = i * i;
    }
    for (int64_t i = 0; i < ROWS; i++)
        t->rows[i] = check_random(&state, 2 * KEYS) * step - step;
}

// Where a row is among the keys, from 1 on; 0 where it is not.
static int64_t find(const table *t, int64_t row)
{
    for (int64_t i = 0; i < KEYS; i++)
        if (t->keys[i] == row) return i + 1;
    return 0;
}

static mb_status isin(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    return mb_isin(cx, call->in[0], call->in[1], &call->out[0]);
}

static mb_status lookup(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    const mb_lookup what = {.keys = call->in[1], .values = call->in[2], .column = call->in[0]};
    return mb_lookup_rows(cx, &what, &call->out[0]);
}

static mb_status join(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    const mb_join what = {
        .left = call->in[0], .right = call->in[1], .row_bytes = 16, .once_bytes = 16};
    return mb_join_positions(cx, &what, call->out);
}

static void matching(mb_context *cx)
{
    static const int64_t steps[] = {1, 1000, INT64_C(1) << 45};
    static table t;
    int64_t found[ROWS], values[ROWS];
    uint8_t there[ROWS];
    for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
        fill(&t, steps[k]);
        for (int64_t i = 0; i < ROWS; i++) {
            int64_t at = find(&t, t.rows[i]);
            found[i] = there[i] = at > 0;
            values[i] = at > 0 ? t.values[at - 1] : 0;
        }
        columns_call call = {.in = {columns_int(cx, t.rows, NULL, ROWS),
                                    columns_int(cx, t.keys, NULL, KEYS),
                                    columns_int(cx, t.values, NULL, KEYS)}};
        columns_run(cx, isin, &call);
        columns_check_int(call.out[0], found, NULL, ROWS);
        mb_column_release(call.out[0]);
        columns_run(cx, lookup, &call);
        columns_check_int(call.out[0], values, there, ROWS);
        columns_close(&call);
    }
}

// Each left row meets two of the right.
static void joining(mb_context *cx)
{
    int64_t left[100], right[200], lefts[200], rights[200];
    for (int64_t i = 0; i < 100; i++)
        left[i] = i;
    for (int64_t i = 0; i < 200; i++) {
        right[i] = i % 100;
        lefts[i] = i / 2 + 1;
        rights[i] = i / 2 + 100 * (i % 2) + 1;
    }
    columns_call call = {
        .in = {columns_int(cx, left, NULL, 100), columns_int(cx, right, NULL, 200)}};
    columns_run(cx, join, &call);
    columns_check_int(call.out[0], lefts, NULL, 200);
    columns_check_int(call.out[1], rights, NULL, 200);
    columns_close(&call);
}

static mb_status set(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    return mb_set_operate(cx, (mb_set_operation)call->number, call->in[0], call->in[1],
                          &call->out[0]);
}

static void sets(mb_context *cx)
{
    int64_t a[] = {5, 1, 3, 3, 9}, b[] = {3, 4, 9, 9}, n[] = {2, 5, 2, 3};
    int64_t results[4][5] = {{3, 9}, {1, 3, 4, 5, 9}, {1, 5}, {1, 4, 5}};
    columns_call call = {.in = {columns_int(cx, a, NULL, 5), columns_int(cx, b, NULL, 4)}};
    for (call.number = MB_INTERSECT; call.number <= MB_SYMMETRIC_DIFFERENCE; call.number++) {
        columns_run(cx, set, &call);
        columns_check_int(call.out[0], results[call.number], NULL, n[call.number]);
        mb_column_release(call.out[0]);
        call.out[0] = NULL;
    }
    columns_close(&call);
}

static mb_status intervals(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    const mb_intervals what = {call->in[0], call->in[1], call->in[2]};
    return mb_find_intervals(cx, &what, &call->out[0]);
}

static void ranges(mb_context *cx)
{
    int64_t starts[] = {20, 0, 10}, ends[] = {29, 4, 19}, rows[] = {4, 5, 10, 29, 30, -1};
    int64_t at[] = {2, 0, 3, 1, 0, 0};
    uint8_t there[] = {1, 0, 1, 1, 0, 0};
    columns_call call = {.in = {columns_int(cx, starts, NULL, 3), columns_int(cx, ends, NULL, 3),
                                columns_int(cx, rows, NULL, 6)}};
    columns_run(cx, intervals, &call);
    columns_check_int(call.out[0], at, there, 6);
    columns_close(&call);
}

const check_test check_tests[] = {
    {"match: membership and look-ups", matching},
    {"match: joins", joining},
    {"match: sets", sets},
    {"match: intervals", ranges},
    {NULL, NULL},
};
