// Memory that a host gives: that all of it is given back, by the sizes it was taken with; that the
// host may refuse any of it; and that steps of a simulation take none.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

enum { LINE = 64, TAKEN = 0x5eed };

// Before each block, in a line of its own.
typedef struct header {
    size_t size, alignment;
    int taken;
} header;

// A host's memory: what is in use, and what is refused.
typedef struct store {
    size_t bytes, blocks, peak, most; // `most` 0: as many as are asked for
    int64_t takes, column_takes;      // of blocks, and of those of columns alone
    int64_t refuse_after;             // from the n-th block on all are refused; 0: none
    int wrong;                        // blocks whose size or alignment was not theirs
} store;

static int refuses(store *of, size_t more)
{
    if (of->most && of->bytes + more > of->most) return 1;
    if (of->refuse_after == 0 || --of->refuse_after > 0) return 0;
    of->refuse_after = 1;
    return 1;
}

static void *take(store *of, size_t size, size_t alignment)
{
    if (refuses(of, size)) return NULL;
    char *line = aligned_alloc(LINE, (size + 2 * LINE - 1) / LINE * LINE);
    if (!line) return NULL;
    *(header *)line = (header){size, alignment, TAKEN};
    of->bytes += size;
    of->blocks++;
    of->takes++;
    of->column_takes += alignment == LINE;
    if (of->bytes > of->peak) of->peak = of->bytes;
    return line + LINE;
}

static void give(store *of, void *block, size_t size, size_t alignment)
{
    header *head = (header *)((char *)block - LINE);
    if (head->taken != TAKEN || head->size != size || head->alignment != alignment) of->wrong++;
    head->taken = 0;
    of->bytes -= size;
    of->blocks--;
    free(head);
}

static void *allocate(void *data, void *block, size_t old, size_t size, size_t alignment)
{
    store *of = data;
    if (!size) {
        if (block) give(of, block, old, alignment);
        return NULL;
    }
    if (!block) return take(of, size, alignment);
    if (size <= old) { // in place: less is possible always
        header *head = (header *)((char *)block - LINE);
        if (head->size != old) of->wrong++;
        head->size = size;
        of->bytes -= old - size;
        return block;
    }
    void *larger = take(of, size, alignment);
    if (!larger) return NULL;
    memcpy(larger, block, old);
    give(of, block, old, alignment);
    return larger;
}

// A runtime whose memory is the store's on this rank; NULL when it does not open.
static mb_runtime *open_with(store *of)
{
    mb_runtime_allocator(allocate, of);
    mb_runtime *runtime = mb_runtime_open(MPI_COMM_WORLD);
    mb_runtime_allocator(NULL, NULL);
    return runtime;
}

static void check_empty(const store *of)
{
    CHECK_INT(of->bytes, 0);
    CHECK_INT(of->blocks, 0);
    CHECK_INT(of->wrong, 0);
}

static const char work[] = "local n = 300000 local c = mb.range(1, n) * 7 % 1001 "
                           "local s, t = c:sort(), (c % 50):as 'text' "
                           "local keys, counts = t:value_counts() "
                           "local f = mb.frame{a = c, t = t, x = c / 8} "
                           "assert(counts:sum() == n and #keys == 50 and s[1] == 0) "
                           "assert(#f:where(c:gt(500)) > 0) "
                           "assert(mb.group_by(f.t):sum(f.a):sum() == c:sum()) "
                           "kept = f";

static void returned(mb_context *unused)
{
    (void)unused;
    store of = {0}, other = {0};
    mb_runtime *runtime = open_with(&of), *second = open_with(&other);
    if (!CHECK(runtime && second)) return;
    CHECK(of.bytes > 10000);
    const int64_t first = of.column_takes;
    CHECK_INT(mb_runtime_string(runtime, work, "=work"), 0);
    CHECK(of.column_takes > first + 10);
    CHECK(of.peak > 300000 / (size_t)nranks() * 2);
    const size_t bytes = other.bytes;
    CHECK_INT(mb_runtime_string(runtime, "kept = kept.a:eval()", "=work"), 0);
    CHECK(other.bytes == bytes);
    mb_runtime_close(runtime);
    check_empty(&of);
    mb_runtime_close(second);
    check_empty(&other);
    runtime = open_runtime(work); // the system's again
    const int64_t takes = of.takes;
    mb_runtime_close(runtime);
    CHECK_INT(of.takes, takes);
}

// A runtime that cannot open for want of memory on the last rank does so on no rank.
static void refused_at_first(mb_context *unused)
{
    (void)unused;
    if (nranks() > 2) return; // many runtimes
    const bool last = rank() == nranks() - 1;
    int refusals = 0;
    mb_runtime *runtime = NULL;
    for (int64_t n = 1; !runtime && n < 1000000; n += 1 + n) {
        store of = {.refuse_after = last ? n : 0};
        runtime = open_with(&of);
        if (runtime) {
            mb_runtime_close(runtime);
        } else {
            refusals++;
            CHECK_TEXT(mb_error(NULL), "memory");
        }
        check_empty(&of);
    }
    CHECK(runtime && refusals > 5);
}

// What a host does, as one status.
static int use(mb_runtime *runtime, const mb_array *array, mb_reference *made)
{
    mb_reference column = 0;
    mb_variant argument, results[2];
    int status = mb_column_import(runtime, "c", array, &column);
    if (status) return status;
    argument = (mb_variant){.kind = MB_IS_COLUMN, .as.reference = column};
    status = mb_column_touch(runtime, column, NULL);
    if (!status) status = mb_call_function(runtime, "look", &argument, 1, results, 2);
    if (!status) *made = results[0].as.reference;
    if (!status) CHECK_INT(results[1].as.integer, 1000 * nranks());
    (void)mb_release(runtime, column);
    return status;
}

static void refused(mb_context *unused)
{
    (void)unused;
    if (nranks() > 2) return; // each refusal is an operation that is done twice
    const bool last = rank() == nranks() - 1;
    int64_t values[1000];
    store of = {0};
    mb_runtime *runtime = open_with(&of);
    if (!CHECK(runtime)) return;
    for (int i = 0; i < 1000; i++)
        values[i] = i % 10;
    CHECK_INT(
        mb_runtime_string(runtime,
                          "function look(c) local t = {} for i = 1, 50 do t[i] = 'x' .. i end "
                          "local k, n = c:as 'text':value_counts() "
                          "local f = mb.frame{key = k, n = n} "
                          "return f:sort_by 'n', f.n:sum() end",
                          "=look"),
        0);
    const mb_array array = {.type = MB_INT64_ARRAY, .rows = 1000, .values = values};
    int status = MB_FAILURE, refusals = 0;
    mb_reference made = 0;
    for (int64_t n = 1; status && n < 1000000; n += 1 + n / 2) {
        of.refuse_after = last ? n : 0;
        status = use(runtime, &array, &made);
        of.refuse_after = 0;
        refusals += status != 0;
        if (status && !CHECK_INT(status, MB_FAILURE)) break;
        if (status) CHECK_TEXT(mb_error(runtime), "memory");
    }
    CHECK_INT(status, 0);
    CHECK(refusals > 5);
    CHECK_INT(mb_runtime_string(runtime, "assert(c:sum() == 4500 * mb.size())", "=after"), 0);
    mb_runtime_close(runtime);
    check_empty(&of);
}

// The module is loaded by the first call that needs it: which may fail at any place, on the last
// rank alone, and is done once more.
static void refused_module(mb_context *unused)
{
    (void)unused;
    if (nranks() > 2) return; // some of these calls load most of it
    const bool last = rank() == nranks() - 1;
    const double value = 1;
    store of = {0};
    mb_runtime *runtime = open_with(&of);
    if (!CHECK(runtime)) return;
    const mb_array array = {.type = MB_DOUBLE_ARRAY, .rows = 1, .values = &value};
    int status = MB_FAILURE, refusals = 0;
    for (int64_t n = 1; status && n < 1000000; n += 1 + n / 2) {
        of.refuse_after = last ? n : 0;
        status = mb_column_import(runtime, "c", &array, NULL);
        of.refuse_after = 0;
        refusals += status != 0;
        if (status) CHECK_TEXT(mb_error(runtime), "memory");
        if (status) CHECK(strncmp(mb_error(runtime), "the ranks diverged", 18) != 0);
    }
    CHECK_INT(status, 0);
    CHECK(refusals > 5);
    CHECK_INT(mb_runtime_string(runtime, "assert(c:sum() == mb.size())", "=after"), 0);
    mb_runtime_close(runtime);
    check_empty(&of);
}

// A store that is full: columns do not fit, the session goes on, and blocks that are kept for reuse
// are given back first.
static void full(mb_context *unused)
{
    (void)unused;
    store of = {0};
    mb_runtime *runtime = open_with(&of);
    if (!CHECK(runtime)) return;
    of.most = of.bytes + (12 << 20);
    CHECK_INT(mb_runtime_string(runtime, "big = mb.range(1, 8000000 * mb.size()):as 'float':eval()",
                                "=big"),
              MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "out of memory: the host's allocator refuses");
    CHECK_INT(mb_runtime_string(runtime,
                                "for i = 1, 9 do "
                                "  (mb.range(1, i * 120000 * mb.size()) / 3):eval() "
                                "end",
                                "=sizes"),
              0);
    CHECK_INT(mb_runtime_string(runtime, "local t = {} for i = 1, 1e7 do t[i] = i end", "=table"),
              MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "not enough memory");
    CHECK_INT(mb_runtime_string(runtime, "assert(mb.range(1, 1000):sum() == 500500)", "=after"), 0);
    mb_runtime_close(runtime);
    check_empty(&of);
}

// Steps of a simulation: no block of a column is taken after the first one, and memory does not
// grow.
static void steps(mb_context *unused)
{
    (void)unused;
    enum { ROWS = 20000, STEPS = 30 };
    store of = {0};
    mb_runtime *runtime = open_with(&of);
    static double field[ROWS];
    if (!CHECK(runtime)) return;
    CHECK_INT(
        mb_runtime_string(runtime,
                          "function step(c, i) "
                          "  local scaled = (c - c:min()) * 2 "
                          "  local hot = scaled:gt(1):sum() "
                          "  return c:max() == i and hot == #c // 2 and c:mean() == i / 2 end",
                          "=step"),
        0);
    const mb_array array = {.type = MB_DOUBLE_ARRAY, .rows = ROWS, .values = field};
    mb_reference column = 0;
    CHECK_INT(mb_column_import(runtime, NULL, &array, &column), 0);
    mb_variant arguments[] = {{.kind = MB_IS_COLUMN, .as.reference = column},
                              {.kind = MB_IS_INTEGER}};
    mb_variant right;
    int64_t takes = 0;
    size_t bytes = 0;
    for (int i = 1; i <= STEPS; i++) {
        for (int k = 0; k < ROWS; k += 2)
            field[k] = i;
        arguments[1].as.integer = i;
        CHECK_INT(mb_column_touch(runtime, column, NULL), 0);
        CHECK_INT(mb_call_function(runtime, "step", arguments, 2, &right, 1), 0);
        CHECK_INT(right.as.integer, 1);
        if (i == 1) takes = of.column_takes;
        if (i > 1 && i < STEPS) continue;
        CHECK_INT(mb_runtime_string(runtime, "collectgarbage() collectgarbage()", "=gc"), 0);
        if (i == 1) bytes = of.bytes;
    }
    CHECK_INT(of.column_takes, takes);
    CHECK(of.bytes < bytes + 4096);
    mb_runtime_close(runtime);
    check_empty(&of);
}

const check_test check_tests[] = {
    {"memory: all is given back", returned},
    {"memory: refused while opening", refused_at_first},
    {"memory: refused at any time", refused},
    {"memory: refused while the module is loaded", refused_module},
    {"memory: a store that is full", full},
    {"memory: steps of a simulation", steps},
    {0},
};
