#include "check.h"

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comm/comm.h"
#include "core/hash.h"

static int64_t failures;
static int my_rank;
static const char *running;

static void report(const char *file, int line)
{
    failures++;
    fprintf(stderr, "FAIL %s [rank %d] %s:%d: ", running, my_rank, file, line);
}

bool check_that(bool holds, const char *text, const char *file, int line)
{
    if (holds) return true;
    report(file, line);
    fprintf(stderr, "%s\n", text);
    return false;
}

bool check_int(int64_t actual, int64_t expected, const char *text, const char *file, int line)
{
    if (actual == expected) return true;
    report(file, line);
    fprintf(stderr, "%s is %lld, not %lld\n", text, (long long)actual, (long long)expected);
    return false;
}

bool check_text(const char *text, const char *part, const char *file, int line)
{
    if (strstr(text, part)) return true;
    report(file, line);
    fprintf(stderr, "\"%s\" lacks \"%s\"\n", text, part);
    return false;
}

bool check_status(mb_context *cx, mb_status actual, mb_status expected, const char *text,
                  const char *file, int line)
{
    if (actual == expected) return true;
    report(file, line);
    fprintf(stderr, "%s gives %d, not %d (message: %s)\n", text, (int)actual, (int)expected,
            cx->message);
    return false;
}

void check_open(mb_context *cx)
{
    enum { BUDGET = 64 << 20 };
    MPI_Comm world = MPI_COMM_WORLD;
    memset(cx, 0, sizeof *cx);
    (void)mb_settings_read(&cx->settings, cx->message, sizeof cx->message);
    mb_memory_open(&cx->memory, BUDGET, (mb_memory_source){0});
    if (mb_comm_open(cx, &world)) MPI_Abort(MPI_COMM_WORLD, 1);
}

void check_close(mb_context *cx)
{
    mb_comm_close(cx);
    mb_memory_close(&cx->memory);
}

int64_t check_random(uint64_t *state, int64_t below)
{
    return (int64_t)(mb_mix(++*state) % (uint64_t)below);
}

// Runs one test on all ranks; whether it passed on all.
static bool passes(const check_test *test)
{
    static mb_context cx; // too large for a stack
    failures = 0;
    running = test->name;
    check_open(&cx);
    test->run(&cx);
    CHECK_INT(cx.memory.live, 0);
    check_close(&cx);
    MPI_Allreduce(MPI_IN_PLACE, &failures, 1, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
    return failures == 0;
}

int main(int argc, char **argv)
{
    int passed = 0, failed = 0;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &my_rank);
    for (const check_test *test = check_tests; test->name; test++) {
        if (argc > 1 && !strstr(test->name, argv[1])) continue;
        if (passes(test))
            passed++;
        else
            failed++;
    }
    if (my_rank == 0) printf("%d passed, %d failed\n", passed, failed);
    MPI_Finalize();
    return failed > 0;
}
