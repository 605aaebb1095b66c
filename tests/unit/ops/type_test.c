// A type over a kind, which is in no list of types, goes through whole-column operations.
#include "columns.h"
#include "expr/expression.h"
#include "ops/count/count.h"
#include "ops/group/grouping.h"
#include "ops/match/sets.h"
#include "ops/move/concat.h"
#include "ops/move/gather.h"
#include "ops/move/put.h"
#include "ops/move/rows.h"
#include "ops/move/shift.h"
#include "ops/reduce/reduce.h"
#include "ops/scan/scan.h"
#include "ops/sort/sort.h"
#include "ops/sort/top.h"

enum { ROWS = 6 };

static bool operate(mb_operator op, const mb_type *const *operands, const mb_type *plain,
                    const mb_type **result);

static void format(const mb_type *type, mb_value value, char *text, size_t size)
{
    (void)type;
    mb_type_int.format(&mb_type_int, value, text, size);
}

// Bits have no sum, and stay what they are when they are combined.
static const mb_type type_of_bits = {.name = "bits",
                                     .kind = MB_INT,
                                     .file = MB_FILE_INT,
                                     .script = MB_SCRIPT_INTEGER,
                                     .format = format,
                                     .operate = operate};

static bool operate(mb_operator op, const mb_type *const *operands, const mb_type *plain,
                    const mb_type **result)
{
    bool combines = op >= MB_AND && op <= MB_NOT, adds = op == MB_ADD;
    (void)operands;
    (void)plain;
    if (combines || adds) *result = adds ? NULL : &type_of_bits;
    return combines || adds;
}

static const int64_t values[ROWS] = {18, 2, 16, 2, 1, 24}, positions[ROWS] = {6, 5, 4, 3, 2, 1};
static const uint8_t mask[ROWS] = {1, 0, 1, 0, 1, 0};

// Columns of bits, of ints and of bools.
static columns_call open_call(mb_context *cx)
{
    columns_call call = {.in = {columns_int(cx, values, NULL, ROWS),
                                columns_int(cx, positions, NULL, ROWS),
                                columns_bool(cx, mask, NULL, ROWS)}};
    call.in[0]->type = &type_of_bits;
    return call;
}

// Runs a body on these, whose first `kept` results are bits.
static void keeps(mb_context *cx, mb_body body, int kept, const int64_t *first, int64_t n)
{
    columns_call call = open_call(cx);
    columns_run(cx, body, &call);
    for (int i = 0; i < kept; i++)
        CHECK(call.out[i]->type == &type_of_bits);
    columns_check_int(call.out[0], first, NULL, n);
    columns_close(&call);
}

static mb_status move(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    mb_column *bits = call->in[0];
    mb_status status = mb_gather(cx, call->in, 1, call->in[1], &call->out[0]);
    if (!status) status = mb_slice(cx, bits, 0, 2, 3, &call->out[1]);
    if (!status) status = mb_shift(cx, bits, 1, NULL, &call->out[2]);
    if (!status) status = mb_concat(cx, (mb_column *[]){bits, bits}, 2, &call->out[3]);
    return status;
}

static mb_status put(mb_context *cx, void *argument)
{
    const mb_value seven = {.i = 7};
    columns_call *call = argument;
    return mb_put_rows(cx, call->in[0], call->in[1], NULL, &seven, &call->out[0]);
}

static mb_status order(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    mb_column *places = NULL;
    mb_status status = mb_sort(cx, call->in[0], false, &call->out[0]);
    if (!status) status = mb_top(cx, call->in[0], 2, true, &call->out[1], &places);
    mb_column_release(places);
    return status;
}

static mb_status count(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    mb_status status = mb_value_counts(cx, call->in[0], &call->out[0], &call->out[3]);
    if (!status) status = mb_set_operate(cx, MB_UNION, call->in[0], call->in[0], &call->out[1]);
    if (!status) status = mb_scan(cx, call->in[0], MB_CUMMAX, false, &call->out[2]);
    return status;
}

static mb_status group(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    mb_grouping *grouping = NULL;
    const mb_aggregation wanted[] = {{MB_FOLD_MAX, call->in[0]}, {MB_FOLD_BIT_OR, call->in[0]}};
    mb_status status = mb_grouping_new(cx, &call->in[0], 1, &grouping);
    if (!status) status = mb_grouping_find(grouping);
    if (!status) status = mb_grouping_aggregate(grouping, wanted, 2, call->out);
    if (!status) call->out[2] = mb_column_retain(grouping->keys[0]);
    mb_grouping_close(grouping);
    return status;
}

static void kept(mb_context *cx)
{
    static const int64_t turned[] = {24, 1, 2, 16, 2, 18}, sevens[] = {7, 7, 7, 7, 7, 7},
                         sorted[] = {1, 2, 2, 16, 18, 24}, keys[] = {1, 2, 16, 18, 24};
    keeps(cx, move, 4, turned, ROWS);
    keeps(cx, put, 1, sevens, ROWS);
    keeps(cx, order, 2, sorted, ROWS);
    keeps(cx, count, 3, keys, 5);
    keeps(cx, group, 3, keys, 5);
}

static void expressions(mb_context *cx)
{
    static const struct {
        mb_operator op;
        const mb_type *type; // NULL: refused
    } cases[] = {{MB_AND, &type_of_bits},     {MB_NOT, &type_of_bits}, {MB_EQ, &mb_type_bool},
                 {MB_MINIMUM, &type_of_bits}, {MB_MUL, &mb_type_int},  {MB_DIV, &mb_type_float},
                 {MB_POPCOUNT, &mb_type_int}, {MB_ADD, NULL}};
    columns_call call = open_call(cx);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mb_column *result = NULL;
        mb_status status = mb_expression_apply(cx, cases[i].op, call.in, NULL, &result);
        CHECK_INT(status, cases[i].type ? MB_OK : MB_EINVALID);
        if (result) CHECK(result->type == cases[i].type);
        mb_column_release(result);
    }
    columns_close(&call);
}

static mb_status reduce(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    return mb_reduce(cx, call->in[0], 1U << call->number, (mb_reduce_options){.ddof = 1},
                     call->answer);
}

static mb_status scan(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    return mb_scan(cx, call->in[0], MB_CUMSUM, false, &call->out[0]);
}

// What needs sums names itself, and the type to cast to.
static void refusals(mb_context *cx)
{
    static const mb_statistic sums[] = {MB_SUM, MB_MEAN, MB_VAR, MB_SKEW};
    columns_call call = open_call(cx);
    mb_scalar found[MB_STATISTICS];
    call.answer = found;
    for (int s = 0; s < 4; s++) {
        call.number = sums[s];
        CHECK_INT(columns_try(cx, reduce, &call), MB_EINVALID);
        CHECK_TEXT(cx->message, mb_statistic_name(sums[s]));
        CHECK_TEXT(cx->message, ": + takes no bits columns (cast with :as(\"int\"))");
    }
    CHECK_INT(columns_try(cx, scan, &call), MB_EINVALID);
    CHECK_TEXT(cx->message, "cumsum: + takes no bits columns");
    call.number = MB_MAX;
    columns_run(cx, reduce, &call);
    CHECK(found[MB_MAX].type == &type_of_bits);
    CHECK_INT(found[MB_MAX].value.i, 24);
    columns_close(&call);
}

const check_test check_tests[] = {
    {"types over a kind: kept by operations", kept},
    {"types over a kind: expressions", expressions},
    {"types over a kind: sums refused", refusals},
    {0},
};
