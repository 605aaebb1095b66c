// The conversion when memory runs out: each allocation of one rank is made to fail in turn. Every
// rank gets the error, a second try goes on where the first one stopped, and giving up leaves no
// file.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "io/csv/convert.h"

enum { ROWS = 50000, RANGE = 200000 };

static char folder[] = "/tmp/moonbear-convert-XXXXXX";
static char input[64], output[64], expected[64];

static void make_input(mb_context *cx)
{
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    if (mb_rank(cx) == 0) CHECK(mkdtemp(folder));
    mb_broadcast(cx, 0, folder, sizeof folder);
    snprintf(input, sizeof input, "%s/in.csv", folder);
    snprintf(output, sizeof output, "%s/out.hdf", folder);
    snprintf(expected, sizeof expected, "%s/expected.hdf", folder);
    FILE *file = mb_rank(cx) == 0 ? fopen(input, "w") : NULL;
    for (int i = 0; file && i < ROWS; i++)
        fprintf(file, "%d,Comp%06d\n", i * 7, i % 900000);
    if (file) fclose(file);
}

static mb_conversion *new_conversion(mb_context *cx, const char *to)
{
    mb_csv_format format = {0};
    mb_conversion *conversion = NULL;
    CHECK_OK(cx, mb_csv_format_add(cx, &format, "n", "int"));
    CHECK_OK(cx, mb_csv_format_add(cx, &format, "device", "device"));
    mb_conversion_options options = {.format = &format, .level = 1, .range = RANGE};
    CHECK_OK(cx, mb_conversion_new(cx, &options, &conversion));
    CHECK_OK(cx, mb_conversion_add(conversion, input, to));
    return conversion;
}

static mb_status operate(mb_context *cx, mb_body body, mb_conversion *conversion)
{
    mb_signature signature;
    mb_signature_begin(&signature, "conversion", "");
    return mb_operate(cx, &signature, body, conversion);
}

// Runs a step; when memory runs out once more, if `again`. Counts the failures.
static mb_status run(mb_context *cx, mb_body body, mb_conversion *conversion, bool again,
                     int *failures)
{
    mb_status status = operate(cx, body, conversion);
    if (status == MB_EMEMORY) ++*failures;
    return status == MB_EMEMORY && again ? operate(cx, body, conversion) : status;
}

// Converts the input with the n-th allocation of a rank failing; whether it came to its end.
static bool convert(mb_context *cx, const char *to, int victim, int n, bool again, int *failures)
{
    int64_t total;
    bool over = false;
    mb_conversion *conversion = new_conversion(cx, to);
    mb_memory_inject(&cx->memory, mb_rank(cx) == victim ? n : 0, 0);
    mb_status status = run(cx, mb_conversion_begin, conversion, again, failures);
    while (!status && !over) {
        status = run(cx, mb_conversion_batch, conversion, again, failures);
        mb_conversion_progress(conversion, &total, &over);
    }
    mb_memory_inject(&cx->memory, 0, 0);
    if (status) CHECK_INT(status, MB_EMEMORY);
    mb_conversion_close(conversion);
    return !status;
}

static bool same_files(const char *a, const char *b)
{
    FILE *x = fopen(a, "rb"), *y = fopen(b, "rb");
    bool same = x && y;
    for (int c = 0; same && c != EOF;) {
        c = getc(x);
        same = c == getc(y);
    }
    if (x) fclose(x);
    if (y) fclose(y);
    return same;
}

static void fail_in_turn(mb_context *cx, bool again)
{
    int failures = 0, none = 0;
    make_input(cx);
    CHECK(convert(cx, expected, 0, 0, false, &none));
    for (int victim = 0; victim<mb_nranks(cx); victim += mb_nranks(cx)> 1 ? mb_nranks(cx) - 1 : 1) {
        for (int n = 1; n < 100; n++) {
            int before = failures;
            bool whole = convert(cx, output, victim, n, again, &failures);
            CHECK(whole == (again || failures == before));
            if (mb_rank(cx) == 0) {
                CHECK(whole == (access(output, F_OK) == 0));
                if (whole) CHECK(same_files(output, expected));
                unlink(output);
            }
            if (failures == before) break;
        }
    }
    CHECK(failures >= 5);
    if (mb_rank(cx) == 0) {
        unlink(input);
        unlink(expected);
        CHECK_INT(rmdir(folder), 0); // nothing else is left
    }
}

static void giving_up(mb_context *cx)
{
    fail_in_turn(cx, false);
}

static void trying_again(mb_context *cx)
{
    fail_in_turn(cx, true);
}

const check_test check_tests[] = {
    {"a failed allocation leaves no file", giving_up},
    {"after a failed allocation the conversion goes on", trying_again},
    {NULL, NULL},
};
