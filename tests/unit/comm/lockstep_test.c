// Lockstep: ranks that stay together, and every way to part.
#include "comm/lockstep.h"

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "comm/collectives.h"
#include "comm/comm.h"

static mb_signature sign(const char *operation, const char *site, uint64_t argument)
{
    mb_signature signature;
    mb_signature_begin(&signature, operation, site);
    mb_signature_add(&signature, argument, "rows %d", (int)argument);
    return signature;
}

static mb_status nothing(mb_context *cx, void *argument)
{
    (void)cx;
    (void)argument;
    return MB_OK;
}

static mb_status operate(mb_context *cx, const char *operation, const char *site, uint64_t argument)
{
    mb_signature signature = sign(operation, site, argument);
    return mb_operate(cx, &signature, nothing, NULL);
}

// All ranks are in step: the same number of operations lies behind them.
static void check_in_step(mb_context *cx)
{
    mb_lockstep_reset(cx);
    CHECK_OK(cx, operate(cx, "meet", "test.lua:1", 1));
    uint64_t all[64], mine = mb_operation_id(cx);
    mb_gather_all(cx, &mine, sizeof mine, all);
    for (int r = 0; r < mb_nranks(cx); r++)
        CHECK_INT(all[r], mine);
}

// All ranks have the same message.
static void check_same_message(mb_context *cx)
{
    char *all = malloc((size_t)mb_nranks(cx) * MB_MESSAGE_SIZE);
    mb_gather_all(cx, cx->message, MB_MESSAGE_SIZE, all);
    for (int r = 0; r < mb_nranks(cx); r++)
        CHECK_INT(strcmp(all + (size_t)r * MB_MESSAGE_SIZE, cx->message), 0);
    free(all);
}

static bool is_last(const mb_context *cx)
{
    return mb_rank(cx) == mb_nranks(cx) - 1;
}

// "rank 3", as messages name the last one.
static const char *last_rank(const mb_context *cx)
{
    static char text[32];
    snprintf(text, sizeof text, "rank %d", mb_nranks(cx) - 1);
    return text;
}

static mb_status combine(mb_context *cx, void *argument)
{
    int64_t round = *(const int64_t *)argument, n = mb_nranks(cx), rank = mb_rank(cx);
    mb_payload payload = {
        .sum = (mb_int128)(rank + 1) * INT64_MAX,
        .count = (uint64_t)(rank + round),
        .max = {(uint64_t)rank, ~(uint64_t)rank, 5, (uint64_t)(round * (n - rank))},
    };
    mb_status status = mb_step(cx, MB_OK, &payload);
    if (status) return status;
    CHECK(payload.sum == (mb_int128)INT64_MAX * (n * (n + 1) / 2));
    CHECK_INT(payload.count, n * (n - 1) / 2 + n * round);
    CHECK_INT(payload.max[0], n - 1);
    CHECK_INT(~payload.max[1], 0);
    CHECK_INT(payload.max[2], 5);
    CHECK_INT(payload.max[3], round * n);
    for (int i = 0; i < round % 3 && !status; i++)
        status = mb_step(cx, MB_OK, NULL);
    return round % 2 && !status ? mb_conclude(cx, MB_OK, NULL) : status;
}

static void agreement(mb_context *cx)
{
    for (int64_t round = 0; round < 500; round++) {
        mb_signature signature = sign("combine", "test.lua:7", (uint64_t)round);
        CHECK_OK(cx, mb_operate(cx, &signature, combine, &round));
    }
    check_in_step(cx);
    CHECK(!mb_diverged(cx));
}

static void check_divergence(mb_context *cx, mb_status status, const char *theirs, const char *its)
{
    if (mb_nranks(cx) == 1) {
        CHECK_INT(status, MB_OK);
        return;
    }
    CHECK_STATUS(cx, status, MB_ELOCKSTEP);
    CHECK_TEXT(cx->message, "the ranks diverged");
    CHECK_TEXT(cx->message, theirs);
    CHECK_TEXT(cx->message, its);
    CHECK_TEXT(cx->message, last_rank(cx));
    CHECK(mb_diverged(cx));
    check_same_message(cx);
    check_in_step(cx);
    CHECK(!mb_diverged(cx));
}

static void other_operation(mb_context *cx)
{
    mb_status status = is_last(cx) ? operate(cx, "max", "script.lua:12", 1)
                                   : operate(cx, "sum", "script.lua:9", 1);
    check_divergence(cx, status, "sum at script.lua:9", "max at script.lua:12");
}

static void other_line(mb_context *cx)
{
    mb_status status = operate(cx, "sum", is_last(cx) ? "script.lua:12" : "script.lua:9", 1);
    check_divergence(cx, status, "sum at script.lua:9", "sum at script.lua:12");
}

static void other_argument(mb_context *cx)
{
    mb_status status = operate(cx, "sum", "script.lua:9", is_last(cx) ? 34 : 12);
    check_divergence(cx, status, "rows 12", "rows 34");
}

// Hashes whose maxima look alike: the largest and the smallest on different ranks.
static void all_different(mb_context *cx)
{
    mb_status status = operate(cx, "sum", "script.lua:9", (uint64_t)mb_rank(cx) * 1000);
    if (mb_nranks(cx) > 1) CHECK_STATUS(cx, status, MB_ELOCKSTEP);
    check_in_step(cx);
}

static void ranks_are_grouped(mb_context *cx)
{
    if (mb_nranks(cx) < 4) return;
    CHECK_STATUS(cx, operate(cx, "sum", mb_rank(cx) == 1 ? "x.lua:1" : "x.lua:2", 0), MB_ELOCKSTEP);
    CHECK_TEXT(cx->message, "ranks 0,2-3 ");
    CHECK_TEXT(cx->message, "rank 1 ");
    CHECK_TEXT(cx->message, "mb.on_rank");
    check_in_step(cx);
}

static void long_signatures(mb_context *cx)
{
    mb_signature signature;
    char long_name[500];
    memset(long_name, 'n', sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    mb_signature_begin(&signature, "sum", long_name);
    for (int i = 0; i < 100; i++)
        mb_signature_add(&signature, 1, "argument %s", long_name);
    CHECK(strlen(signature.where) < MB_WHERE_SIZE);
    CHECK(strlen(signature.text) < MB_SIGNATURE_SIZE);
    CHECK_OK(cx, mb_operate(cx, &signature, nothing, NULL));
    if (is_last(cx)) mb_signature_add(&signature, 2, "what the text has no room for");
    mb_status status = mb_operate(cx, &signature, nothing, NULL);
    CHECK_STATUS(cx, status, mb_nranks(cx) > 1 ? MB_ELOCKSTEP : MB_OK);
    check_in_step(cx);
}

// The argument says before which step (1, 2, 3) or at the return (4) the upper half fails.
static mb_status failing_body(mb_context *cx, void *argument)
{
    int when = *(const int *)argument, rank = mb_rank(cx);
    mb_status status = MB_OK;
    for (int step = 1; step <= 4; step++) {
        if (step == when && rank >= mb_nranks(cx) / 2)
            status = mb_fail(cx, rank % 2 ? MB_EIO : MB_EOVERFLOW, "rank %d fails", rank);
        if (step == 4) return status;
        status = mb_step(cx, status, NULL);
        CHECK_INT(status != MB_OK, step == when);
        if (status) return status;
    }
    return status;
}

static void failing_steps(mb_context *cx)
{
    int lowest = mb_nranks(cx) / 2;
    char expected[32];
    snprintf(expected, sizeof expected, "rank %d fails", lowest);
    for (int when = 1; when <= 4; when++) {
        mb_signature signature = sign("fail", "test.lua:3", (uint64_t)when);
        mb_status status = mb_operate(cx, &signature, failing_body, &when);
        CHECK_STATUS(cx, status, lowest % 2 ? MB_EIO : MB_EOVERFLOW);
        CHECK_INT(strcmp(cx->message, expected), 0);
    }
    CHECK(!mb_diverged(cx));
    check_in_step(cx);
}

static void leaving(mb_context *cx)
{
    mb_ending ending = {.code = 0, .how = "ends"};
    mb_leave(cx, &ending);
    CHECK_INT(ending.rank, -1);
    CHECK_INT(ending.code, 0);
    int lowest = mb_nranks(cx) / 2;
    ending = (mb_ending){.code = mb_rank(cx) >= lowest ? 10 + mb_rank(cx) : 0, .how = "ends"};
    mb_leave(cx, &ending);
    CHECK_INT(ending.rank, lowest);
    CHECK_INT(ending.code, 10 + lowest);
    check_in_step(cx);
}

// The last rank ends while the others call three more operations.
static void leaving_early(mb_context *cx)
{
    mb_ending ending = {.how = "ends the script at x.lua:9"};
    if (mb_nranks(cx) > 1 && !is_last(cx)) {
        for (int i = 0; i < 3; i++) {
            CHECK_STATUS(cx, operate(cx, "sum", "x.lua:20", 1), MB_ELOCKSTEP);
            CHECK_TEXT(cx->message, last_rank(cx));
            CHECK_TEXT(cx->message, "ends the script at x.lua:9");
            CHECK_TEXT(cx->message, "sum at x.lua:20");
        }
        ending.how = "ends later";
    }
    mb_leave(cx, &ending);
    CHECK_INT(mb_diverged(cx), mb_nranks(cx) > 1);
    check_in_step(cx);
}

static mb_status nesting_body(mb_context *cx, void *argument)
{
    (void)argument;
    CHECK(mb_in_operation(cx));
    // On one rank alone: it must not communicate.
    if (is_last(cx)) CHECK_STATUS(cx, operate(cx, "inner", "x.lua:2", 1), MB_EINVALID);
    if (is_last(cx)) CHECK_TEXT(cx->message, "inside another one");
    return mb_step(cx, MB_OK, NULL);
}

static void nesting(mb_context *cx)
{
    mb_signature signature = sign("outer", "x.lua:1", 0);
    CHECK_OK(cx, mb_operate(cx, &signature, nesting_body, NULL));
    CHECK(!mb_in_operation(cx));
    check_in_step(cx);
}

static mb_status interrupted_body(mb_context *cx, void *argument)
{
    (void)argument;
    if (is_last(cx)) mb_comm_interrupt(cx);
    mb_status status = mb_step(cx, MB_OK, NULL);
    CHECK_INT(status, MB_EINTERRUPT);
    return status;
}

static void interrupts(mb_context *cx)
{
    if (is_last(cx)) mb_comm_interrupt(cx);
    CHECK_STATUS(cx, operate(cx, "sum", "x.lua:1", 1), MB_EINTERRUPT);
    CHECK_TEXT(cx->message, "interrupted");
    CHECK(mb_interrupted(cx));
    // Again after every pcall, on one rank alone: it must not communicate.
    if (is_last(cx)) CHECK_STATUS(cx, operate(cx, "sum", "x.lua:2", 1), MB_EINTERRUPT);
    mb_lockstep_reset(cx);
    CHECK(!mb_interrupted(cx));
    mb_signature signature = sign("sum", "x.lua:3", 1);
    CHECK_STATUS(cx, mb_operate(cx, &signature, interrupted_body, NULL), MB_EINTERRUPT);
    check_in_step(cx);
}

static void closed(mb_context *cx)
{
    mb_lockstep_close(cx);
    if (is_last(cx)) CHECK_STATUS(cx, operate(cx, "sum", "x.lua:1", 1), MB_EINVALID);
    if (is_last(cx)) CHECK_TEXT(cx->message, "sum at x.lua:1: the run has ended");
}

static void two_contexts(mb_context *cx)
{
    mb_context *other = malloc(sizeof *other);
    check_open(other);
    for (int i = 0; i < 50; i++) {
        CHECK_OK(cx, operate(cx, "sum", "x.lua:1", 1));
        CHECK_OK(other, operate(other, "max", "x.lua:2", 1));
    }
    check_in_step(other);
    check_close(other);
    free(other);
    check_in_step(cx);
}

// The last rank has no memory for a context: nobody gets one, and all hear why.
static void opening_fails(mb_context *cx)
{
    MPI_Comm world = MPI_COMM_WORLD;
    mb_context *own = calloc(1, sizeof *own);
    if (is_last(cx)) {
        CHECK_INT(mb_comm_refuse(&world), mb_nranks(cx) - 1);
    } else {
        CHECK_STATUS(own, mb_comm_open(own, &world), MB_EMEMORY);
        CHECK_TEXT(own->message, last_rank(cx));
        CHECK(own->comm == NULL);
    }
    free(own);
    check_in_step(cx);
}

const check_test check_tests[] = {
    {"lockstep: opening fails on all ranks", opening_fails},
    {"lockstep: agreements and payloads", agreement},
    {"lockstep: another operation", other_operation},
    {"lockstep: another script line", other_line},
    {"lockstep: another argument", other_argument},
    {"lockstep: every rank another argument", all_different},
    {"lockstep: ranks are named in groups", ranks_are_grouped},
    {"lockstep: long signatures", long_signatures},
    {"lockstep: failing steps", failing_steps},
    {"lockstep: leaving", leaving},
    {"lockstep: leaving early", leaving_early},
    {"lockstep: nesting", nesting},
    {"lockstep: interrupts", interrupts},
    {"lockstep: after the end", closed},
    {"lockstep: two contexts", two_contexts},
    {0},
};
