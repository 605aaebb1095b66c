// Arrays of a host as columns: each type, in place, at the end of what can be read, and never
// written to; missing rows, strides, changes, release, bad input.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host.h"

// Runs a chunk that must go well.
static void run(mb_runtime *runtime, const char *chunk)
{
    if (!CHECK_INT(mb_runtime_string(runtime, chunk, "=chunk"), 0))
        fprintf(stderr, "%s\n", mb_error(runtime));
}

// An array that ends where memory ends, which can be made read-only.
typedef struct fenced {
    char *pages, *values;
    size_t size;
} fenced;

static fenced fence(const void *values, size_t size)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (size + page) / page * page;
    fenced made = {.size = whole};
    made.pages =
        mmap(NULL, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made.pages == MAP_FAILED) MPI_Abort(MPI_COMM_WORLD, 1);
    made.values = made.pages + whole - size;
    memcpy(made.values, values, size);
    mprotect(made.pages, whole, PROT_READ);
    mprotect(made.pages + whole, page, PROT_NONE);
    return made;
}

static void unfence(fenced *array)
{
    munmap(array->pages, array->size + (size_t)sysconf(_SC_PAGESIZE));
}

// Row i of all ranks, from 0, as an array of the type has it.
static double value_of(mb_array_type type, int64_t i)
{
    switch (type) {
    case MB_BOOL_ARRAY: return (double)(i % 3 == 0);
    case MB_INT8_ARRAY: return (double)(i * 7 % 200 - 100);
    case MB_INT16_ARRAY: return (double)(i * 701 % 60000 - 30000);
    case MB_INT32_ARRAY: return (double)(i * 70001 % 4000000 - 2000000);
    case MB_INT64_ARRAY: return (double)(i * 700001 % 5000000011 - 2000000000);
    case MB_UINT8_ARRAY: return (double)(i * 7 % 256);
    case MB_UINT16_ARRAY: return (double)(i * 701 % 65536);
    case MB_UINT32_ARRAY: return (double)(i * 70001 % 4294967295);
    case MB_UINT64_ARRAY: return (double)(i * 700001 % 5000000011);
    default: return (double)(i * 31 % 1001) / 8 - 40;
    }
}

#define PUT(type)                                                                                  \
    ((type *)out)[i] = (type)value;                                                                \
    break

static size_t put(mb_array_type type, void *out, int64_t i, double value)
{
    static const size_t widths[] = {1, 2, 4, 8, 1, 2, 4, 8, 4, 8, 1};
    switch (type) {
    case MB_INT8_ARRAY: PUT(int8_t);
    case MB_INT16_ARRAY: PUT(int16_t);
    case MB_INT32_ARRAY: PUT(int32_t);
    case MB_INT64_ARRAY: PUT(int64_t);
    case MB_UINT8_ARRAY:
    case MB_BOOL_ARRAY: PUT(uint8_t);
    case MB_UINT16_ARRAY: PUT(uint16_t);
    case MB_UINT32_ARRAY: PUT(uint32_t);
    case MB_UINT64_ARRAY: PUT(uint64_t);
    case MB_FLOAT_ARRAY: PUT(float);
    default: PUT(double);
    }
    return widths[type];
}

// Ranks have different numbers of rows, the first one none where there are several.
static int64_t rows_of(int r, int64_t n)
{
    return nranks() > 1 && r == 0 ? 0 : n + r;
}

static int64_t first_of(int r, int64_t n)
{
    int64_t first = 0;
    for (int i = 0; i < r; i++)
        first += rows_of(i, n);
    return first;
}

static int released;

static void note_release(void *data)
{
    released += *(int *)data;
}

static const char ask[] =
    "local s = {} "
    "s[1] = c:as(c:type() == 'bool' and 'int' or c:type()):sum() "
    "local t = c:to_table() n = #t "
    "local sum = 0 for _, x in ipairs(t) do "
    "  sum = sum + (x == true and 1 or x == false and 0 or x) end "
    "assert(sum == s[1], sum .. ' ' .. tostring(s[1])) "
    "total = s[1] * 1.0 "
    "if c:type() ~= 'bool' then "
    "  local sorted = c:sort() "
    "  local plain = table.move(t, 1, #t, 1, {}) table.sort(plain) "
    "  for _, i in ipairs{1, #t // 2, #t} do assert(sorted[i] == plain[i]) end "
    "  local keys, counts = c:value_counts() assert(counts:sum() == #t) "
    "  local m = c:gt(plain[#t // 2]) local k = c[m] "
    "  local count = 0 for _, x in ipairs(t) do if x > plain[#t // 2] then count = count + 1 end "
    "  end assert(#k == count and m:sum() == count) "
    "  assert((c + c):max() == 2 * plain[#t]) "
    "  assert(c:unique()[1] == plain[1]) "
    "  assert((c:as 'float' ^ 0.5):min() ~= 7) "
    "  assert(mb.concat{c, c}:sum() == 2 * s[1]) "
    "  assert(c:slice(2, -2):sum() == s[1] - t[1] - t[#t]) "
    "  assert(c[mb.range(1, #t)]:sum() == s[1]) "
    "else local m = ~c assert(m:sum() == n - s[1] and (c & m):sum() == 0 and #c[m] == n - s[1]) "
    "  assert(c:where(1, 0):sum() == s[1]) end";

static void each_type(mb_context *unused)
{
    (void)unused;
    mb_runtime *runtime = open_runtime(NULL);
    double values[2000];
    for (int type = MB_INT8_ARRAY; type <= MB_BOOL_ARRAY; type++) {
        for (int64_t n = 3; n < 1200; n = n * 6 + 1) {
            int64_t rows = rows_of(rank(), n), first = first_of(rank(), n);
            int64_t all = first_of(nranks(), n);
            size_t width = 1;
            double expected = 0;
            for (int64_t i = 0; i < rows; i++)
                width =
                    put((mb_array_type)type, values, i, value_of((mb_array_type)type, first + i));
            for (int64_t i = 0; i < all; i++)
                expected += value_of((mb_array_type)type, i);
            fenced array = fence(values, (size_t)rows * width);
            int one = 1;
            released = 0;
            mb_array shared = {.type = (mb_array_type)type,
                               .rows = rows,
                               .values = rows ? array.values : NULL,
                               .release = note_release,
                               .data = &one};
            if (!CHECK_INT(mb_column_import(runtime, "c", &shared, NULL), 0))
                fprintf(stderr, "%s\n", mb_error(runtime));
            run(runtime, ask);
            int64_t count = 0;
            double total = 0;
            CHECK_INT(mb_get_integer(runtime, "n", &count), 0);
            CHECK_INT(count, all);
            CHECK_INT(mb_get_number(runtime, "total", &total), 0);
            CHECK(total == expected);
            CHECK_INT(released, 0);
            run(runtime, "c:close() c = nil collectgarbage() collectgarbage()");
            CHECK_INT(released, 1);
            unfence(&array);
        }
    }
    mb_runtime_close(runtime);
}

static void missing_rows(mb_context *unused)
{
    (void)unused;
    mb_runtime *runtime = open_runtime(NULL);
    int32_t values[100];
    uint8_t bits[13];
    for (int i = 0; i < 100; i++)
        values[i] = i + 100 * rank();
    memset(bits, 0xff, sizeof bits);
    bits[3] = 0; // rows 24 to 31
    // The last rank alone has missing rows.
    mb_array shared = {.type = MB_INT32_ARRAY,
                       .rows = 100,
                       .values = values,
                       .validity = rank() == nranks() - 1 ? bits : NULL};
    mb_reference column = 0;
    CHECK_INT(mb_column_import(runtime, "c", &shared, &column), 0);
    run(runtime, "assert(c:info().missing == 8) local at = #c - 100 "
                 "assert(c[at + 24] == at + 23 and c[at + 25] == nil and c[at + 33] == at + 32) "
                 "local n = #c assert(c:sum() == n * (n - 1) // 2 - (8 * at + 220))");
    memset(bits, 0xff, sizeof bits);
    CHECK_INT(mb_column_touch(runtime, column, NULL), 0);
    run(runtime, "assert(c:info().missing == 0) local n = #c assert(c:sum() == n * (n - 1) // 2)");
    CHECK_INT(mb_release(runtime, column), 0);
    mb_runtime_close(runtime);
}

static void strides(mb_context *unused)
{
    (void)unused;
    mb_runtime *runtime = open_runtime(NULL);
    struct {
        double x;
        int16_t k, unused[3];
    } rows[50];
    for (int i = 0; i < 50; i++) {
        rows[i].x = i / 4.0;
        rows[i].k = (int16_t)(i - 25);
    }
    mb_array x = {.type = MB_DOUBLE_ARRAY, .rows = 50, .values = &rows->x, .stride = sizeof *rows};
    mb_array k = {.type = MB_INT16_ARRAY, .rows = 50, .values = &rows->k, .stride = sizeof *rows};
    mb_reference column = 0;
    CHECK_INT(mb_column_import(runtime, "x", &x, &column), 0);
    CHECK_INT(mb_column_import(runtime, "k", &k, NULL), 0);
    run(runtime, "assert(x:sum() == 306.25 * mb.size() and k:sum() == -25 * mb.size()) "
                 "assert((x * 4 - 25):eq(k):all())");
    for (int i = 0; i < 50; i++)
        rows[i].x = 1;
    CHECK_INT(mb_column_touch(runtime, column, NULL), 0);
    run(runtime, "assert(x:sum() == 50 * mb.size())");
    mb_runtime_close(runtime);
}

static void text(mb_context *unused)
{
    (void)unused;
    mb_runtime *runtime = open_runtime(NULL);
    const char *words[] = {"tcp", "udp", NULL, "", "tcp"};
    const int64_t offsets[] = {1, 4, 4, 9};
    int one = 1;
    released = 0;
    mb_array strings = {
        .type = MB_STRING_ARRAY, .rows = 5, .values = words, .release = note_release, .data = &one};
    mb_array packed = {.type = MB_TEXT_ARRAY, .rows = 3, .values = offsets, .bytes = "xonethree"};
    mb_reference column = 0;
    CHECK_INT(mb_column_import(runtime, "s", &strings, &column), 0);
    CHECK_INT(released, 1);
    CHECK_INT(mb_column_import(runtime, "p", &packed, NULL), 0);
    run(runtime, "assert(#s == 5 * mb.size() and s:eq('tcp'):sum() == 2 * mb.size()) "
                 "assert(s[3] == nil and s[4] == '' and p[1] == 'one' and p[2] == '' and "
                 "p[3] == 'three')");
    const int64_t *from = NULL;
    const char *bytes = NULL;
    if (CHECK_INT(mb_column_text(runtime, column, &from, &bytes), 0)) {
        CHECK_INT(from[5], 9);
        CHECK(memcmp(bytes, "tcpudptcp", 9) == 0);
    }
    CHECK_INT(mb_column_touch(runtime, column, NULL), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "not a column of an array that is shared");
    packed.stride = 16;
    CHECK_INT(mb_column_import(runtime, "p", &packed, NULL), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "have no stride of 16");
    mb_runtime_close(runtime);
}

// Filters by an array of bools keep their rows; those of one step share a copy of it.
static void masks(mb_context *unused)
{
    (void)unused;
    enum { N = 3000 };
    mb_runtime *runtime = open_runtime(NULL);
    double values[N];
    uint8_t chosen[N];
    for (int i = 0; i < N; i++) {
        values[i] = i;
        chosen[i] = i % 3 == 0;
    }
    mb_array numbers = {.type = MB_DOUBLE_ARRAY, .rows = N, .values = values};
    mb_array bools = {.type = MB_BOOL_ARRAY, .rows = N, .values = chosen};
    mb_reference mask = 0;
    CHECK_INT(mb_column_import(runtime, "x", &numbers, NULL), 0);
    CHECK_INT(mb_column_import(runtime, "mask", &bools, &mask), 0);
    run(runtime, "n = mb.size() same = mask:as('bool') "
                 "old, own, cast, unused = x[mask], mask[mask], x[same], x[mask] "
                 "local before = mb.core.memory() for i = 1, 20 do local k <close> = x[mask] end "
                 "assert(mb.core.memory() <= before + 4096)");
    for (int i = 0; i < N; i++)
        chosen[i] = i % 2 == 0;
    CHECK_INT(mb_column_touch(runtime, mask, NULL), 0);
    run(runtime, "local thirds, halves = 500 * 2997 * n, 750 * 2998 * n "
                 "assert(old:sum() == thirds and own:sum() == 500 * n and cast:sum() == thirds) "
                 "assert(x[mask]:sum() == halves and x[same]:sum() == halves) "
                 "assert(#mask[mask] == 1500 * n and x[mask]:sum() == halves)");
    chosen[1] = 2;
    CHECK_INT(mb_column_touch(runtime, mask, NULL), MB_FAILURE);
    memset(chosen, 1, N);
    CHECK_INT(mb_column_touch(runtime, mask, NULL), 0);
    run(runtime, "assert(#x[mask] == 3000 * n and unused:sum() == 500 * 2997 * n)");
    mb_runtime_close(runtime);
}

// Bytes of missing rows are no bools: what is computed does not see them, before and after a touch.
static void missing_bools(mb_context *unused)
{
    (void)unused;
    enum { N = 1000 };
    mb_runtime *runtime = open_runtime(NULL);
    uint8_t bytes[2 * N], bits[N / 8];
    mb_array array = {.type = MB_BOOL_ARRAY, .rows = N, .values = bytes, .validity = bits};
    mb_reference column = 0;
    for (int stride = 1; stride <= 2; stride++) {
        array.stride = stride;
        memset(bits, 0, sizeof bits);
        for (int i = 0; i < N; i++) {
            bits[i / 8] |= (uint8_t)((i % 4 != 3) << i % 8);
            bytes[i * stride] = (uint8_t)(i % 4 == 3 ? 0 : i % 2);
        }
        CHECK_INT(mb_column_import(runtime, "c", &array, &column), 0);
        for (int garbage = 0; garbage < 3; garbage++) { // none, some, none
            for (int i = 3; i < N; i += 4)
                bytes[i * stride] = (uint8_t)(garbage == 1 ? 2 + i % 254 : 0);
            if (garbage) CHECK_INT(mb_column_touch(runtime, column, NULL), 0);
            run(runtime,
                "local n = mb.size() "
                "assert(c:sum() == 250 * n and (~c):sum() == 500 * n and #c[c] == 250 * n) "
                "assert((c | mb.full(#c, true)):sum() == 1000 * n) "
                "assert(c:info().missing == 250 * n and c:as('int'):sum() == 250 * n) "
                "local keys, counts = c:value_counts() assert(counts:sum() == 750 * n) "
                "assert(c:sort()[1] == false and c[4] == nil)");
        }
        CHECK_INT(mb_release(runtime, column), 0);
    }
    bytes[0] = 2;
    CHECK_INT(mb_column_import(runtime, "c", &array, NULL), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "a bool that is 2, not 0 or 1, in row 0");
    mb_runtime_close(runtime);
}

// What depends on an array that has changed.
static void changes(mb_context *unused)
{
    (void)unused;
    enum { N = 5000 };
    mb_runtime *runtime = open_runtime(NULL);
    int64_t *values = malloc(N * sizeof *values);
    int8_t *small = malloc(N);
    for (int i = 0; i < N; i++) {
        values[i] = i;
        small[i] = (int8_t)(i % 100);
    }
    mb_array shared = {.type = MB_INT64_ARRAY, .rows = N, .values = values};
    mb_array narrow = {.type = MB_INT8_ARRAY, .rows = N, .values = small};
    mb_reference column = 0, other = 0;
    CHECK_INT(mb_column_import(runtime, "c", &shared, &column), 0);
    CHECK_INT(mb_column_import(runtime, "d", &narrow, &other), 0);
    run(runtime, "twice = c * 2 high = twice:gt(5000) few = c[high] part = c:slice(1, 10) "
                 "assert(part:sum() == 45) n = mb.size()");
    for (int64_t step = 0; step < 4; step++) {
        for (int i = 0; i < N; i++) {
            values[i] = i + step * 1000000;
            small[i] = (int8_t)(i % 100 - (step % 3) * 60);
        }
        CHECK_INT(mb_column_touch(runtime, column, NULL), 0);
        CHECK_INT(mb_column_touch(runtime, other, NULL), 0);
        CHECK_INT(mb_set_integer(runtime, "step", step), 0);
        run(runtime, "local s = step * 1000000 "
                     "assert(c[1] == s and twice[2] == 2 * s + 2 and c:max() == s + 4999) "
                     "assert(twice:sum() == n * (4999 * 5000 + 2 * 5000 * s)) "
                     "assert(twice:max() == 2 * s + 9998 and twice:sort()[1] == 2 * s) "
                     "assert(high:sum() == (step == 0 and 2499 or 5000) * n) "
                     "assert(part:sum() == 45 and #few == 2499 * n) "
                     "assert(d:min() == -(step % 3) * 60 and d:max() == 99 - (step % 3) * 60) "
                     "local k, m = d:value_counts() assert(#k == 100 and m:max() == 50 * n)");
    }
    mb_runtime_close(runtime);
    free(values);
    free(small);
}

// Where the extremes of an array are is found once, and again after a touch; a range that was told
// is not taken for that of the values.
static void extremes(mb_context *unused)
{
    (void)unused;
    enum { N = 150000 };
    mb_runtime *runtime = open_runtime(NULL);
    int32_t *values = malloc(N * sizeof *values);
    uint8_t *bits = malloc(N / 8);
    const int64_t range[] = {-10000000, 2000000000};
    mb_array shared = {.type = MB_INT32_ARRAY, .rows = N, .values = values, .range = range};
    mb_reference column = 0;
    for (int step = 0; step < 4; step++) {
        memset(bits, 0xff, N / 8);
        for (int i = 0; i < N; i++)
            values[i] = (int32_t)((int64_t)(i + N * rank()) * 7919 % 1000003) - step * 2000000;
        if (step == 3)
            for (int i = 0; i < N; i++)
                if (values[i] > 999990 - step * 2000000) bits[i / 8] &= (uint8_t) ~(1U << i % 8);
        shared.range = step == 0 ? range : NULL;
        shared.validity = step == 2 ? bits : NULL;
        if (step % 2) {
            CHECK_INT(mb_column_touch(runtime, column, step == 1 ? range : NULL), 0);
        } else {
            CHECK_INT(mb_release(runtime, column), 0);
            CHECK_INT(mb_column_import(runtime, "c", &shared, &column), 0);
        }
        run(runtime,
            "for _ = 1, 2 do "
            "  local sorted = c:sort() "
            "  local n, some = #c - c:is_missing():sum(), {} for i = 1, 9 do some[i] = sorted[n + "
            "1 - i] end "
            "  for i, x in ipairs((c:topk(9)):to_table()) do assert(x == some[i]) end "
            "  for i, x in ipairs((c:bottomk(9)):to_table()) do assert(x == sorted[i]) end "
            "  local counts, edges = c:histogram{bins = 7} "
            "  assert(counts:sum() == n and edges[1] == sorted[1] and edges[-1] == sorted[n]) "
            "end");
    }
    mb_runtime_close(runtime);
    free(values);
    free(bits);
}

static void wrong_arrays(mb_context *unused)
{
    (void)unused;
    mb_runtime *runtime = open_runtime(NULL);
    const uint8_t bytes[] = {0, 1, 1, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    const int64_t numbers[] = {1, 2, 3}, range[] = {3, 1};
    const bool last = rank() == nranks() - 1;
    int one = 1;
    released = 0;
    mb_array a = {
        .type = MB_BOOL_ARRAY, .rows = 5, .values = bytes, .release = note_release, .data = &one};
    CHECK_INT(mb_column_import(runtime, "c", &a, NULL), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "mb_column_import: a bool that is 2, not 0 or 1, in row 3");
    a.rows = last ? 5 : 3;
    CHECK_INT(mb_column_import(runtime, "c", &a, NULL), MB_FAILURE);
    char blamed[48] = "mb_column_import: a bool";
    if (nranks() > 1) snprintf(blamed, sizeof blamed, "rank %d: mb_column_import", nranks() - 1);
    CHECK_TEXT(mb_error(runtime), blamed);
    a = (mb_array){.type = MB_INT64_ARRAY, .rows = last ? 1 : 0, .values = NULL};
    CHECK_INT(mb_column_import(runtime, "c", &a, NULL), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "the array of 1 row is NULL");
    a = (mb_array){.type = MB_INT64_ARRAY, .rows = 1, .values = bytes + 1};
    CHECK_INT(mb_column_import(runtime, "c", &a, NULL), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "multiples of their 8 bytes");
    a = (mb_array){.type = MB_INT64_ARRAY, .rows = -1, .values = numbers};
    CHECK_INT(mb_column_import(runtime, "c", &a, NULL), MB_FAILURE);
    a = (mb_array){.type = (mb_array_type)77, .rows = 1, .values = numbers};
    CHECK_INT(mb_column_import(runtime, "c", &a, NULL), MB_FAILURE);
    a = (mb_array){.type = MB_INT64_ARRAY, .rows = 3, .values = numbers, .range = range};
    CHECK_INT(mb_column_import(runtime, "c", &a, NULL), MB_FAILURE);
    a.range = NULL;
    CHECK_INT(mb_column_import(runtime, "no.such", &a, NULL), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "mb_column_import: 'no' is nil, not a table");
    CHECK_INT(mb_column_import(runtime, NULL, &a, NULL), MB_FAILURE);
    CHECK_INT(mb_column_import(runtime, "c", NULL, NULL), MB_FAILURE);
    if (nranks() > 1) {
        a.type = last ? MB_UINT64_ARRAY : MB_INT64_ARRAY;
        CHECK_INT(mb_column_import(runtime, "c", &a, NULL), MB_FAILURE);
        CHECK_TEXT(mb_error(runtime), "the ranks diverged");
        CHECK_TEXT(mb_error(runtime), "type: MB_UINT64_ARRAY");
    }
    CHECK_INT(released, 0);
    run(runtime, "assert(c == nil)");
    mb_runtime_close(runtime);
}

// A callback that calls back; arrays that are given back at the end; columns in a frame.
static mb_runtime *called;

static void call_back(void *data)
{
    *(int *)data = mb_runtime_string(called, "x = 1", "=back");
}

static void ends(mb_context *unused)
{
    (void)unused;
    const float values[] = {1, 2, 3.5f};
    int inner = 0;
    mb_reference column = 0;
    called = open_runtime(NULL);
    mb_array a = {
        .type = MB_FLOAT_ARRAY, .rows = 3, .values = values, .release = call_back, .data = &inner};
    CHECK_INT(mb_column_import(called, "c", &a, &column), 0);
    run(called, "f = mb.frame{x = c} c = nil collectgarbage()");
    CHECK_INT(inner, 0);
    run(called, "assert(f.x:sum() == 6.5 * mb.size())");
    mb_runtime_close(called);
    CHECK_INT(inner, MB_REFUSED);
    CHECK_INT(mb_release(called, column), MB_REFUSED);
}

static void many_runtimes(mb_context *unused)
{
    (void)unused;
    const int64_t values[] = {1, 2, 3};
    const int times = nranks() > 2 ? 3 : 10;
    for (int i = 0; i < times; i++) {
        mb_runtime *runtime = open_runtime(NULL);
        mb_array a = {.type = MB_INT64_ARRAY, .rows = 3, .values = values};
        CHECK_INT(mb_column_import(runtime, "c", &a, NULL), 0);
        run(runtime, "assert(c:sum() == 6 * mb.size())");
        mb_runtime_close(runtime);
    }
}

const check_test check_tests[] = {
    {"share: each type, in place", each_type},
    {"share: missing rows", missing_rows},
    {"share: strides", strides},
    {"share: text", text},
    {"share: masks", masks},
    {"share: bools of missing rows", missing_bools},
    {"share: arrays that change", changes},
    {"share: extremes", extremes},
    {"share: wrong arrays", wrong_arrays},
    {"share: release", ends},
    {"share: many runtimes", many_runtimes},
    {0},
};
