// What a host hears of a runtime: statuses, messages, what scripts write; and what it may not do.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "host.h"

typedef struct heard {
    char text[4096];
    int lines;
    mb_runtime *runtime;
    int inner; // the status of a call within the callback
} heard;

static void hear_line(void *data, const char *line)
{
    heard *to = data;
    snprintf(to->text, sizeof to->text, "%s", line);
    to->lines++;
}

static void hear_text(void *data, int stream, const char *text, size_t size)
{
    heard *to = data;
    size_t used = strlen(to->text);
    snprintf(to->text + used, sizeof to->text - used, "%d:%.*s", stream, (int)size, text);
    if (to->runtime) to->inner = mb_runtime_string(to->runtime, "c:sum()", "=inner");
}

// All ranks have one message.
static void check_same(const char *message)
{
    char first[8192] = "";
    snprintf(first, sizeof first, "%s", message);
    MPI_Bcast(first, sizeof first, MPI_CHAR, 0, MPI_COMM_WORLD);
    CHECK(strncmp(first, message, sizeof first - 1) == 0);
}

static int same(mb_kernel_block *block, void *data)
{
    (void)data;
    memcpy(block->out, block->in[0], (size_t)block->n * sizeof(double));
    return 0;
}

static void messages(mb_context *unused)
{
    (void)unused;
    mb_runtime *runtime = open_runtime("c = mb.column{1, 2, 3}");
    CHECK(*mb_error(runtime) == '\0');
    const char *text = "local function f() error('too hot') end\nf()";
    CHECK_INT(mb_runtime_string(runtime, text, "=step"), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "step:1: too hot\nstack traceback:");
    CHECK_TEXT(mb_error(runtime), "step:2:");
    check_same(mb_error(runtime));
    text = "if mb.rank() == mb.size() - 1 then error('the last', 0) end";
    CHECK_INT(mb_runtime_string(runtime, text, "=one"), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "the last");
    if (nranks() > 1) CHECK_TEXT(mb_error(runtime), "rank ");
    check_same(mb_error(runtime));
    CHECK_INT(mb_runtime_string(runtime, "c:sum()", "=good"), 0);
    CHECK(*mb_error(runtime) == '\0');
    text = "pcall(function() if mb.rank() == 0 then c:sum() else c:max() end end)";
    CHECK_INT(mb_runtime_string(runtime, text, "=parts"), nranks() > 1);
    if (nranks() > 1) CHECK_TEXT(mb_error(runtime), "the ranks diverged");
    check_same(mb_error(runtime));
    // An argument that is wrong on one rank alone is the reason that all are told.
    const bool last = rank() == nranks() - 1;
    CHECK_INT(mb_set_string(runtime, "text", last ? NULL : "here", 4), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "mb_set_string: a string that is NULL");
    check_same(mb_error(runtime));
    char reason[64];
    snprintf(reason, sizeof reason, "rank %d ended with an error (mb_set_string", nranks() - 1);
    if (nranks() > 1) CHECK(strncmp(mb_error(runtime), reason, strlen(reason)) == 0);
    CHECK_INT(mb_set_string(runtime, "text", "here", 4), 0);
    CHECK_INT(mb_register_kernel(runtime, "same", "double(double)", last ? NULL : same, NULL),
              MB_FAILURE);
    if (nranks() > 1) CHECK_TEXT(mb_error(runtime), "(same: double(double), without a function)");
    if (nranks() > 1) CHECK(!strstr(mb_error(runtime), "mb.on_rank"));
    mb_runtime_close(runtime);
}

static void lines(mb_context *unused)
{
    (void)unused;
    heard to = {{0}, 0, NULL, 0};
    mb_runtime *runtime = open_runtime("c = mb.column{1, 2, 3}");
    CHECK_INT(mb_runtime_message(runtime, hear_line, &to), 0);
    CHECK_INT(mb_runtime_string(runtime, "error('bad', 0)", "=bad"), MB_FAILURE);
    CHECK_INT(to.lines, rank() == 0);
    if (rank() == 0) CHECK_TEXT(to.text, "moonbear: bad");
    CHECK_INT(mb_runtime_message(runtime, NULL, NULL), 0);
    CHECK_INT(mb_runtime_string(runtime, "error('bad', 0)", "=bad"), MB_FAILURE);
    CHECK_INT(to.lines, rank() == 0);
    mb_runtime_close(runtime);
}

static void output(mb_context *unused)
{
    (void)unused;
    heard to = {{0}, 0, NULL, 0};
    mb_runtime *runtime = open_runtime("c = mb.column{1, 2, 3}");
    CHECK_INT(mb_runtime_output(runtime, hear_text, &to), 0);
    CHECK_INT(mb_runtime_string(runtime, "print(c:sum(), 'x')", "=print"), 0);
    CHECK(strcmp(to.text, rank() == 0 ? "1:6\tx\n" : "") == 0);
    to.text[0] = '\0';
    CHECK_INT(mb_runtime_string(runtime, "io.write('ab') io.stderr:write('cd\\n')", "=io"), 0);
    if (rank() == 0) {
        CHECK_TEXT(to.text, "1:ab");
        CHECK_TEXT(to.text, "2:cd\n");
    }
    to.text[0] = '\0';
    const char *alone = "mb.on_rank(mb.size() - 1, function() print 'alone' end)";
    CHECK_INT(mb_runtime_string(runtime, alone, "=alone"), 0);
    CHECK(strcmp(to.text, rank() == nranks() - 1 ? "1:alone\n" : "") == 0);
    to = (heard){{0}, 0, runtime, 0};
    CHECK_INT(mb_runtime_string(runtime, "print 'within'", "=within"), 0);
    if (rank() == 0) {
        CHECK_INT(to.inner, MB_REFUSED);
    }
    CHECK_INT(mb_runtime_output(runtime, NULL, NULL), 0);
    CHECK_INT(mb_runtime_string(runtime, "io.stdout:write('')", "=none"), 0);
    CHECK_INT(mb_runtime_output(runtime, hear_text, &to), 0);
    mb_runtime_close(runtime);
}

static void *call_from_thread(void *runtime)
{
    static char message[256];
    if (mb_runtime_string(runtime, "c:sum()", "=thread") != MB_REFUSED) return NULL;
    mb_runtime_close(runtime); // has no effect
    snprintf(message, sizeof message, "%s", mb_error(runtime));
    return message;
}

static void refusals(mb_context *unused)
{
    (void)unused;
    void *message = NULL;
    pthread_t thread;
    mb_runtime *runtime = open_runtime("c = mb.column{1, 2, 3}");
    pthread_create(&thread, NULL, call_from_thread, runtime);
    pthread_join(thread, &message);
    if (CHECK(message != NULL)) CHECK_TEXT(message, "opened by another thread");
    CHECK_INT(mb_runtime_string(runtime, "assert(c:sum() == 6)", "=good"), 0);
    CHECK_INT(mb_runtime_string(NULL, "c:sum()", "=null"), MB_REFUSED);
    CHECK_TEXT(mb_error(NULL), "mb_runtime_string: the runtime is NULL");
    mb_runtime_close(runtime);
    CHECK_INT(mb_runtime_string(runtime, "c:sum()", "=closed"), MB_REFUSED);
    CHECK_TEXT(mb_error(runtime), "not open");
    mb_runtime_close(runtime);
    mb_runtime_close(NULL);
    CHECK(mb_runtime_open(MPI_COMM_NULL) == NULL);
    CHECK_TEXT(mb_error(NULL), "the communicator is MPI_COMM_NULL");
}

// Two groups of ranks, which are no runtime together.
static void intercommunicator(mb_context *unused)
{
    (void)unused;
    MPI_Comm own, between;
    if (nranks() == 1) return;
    MPI_Comm_split(MPI_COMM_WORLD, rank() % 2, 0, &own);
    MPI_Intercomm_create(own, 0, MPI_COMM_WORLD, 1 - rank() % 2, 0, &between);
    CHECK(mb_runtime_open(between) == NULL);
    CHECK_TEXT(mb_error(NULL), "cannot start: the communicator is an intercommunicator");
    MPI_Comm_free(&between);
    MPI_Comm_free(&own);
}

// What a signal handler may call, after the runtime has gone or before there is one.
static void late_signals(mb_context *unused)
{
    (void)unused;
    mb_runtime *runtime = open_runtime(NULL), *closed = open_runtime(NULL);
    mb_runtime_close(closed);
    for (int i = 0; i < 2; i++) {
        mb_runtime *gone = i ? closed : NULL;
        mb_runtime_interrupt(gone);
        mb_runtime_terminate(gone, SIGTERM);
        mb_runtime_signal(gone, SIGUSR1);
        mb_runtime_progress(gone, NULL, NULL);
    }
    CHECK_INT(mb_runtime_string(runtime, "for i = 1, 100000 do end", "=whole"), 0);
    mb_runtime_interrupt(runtime);
    CHECK_INT(mb_runtime_string(runtime, "while true do end", "=next"), MB_INTERRUPTED);
    CHECK_INT(mb_runtime_string(runtime, "for i = 1, 100000 do end", "=whole"), 0);
    mb_runtime_close(runtime);
}

static void call_back(void *runtime, const char *line)
{
    (void)line;
    CHECK_INT(mb_set_integer(runtime, "x", 1), MB_REFUSED);
    CHECK_TEXT(mb_error(runtime), "called within mb_runtime_string");
}

// What a callback is refused does not hide what its call has failed with.
static void refused_within(mb_context *unused)
{
    (void)unused;
    mb_runtime *runtime = open_runtime(NULL);
    CHECK_INT(mb_runtime_message(runtime, call_back, runtime), 0);
    CHECK_INT(mb_runtime_string(runtime, "error 'mine'", "=script"), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "script:1: mine");
    CHECK_INT(mb_runtime_string(runtime, "x = 1", "=script"), 0);
    CHECK_INT((int)strlen(mb_error(runtime)), 0);
    mb_runtime_close(runtime);
}

// Every pointer that a host may have forgotten is NULL: a status and a message.
static void null_pointers(mb_context *unused)
{
    (void)unused;
    const int64_t values[] = {1, 2, 3};
    const mb_array array = {.type = MB_INT64_ARRAY, .rows = 3, .values = values};
    mb_runtime *runtime = open_runtime("c = mb.column{1, 2, 3} f = mb.frame{c = c}");
    mb_reference column = 0, frame = 0;
    mb_view view;
    int64_t integer;
    CHECK_INT(mb_get_reference(runtime, "c", &column), 0);
    CHECK_INT(mb_get_reference(runtime, "f", &frame), 0);
    const int statuses[] = {mb_runtime_string(runtime, NULL, "=null"),
                            mb_runtime_arguments(runtime, 1, NULL, 0),
                            mb_runtime_arguments(runtime, -1, NULL, 0),
                            mb_set_integer(runtime, NULL, 1),
                            mb_set_string(runtime, "s", NULL, 3),
                            mb_set_reference(runtime, NULL, column),
                            mb_get_integer(runtime, NULL, &integer),
                            mb_get_integer(runtime, "x", NULL),
                            mb_get_number(runtime, "x", NULL),
                            mb_get_boolean(runtime, "x", NULL),
                            mb_get_string(runtime, "x", NULL, NULL),
                            mb_get_reference(runtime, "c", NULL),
                            mb_call_function(runtime, NULL, NULL, 0, NULL, 0),
                            mb_call_function(runtime, "print", NULL, 1, NULL, 0),
                            mb_call_function(runtime, "print", NULL, 0, NULL, 1),
                            mb_column_import(runtime, "x", NULL, NULL),
                            mb_column_import(runtime, NULL, &array, NULL),
                            mb_column_touch(runtime, 0, NULL),
                            mb_column_view(runtime, 0, &view),
                            mb_column_view(runtime, column, NULL),
                            mb_column_read(runtime, column, NULL, NULL, 3),
                            mb_column_text(runtime, column, NULL, NULL),
                            mb_frame_view(runtime, frame, 9, NULL, NULL, &column),
                            mb_frame_import_arrow(runtime, "x", NULL, NULL, NULL),
                            mb_frame_export_arrow(runtime, frame, NULL, NULL),
                            mb_register_kernels(runtime, NULL, 1),
                            mb_register_kernel(runtime, NULL, NULL, NULL, NULL)};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (!CHECK_INT(statuses[i], MB_FAILURE)) fprintf(stderr, "call %d\n", (int)i);
    CHECK_INT(mb_runtime_string(runtime, "assert(c:sum() == 6)", NULL), 0);
    mb_runtime_close(runtime);
}

// Two runtimes, one of some ranks, one of all.
static void two_runtimes(mb_context *unused)
{
    (void)unused;
    MPI_Comm half;
    mb_runtime *all = open_runtime("c = mb.column{1, 2, 3}");
    MPI_Comm_split(MPI_COMM_WORLD, rank() % 2, rank(), &half);
    mb_runtime *some = mb_runtime_open(half);
    if (!CHECK(some != NULL)) MPI_Abort(MPI_COMM_WORLD, 1);
    CHECK_INT(mb_runtime_string(some, "x = mb.range(1, 10):sum()", "=some"), 0);
    CHECK_INT(mb_runtime_string(all, "assert(x == nil and c:sum() == 6)", "=all"), 0);
    CHECK_INT(mb_runtime_string(some, "assert(x == 55 and not c)", "=some"), 0);
    mb_runtime_close(all);
    CHECK_INT(mb_runtime_string(some, "assert(mb.range(1, 10):sum() == x)", "=some"), 0);
    mb_runtime_close(some);
    MPI_Comm_free(&half);
}

const check_test check_tests[] = {
    {"host: messages are the same on all ranks", messages},
    {"host: lines for the user", lines},
    {"host: what scripts write", output},
    {"host: refused calls", refusals},
    {"host: an intercommunicator", intercommunicator},
    {"host: signals of no runtime", late_signals},
    {"host: refused within a call", refused_within},
    {"host: pointers that are NULL", null_pointers},
    {"host: two runtimes", two_runtimes},
    {0},
};
