// Columns: a host's memory as a plane, and the check of invariants.
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "column/check.h"
#include "columns.h"
#include "expr/evaluate.h"
#include "ops/move/gather.h"

enum { ROWS = 1000 };

static int64_t host[ROWS + MB_SLACK / 8];
static int released;

static void give_back(void *state)
{
    CHECK(state == host);
    released++;
}

// A column of the host's array.
static mb_status borrow(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    mb_layout *layout = NULL;
    mb_buffer *buffer = NULL;
    mb_column model = {.type = &mb_type_int, .identity = mb_result_identity(cx, 0)};
    mb_status status = mb_layout_even(cx, ROWS, &layout);
    if (!status) status = mb_buffer_borrow(cx, host, ROWS * sizeof *host, give_back, host, &buffer);
    if (!status) {
        model.layout = layout;
        model.values = (mb_plane){.width = sizeof *host, .buffer = buffer};
        model.facts = (mb_facts){.bounded = true, .range = {0, 2 * ROWS}, .ascending = true};
        status = mb_column_new(cx, &model, &call->out[0]);
    }
    mb_buffer_release(buffer);
    mb_layout_release(layout);
    return status;
}

static mb_status gather(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    return mb_gather(cx, call->in, 1, call->in[1], call->out);
}

static void borrowing(mb_context *cx)
{
    int64_t positions[ROWS], expected[ROWS];
    size_t live = cx->memory.live;
    for (int64_t i = 0; i < ROWS; i++) {
        host[i] = 2 * i;
        positions[i] = ROWS - i;
        expected[i] = 2 * (ROWS - 1 - i);
    }
    columns_call lent = {.number = 0},
                 call = {.in = {NULL, columns_int(cx, positions, NULL, ROWS)}};
    columns_run(cx, borrow, &lent);
    CHECK(lent.out[0]->values.data == host);
    call.in[0] = mb_column_retain(lent.out[0]);
    columns_run(cx, gather, &call);
    columns_check_int(call.out[0], expected, NULL, ROWS);
    columns_close(&lent);
    CHECK_INT(released, 0);
    columns_close(&call);
    CHECK_INT(released, 1);
    CHECK_INT(cx->memory.live, live);
}

// Whether the check ends the process that calls it.
static bool is_refused(const mb_column *column)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
        mb_column_check(column);
        _exit(0);
    }
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void checking(mb_context *cx)
{
#ifdef MB_CHECKED
    const bool checked = true;
#else
    const bool checked = false;
#endif
    int64_t values[ROWS];
    uint8_t valid[ROWS];
    for (int64_t i = 0; i < ROWS; i++) {
        values[i] = i - 5;
        valid[i] = i != 7;
    }
    columns_call call = {
        .in = {columns_int(cx, values, NULL, ROWS), columns_int(cx, values, valid, ROWS)}};
    mb_facts facts = call.in[0]->facts;
    CHECK(!is_refused(call.in[0]));
    CHECK(!is_refused(call.in[1]));
    call.in[0]->facts.range.minimum = 0;
    CHECK(is_refused(call.in[0]) == checked);
    call.in[0]->facts = facts;
    call.in[0]->facts.missing = 1;
    CHECK(is_refused(call.in[0]) == checked);
    call.in[0]->facts = facts;
    ((uint8_t *)call.in[0]->values.buffer->data)[3] = 0;
    CHECK(is_refused(call.in[0]) == checked);
    ((uint64_t *)call.in[1]->validity.buffer->data)[ROWS / 64] |= UINT64_C(1) << 63;
    CHECK(is_refused(call.in[1]) == checked);
    columns_close(&call);
}

const check_test check_tests[] = {{"column: a host's memory", borrowing},
                                  {"column: invariants are checked", checking},
                                  {NULL, NULL}};
