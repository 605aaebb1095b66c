// Types over a kind go through whole-column operations: one that is in no list of types, and text.
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
#include "types/dictionary.h"

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

// The letters of the alphabet.
static mb_dictionary *new_letters(mb_context *cx)
{
    mb_dictionary *dictionary = NULL;
    mb_string letters[26];
    for (int i = 0; i < 26; i++)
        letters[i] = (mb_string){&"abcdefghijklmnopqrstuvwxyz"[i], 1};
    CHECK_OK(cx, mb_dictionary_new(cx, &mb_type_text, letters, 26, &dictionary));
    return dictionary;
}

// Columns of a type, of ints and of bools.
static columns_call open_call(mb_context *cx, const mb_type *type)
{
    columns_call call = {.in = {columns_typed(cx, type, values, ROWS),
                                columns_int(cx, positions, NULL, ROWS),
                                columns_bool(cx, mask, NULL, ROWS)}};
    return call;
}

// Runs a body on these, whose first `kept` results are of the type.
static void keeps_type(mb_context *cx, const mb_type *type, mb_body body, int kept,
                       const int64_t *first, int64_t n)
{
    columns_call call = open_call(cx, type);
    columns_run(cx, body, &call);
    for (int i = 0; i < kept; i++)
        CHECK(call.out[i]->type == type);
    columns_check_int(call.out[0], first, NULL, n);
    columns_close(&call);
}

static void keeps(mb_context *cx, mb_body body, int kept, const int64_t *first, int64_t n)
{
    mb_dictionary *letters = new_letters(cx);
    keeps_type(cx, &type_of_bits, body, kept, first, n);
    keeps_type(cx, &letters->type, body, kept, first, n);
    CHECK_INT(letters->references, 1); // no column that is gone holds it
    mb_dictionary_release(letters);
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
    bool bits = call->in[0]->type == &type_of_bits;
    const mb_aggregation wanted[] = {
        {.kind = MB_FOLD_MAX, .column = call->in[0]},
        {.kind = bits ? MB_FOLD_BIT_OR : MB_FOLD_FIRST, .column = call->in[0]}};
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
    columns_call call = open_call(cx, &type_of_bits);
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
    columns_call call = open_call(cx, &type_of_bits);
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

// What is of numbers refuses text, and so does what compares text with them.
static void of_texts(mb_context *cx)
{
    static const mb_operator compares[] = {MB_EQ, MB_NE, MB_LT, MB_LE, MB_GT, MB_GE},
                             chooses[] = {MB_MINIMUM, MB_MAXIMUM},
                             refused[] = {MB_ADD,   MB_SUB,   MB_MUL,   MB_DIV,  MB_FLOORDIV,
                                          MB_MOD,   MB_POW,   MB_NEG,   MB_ABS,  MB_AND,
                                          MB_NOT,   MB_SHL,   MB_SQRT,  MB_SIN,  MB_POPCOUNT,
                                          MB_FLOOR, MB_ISNAN, MB_ATAN2, MB_ROTL, MB_SIGN};
    mb_dictionary *letters = new_letters(cx);
    columns_call call = open_call(cx, &letters->type);
    mb_column *const texts[] = {call.in[0], call.in[0]}, *const mixed[] = {call.in[0], call.in[1]};
    mb_column *result = NULL;
    for (size_t i = 0; i < sizeof compares / sizeof *compares; i++) {
        CHECK_OK(cx, mb_expression_apply(cx, compares[i], texts, NULL, &result));
        CHECK(result->type == &mb_type_bool);
        mb_column_release(result);
        CHECK_INT(mb_expression_apply(cx, compares[i], mixed, NULL, &result), MB_EINVALID);
        CHECK_TEXT(cx->message, "takes text beside text only (cast the other with :as(\"text\")");
    }
    for (size_t i = 0; i < sizeof chooses / sizeof *chooses; i++) {
        CHECK_OK(cx, mb_expression_apply(cx, chooses[i], texts, NULL, &result));
        CHECK(result->type == &letters->type);
        mb_column_release(result);
        CHECK_INT(mb_expression_apply(cx, chooses[i], mixed, NULL, &result), MB_EINVALID);
    }
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        CHECK_INT(mb_expression_apply(cx, refused[i], texts, NULL, &result), MB_EINVALID);
        CHECK_TEXT(cx->message, "takes no text columns (cast those that have numbers with :as(");
        CHECK_INT(mb_expression_apply(cx, refused[i], mixed, NULL, &result), MB_EINVALID);
    }
    columns_close(&call);
    mb_dictionary_release(letters);
}

static void folds_of_texts(mb_context *cx)
{
    static const mb_statistic sums[] = {MB_SUM,  MB_PROD, MB_MEAN, MB_VAR,          MB_STD,
                                        MB_SKEW, MB_ANY,  MB_ALL,  MB_COUNT_NONZERO};
    mb_dictionary *letters = new_letters(cx);
    columns_call call = open_call(cx, &letters->type);
    mb_scalar found[MB_STATISTICS];
    call.answer = found;
    for (size_t s = 0; s < sizeof sums / sizeof *sums; s++) {
        call.number = sums[s];
        CHECK_INT(columns_try(cx, reduce, &call), MB_EINVALID);
        CHECK_TEXT(cx->message, mb_statistic_name(sums[s]));
        CHECK_TEXT(cx->message, "takes no text columns (cast those that have numbers");
    }
    CHECK_INT(columns_try(cx, scan, &call), MB_EINVALID);
    call.number = MB_MIN;
    columns_run(cx, reduce, &call);
    CHECK(found[MB_MIN].type == &letters->type);
    CHECK_INT(found[MB_MIN].value.i, 1);
    columns_close(&call);
    mb_dictionary_release(letters);
}

const check_test check_tests[] = {
    {"types over a kind: kept by operations", kept},
    {"types over a kind: expressions", expressions},
    {"types over a kind: sums refused", refusals},
    {"text: operators", of_texts},
    {"text: sums refused", folds_of_texts},
    {0},
};
