// Moving rows beside loops.
#include "columns.h"
#include "ops/move/concat.h"
#include "ops/move/gather.h"
#include "ops/move/permutation.h"
#include "ops/move/put.h"
#include "ops/move/repeat.h"
#include "ops/move/rows.h"
#include "ops/move/shift.h"

enum { ROWS = 4000 };

static int64_t values[ROWS], positions[ROWS], expected[ROWS];

static void draw(void)
{
    uint64_t state = 3;
    for (int64_t i = 0; i < ROWS; i++) {
        values[i] = check_random(&state, 1 << 20);
        positions[i] = check_random(&state, ROWS) + 1;
    }
}

static mb_status gather(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    return mb_gather(cx, call->in, 1, call->in[1], call->out);
}

static void gathering(mb_context *cx)
{
    draw();
    for (int64_t i = 0; i < ROWS; i++)
        expected[i] = values[positions[i] - 1];
    columns_call call = {
        .in = {columns_int(cx, values, NULL, ROWS), columns_int(cx, positions, NULL, ROWS)}};
    columns_run(cx, gather, &call);
    columns_check_int(call.out[0], expected, NULL, ROWS);
    columns_close(&call);
}

static mb_status put(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    return mb_put_rows(cx, call->in[0], call->in[1], call->in[2], NULL, &call->out[0]);
}

// Of several values for a row the last one stays.
static void putting(mb_context *cx)
{
    int64_t fresh[ROWS];
    draw();
    for (int64_t i = 0; i < ROWS; i++) {
        fresh[i] = -i;
        expected[i] = values[i];
    }
    for (int64_t i = 0; i < ROWS; i++)
        expected[positions[i] - 1] = fresh[i];
    columns_call call = {.in = {columns_int(cx, values, NULL, ROWS),
                                columns_int(cx, positions, NULL, ROWS),
                                columns_int(cx, fresh, NULL, ROWS)}};
    columns_run(cx, put, &call);
    columns_check_int(call.out[0], expected, NULL, ROWS);
    columns_close(&call);
}

static mb_status slice(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    return mb_slice(cx, call->in[0], 5, 3, call->number, &call->out[0]);
}

static mb_status shift(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    return mb_shift(cx, call->in[0], call->number, call->option, &call->out[0]);
}

static mb_status concat(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    return mb_concat(cx, call->in, 2, &call->out[0]);
}

static mb_status repeat(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    return mb_repeat(cx, call->in[0], &call->out[0]);
}

static mb_status permute(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    return mb_permutation(cx, ROWS, ROWS, 7, &call->out[0]);
}

static void along(mb_context *cx)
{
    const mb_value fill = {.i = -1};
    draw();
    columns_call call = {
        .in = {columns_int(cx, values, NULL, ROWS), columns_int(cx, values, NULL, 10)},
        .number = 100,
        .option = &fill};
    columns_run(cx, slice, &call);
    for (int64_t i = 0; i < 100; i++)
        expected[i] = values[5 + 3 * i];
    columns_check_int(call.out[0], expected, NULL, 100);
    mb_column_release(call.out[0]);
    columns_run(cx, shift, &call);
    for (int64_t i = 0; i < ROWS; i++)
        expected[i] = i < 100 ? -1 : values[i - 100];
    columns_check_int(call.out[0], expected, NULL, ROWS);
    mb_column_release(call.out[0]);
    columns_run(cx, concat, &call);
    CHECK_INT(mb_column_rows(call.out[0]), ROWS + 10);
    mb_value last = {0};
    CHECK(mb_column_get(call.out[0], ROWS + 9, &last));
    CHECK_INT(last.i, values[9]);
    columns_close(&call);
}

static void repeating(mb_context *cx)
{
    int64_t times[] = {2, 0, 1, 3}, rows[] = {1, 1, 3, 4, 4, 4};
    columns_call call = {.in = {columns_int(cx, times, NULL, 4)}};
    columns_run(cx, repeat, &call);
    columns_check_int(call.out[0], rows, NULL, 6);
    columns_close(&call);
}

static void permuting(mb_context *cx)
{
    uint8_t seen[ROWS] = {0};
    columns_call call = {.in = {NULL}};
    columns_run(cx, permute, &call);
    for (int64_t i = 0; i < ROWS; i++) {
        mb_value at = {0};
        CHECK(mb_column_get(call.out[0], i, &at));
        if (CHECK(at.i >= 1 && at.i <= ROWS)) seen[at.i - 1]++;
    }
    for (int64_t i = 0; i < ROWS; i++)
        if (!CHECK_INT(seen[i], 1)) break;
    columns_close(&call);
}

const check_test check_tests[] = {
    {"move: gather", gathering},           {"move: put", putting},
    {"move: slice, shift, concat", along}, {"move: repeat", repeating},
    {"move: permutation", permuting},      {NULL, NULL},
};
