// Record batches of Arrow as frames, and back: each format, offsets, missing rows, slices, who
// releases what, and batches that are wrong.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind/runtime.h"
#include "host.h"

enum { MOST = 24, BUFFERS = 5 };

// A batch that a test makes of static memory, and counts the releases of.
typedef struct producer {
    struct ArrowSchema schema, columns[MOST], dictionaries[MOST], *schemas[MOST];
    struct ArrowArray array, arrays[MOST], entries[MOST], *children[MOST];
    const void *buffers[MOST][BUFFERS], *entry_buffers[MOST][BUFFERS], *none[1];
    int n, released_schemas, released_arrays;
} producer;

static void release_schema(struct ArrowSchema *schema)
{
    ((producer *)schema->private_data)->released_schemas++;
    schema->release = NULL;
}

static void release_array(struct ArrowArray *array)
{
    ((producer *)array->private_data)->released_arrays++;
    array->release = NULL;
}

static void begin(producer *of, int64_t rows)
{
    memset(of, 0, sizeof *of);
    of->schema = (struct ArrowSchema){
        .format = "+s", .children = of->schemas, .release = release_schema, .private_data = of};
    of->array = (struct ArrowArray){.length = rows,
                                    .n_buffers = 1,
                                    .buffers = of->none,
                                    .children = of->children,
                                    .release = release_array,
                                    .private_data = of};
}

// Adds a column; its validity may be NULL. Returns its array.
static struct ArrowArray *add(producer *of, const char *name, const char *format,
                              const void *validity, const void *values, const void *bytes)
{
    const int i = of->n++;
    of->columns[i] =
        (struct ArrowSchema){.format = format, .name = name, .release = release_schema};
    of->arrays[i] = (struct ArrowArray){.length = of->array.length,
                                        .null_count = validity ? -1 : 0,
                                        .n_buffers = bytes ? 3 : 2,
                                        .buffers = of->buffers[i],
                                        .release = release_array};
    of->buffers[i][0] = validity;
    of->buffers[i][1] = values;
    of->buffers[i][2] = bytes;
    of->schemas[i] = &of->columns[i];
    of->children[i] = &of->arrays[i];
    of->schema.n_children = of->array.n_children = of->n;
    return &of->arrays[i];
}

// Makes the column that was added last one of numbers of strings.
static void add_dictionary(producer *of, const char *format, int64_t n, const void *offsets,
                           const void *bytes)
{
    const int i = of->n - 1;
    of->dictionaries[i] = (struct ArrowSchema){.format = format, .release = release_schema};
    of->entries[i] = (struct ArrowArray){
        .length = n, .n_buffers = 3, .buffers = of->entry_buffers[i], .release = release_array};
    of->entry_buffers[i][1] = offsets;
    of->entry_buffers[i][2] = bytes;
    of->columns[i].dictionary = &of->dictionaries[i];
    of->arrays[i].dictionary = &of->entries[i];
}

static void run(mb_runtime *runtime, const char *chunk)
{
    if (!CHECK_INT(mb_runtime_string(runtime, chunk, "=chunk"), 0))
        fprintf(stderr, "%s\n", mb_error(runtime));
}

static void import(mb_runtime *runtime, producer *of, mb_reference *frame)
{
    if (!CHECK_INT(mb_frame_import_arrow(runtime, "f", &of->schema, &of->array, frame), 0))
        fprintf(stderr, "%s\n", mb_error(runtime));
    CHECK(!of->schema.release && !of->array.release);
    CHECK_INT(of->released_schemas, 1);
}

static const int8_t bytes_[] = {-1, 2, -3, 4, 5};
static const uint8_t small[] = {255, 0, 1, 2, 3};
static const int16_t shorts[] = {-300, 2, 3, 4, 300};
static const uint16_t ports[] = {65535, 80, 443, 22, 0};
static const int32_t ints[] = {-70000, 1, 2, 3, 70000};
static const uint32_t words[] = {4294967295U, 0, 1, 2, 3};
static const int64_t longs[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
static const uint64_t ulongs[] = {UINT64_MAX, 0, 1, 2, 3};
static const float floats[] = {0.5f, 1, 2, 3, -1.5f};
static const double doubles[] = {0.25, 1, 2, 3, -1.25};
static const int64_t moments[] = {0, 1000, 86400000, -1, 5};
static const uint8_t bools[] = {0x15}; // rows 1, 3, 5
static const uint8_t holes[] = {0x1d}; // not row 2
static const int32_t ends[] = {0, 2, 2, 5, 5, 6};
static const int64_t large_ends[] = {0, 2, 2, 5, 5, 6};
static const char letters[] = "abcdef";
static const uint8_t numbers[] = {1, 0, 1, 0, 9};
static const uint8_t but_last[] = {0x0f};
static const int32_t entry_ends[] = {0, 3, 6};
static const char far[] = "....a string that is long";

// As views lie: short ones in the row.
static const struct {
    int32_t length;
    char prefix[4];
    int32_t buffer, offset;
} views[] = {{2, "ab", 0, 0}, {21, "a st", 0, 4}, {0, "", 0, 0}, {4, "wxyz", 0, 0}, {1, "q", 0, 0}};
static const int64_t view_sizes[] = {25};

static void add_all(producer *of)
{
    add(of, "c", "c", NULL, bytes_, NULL);
    add(of, "C", "C", NULL, small, NULL);
    add(of, "s", "s", NULL, shorts, NULL);
    add(of, "S", "S", NULL, ports, NULL);
    add(of, "i", "i", holes, ints, NULL);
    add(of, "I", "I", NULL, words, NULL);
    add(of, "l", "l", NULL, longs, NULL);
    add(of, "L", "L", NULL, ulongs, NULL);
    add(of, "f", "f", NULL, floats, NULL);
    add(of, "g", "g", holes, doubles, NULL);
    add(of, "b", "b", holes, bools, NULL);
    add(of, "u", "u", holes, ends, letters);
    add(of, "U", "U", NULL, large_ends, letters);
    add(of, "z", "z", NULL, ends, letters);
    add(of, "w", "w:1", NULL, letters, NULL);
    add(of, "ts", "tsm:Europe/Berlin", NULL, moments, NULL);
    add(of, "tD", "tDn", NULL, moments, NULL);
    add(of, "d", "C", but_last, numbers, NULL);
    add_dictionary(of, "u", 2, entry_ends, "udptcp");
    add(of, "vu", "vu", NULL, views, far);
    of->arrays[of->n - 1].n_buffers = 4;
    of->buffers[of->n - 1][3] = view_sizes;
}

// Each format: what scripts see of the rows of each rank.
static const char each[] =
    "local rows = {c = {-1, 2, -3, 4, 5}, C = {255, 0, 1, 2, 3}, s = {-300, 2, 3, 4, 300},"
    " S = {65535, 80, 443, 22, 0}, i = {-70000, mb.null, 2, 3, 70000},"
    " I = {4294967295, 0, 1, 2, 3}, l = {math.mininteger, -1, 0, 1, math.maxinteger},"
    " L = {-1, 0, 1, 2, 3}, f = {0.5, 1, 2, 3, -1.5}, g = {0.25, mb.null, 2, 3, -1.25},"
    " b = {true, mb.null, true, false, true}, u = {'ab', mb.null, 'cde', '', 'f'},"
    " U = {'ab', '', 'cde', '', 'f'}, z = {'ab', '', 'cde', '', 'f'}, w = {'a', 'b', 'c', 'd', "
    "'e'},"
    " d = {'tcp', 'udp', 'tcp', 'udp', mb.null},"
    " vu = {'ab', 'a string that is long', '', 'wxyz', 'q'}}\n"
    "local order = "
    "{'c','C','s','S','i','I','l','L','f','g','b','u','U','z','w','ts','tD','d','vu'}\n"
    "for i, name in ipairs(f:columns()) do assert(name == order[i], name) end\n"
    "for name, values in pairs(rows) do\n"
    "  local c = f:column(name)\n"
    "  assert(#c == 5 * mb.size())\n"
    "  for i, x in ipairs(c:to_table()) do\n"
    "    assert(x == values[(i - 1) % 5 + 1], name .. ' ' .. i .. ' ' .. tostring(x))\n"
    "  end\n"
    "end\n"
    "assert(f.L:type() == 'uint' and f.ts:type() == 'time' and f.tD:type() == 'duration')\n"
    "assert(f.ts:max() == mb.time '1970-01-02' and f.tD[1] == mb.duration '0s')\n"
    "assert(f.i:info().missing == mb.size() and f.c:sum() == 7 * mb.size())\n";

static void formats(mb_context *unused)
{
    (void)unused;
    mb_runtime *runtime = open_runtime(NULL);
    static producer of;
    begin(&of, 5);
    add_all(&of);
    import(runtime, &of, NULL);
    run(runtime, each);
    CHECK_INT(of.released_arrays, 0);
    run(runtime, "kept = f.S f = nil collectgarbage() collectgarbage()");
    CHECK_INT(of.released_arrays, 0);
    run(runtime, "assert(kept:max() == 65535) kept = nil collectgarbage() collectgarbage()");
    CHECK_INT(of.released_arrays, 1);
    mb_runtime_close(runtime);
    CHECK_INT(of.released_arrays, 1);
}

// Rows from the middle of longer arrays, where bits do not begin at bytes, of each rank others.
static void slices(mb_context *unused)
{
    (void)unused;
    mb_runtime *runtime = open_runtime(NULL);
    enum { N = 1000 };
    static int32_t values[N], offsets[N + 1];
    static uint8_t valid[N / 8], bits[N / 8];
    static char text[2 * N + 1];
    static producer of;
    memset(valid, 0, sizeof valid);
    memset(bits, 0, sizeof bits);
    for (int i = 0; i < N; i++) {
        values[i] = i;
        offsets[i + 1] = 2 * (i + 1);
        text[2 * i] = (char)('a' + i / 26 % 26);
        text[2 * i + 1] = (char)('a' + i % 26);
        valid[i / 8] |= (uint8_t)((i % 7 != 0) << i % 8);
        bits[i / 8] |= (uint8_t)((i % 3 == 0) << i % 8);
    }
    for (int from = 0; from < 12; from += 5) {
        // The batch begins `from` rows in, its columns 5 more; rank 0 has no rows where it can.
        const int64_t rows = nranks() > 1 && rank() == 0 ? 0 : 100 + 3 * from + rank();
        const int first = from + 5;
        begin(&of, rows);
        of.array.offset = from;
        add(&of, "v", "i", valid, values, NULL);
        add(&of, "b", "b", valid, bits, NULL);
        add(&of, "t", "u", valid, offsets, text);
        for (int i = 0; i < of.n; i++) {
            of.arrays[i].length = from + rows;
            of.arrays[i].offset = 5;
        }
        CHECK_INT(mb_set_integer(runtime, "first", first), 0);
        import(runtime, &of, NULL);
        run(runtime, "local v, b, t, i = f.v:to_table(), f.b:to_table(), f.t:to_table(), 0 "
                     "for rank = 0, mb.size() - 1 do "
                     "  local rows = mb.size() > 1 and rank == 0 and 0 or 85 + 3 * first + rank "
                     "  for x = first, first + rows - 1 do "
                     "    i = i + 1 "
                     "    if x % 7 == 0 then "
                     "      assert(v[i] == mb.null and b[i] == mb.null and t[i] == mb.null) "
                     "    else assert(v[i] == x and b[i] == (x % 3 == 0)) "
                     "      assert(t[i] == string.char(97 + x // 26 % 26, 97 + x % 26)) end "
                     "  end "
                     "end "
                     "assert(i == #f and i > 0)");
        run(runtime, "f = nil collectgarbage() collectgarbage()");
        CHECK_INT(of.released_arrays, 1);
    }
    mb_runtime_close(runtime);
}

// A batch that the host changes, and frames that are left to the end of the runtime.
static void changes(mb_context *unused)
{
    (void)unused;
    mb_runtime *runtime = open_runtime(NULL);
    static producer of;
    int64_t values[] = {1, 2, 3};
    uint8_t bits[] = {1};
    mb_reference frame = 0, column = 0, flags = 0;
    int n = 0;
    begin(&of, 3);
    add(&of, "x", "l", NULL, values, NULL);
    add(&of, "b", "b", NULL, bits, NULL);
    import(runtime, &of, &frame);
    CHECK_INT(mb_frame_view(runtime, frame, 0, &n, NULL, &column), 0);
    CHECK_INT(mb_frame_view(runtime, frame, 1, &n, NULL, &flags), 0);
    CHECK_INT(n, 2);
    run(runtime,
        "twice = f.x * 2 assert(twice:sum() == 12 * mb.size() and f.b:sum() == mb.size())");
    values[2] = 30;
    bits[0] = 7;
    CHECK_INT(mb_column_touch(runtime, column, NULL), 0);
    CHECK_INT(mb_column_touch(runtime, flags, NULL), 0);
    run(runtime, "assert(twice:sum() == 66 * mb.size() and f.b:sum() == 3 * mb.size())");
    mb_runtime_close(runtime);
    CHECK_INT(of.released_arrays, 1);
}

// Nothing of a batch that is refused has moved.
static void refuses(mb_runtime *runtime, producer *of, const char *message)
{
    CHECK_INT(mb_frame_import_arrow(runtime, "bad", &of->schema, &of->array, NULL), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), message);
    run(runtime, "assert(bad == nil) collectgarbage()");
    CHECK(of->schema.release && of->array.release);
    CHECK_INT(of->released_arrays + of->released_schemas, 0);
}

static void refuses_column(mb_runtime *runtime, const char *format, const void *validity,
                           const void *values, const void *bytes, const char *message)
{
    static producer of;
    begin(&of, 5);
    add(&of, "fine", "l", NULL, longs, NULL);
    add(&of, "it", format, validity, values, bytes);
    refuses(runtime, &of, message);
}

static void wrong_columns(mb_context *unused)
{
    (void)unused;
    mb_runtime *runtime = open_runtime(NULL);
    static producer of;
    const int32_t backwards[] = {0, 2, 1, 5, 5, 6}, below[] = {-1, 2, 3, 5, 5, 6};
    const bool last = rank() == nranks() - 1;
    refuses_column(runtime, "+l", NULL, ints, NULL,
                   "column 'it', of Arrow's format '+l', does not");
    refuses_column(runtime, "+s", NULL, ints, NULL, "of Arrow's format '+s', does not");
    refuses_column(runtime, "e", NULL, ports, NULL, "of Arrow's format 'e', does not");
    refuses_column(runtime, "d:19,10", NULL, longs, NULL, "'d:19,10'");
    refuses_column(runtime, "n", NULL, NULL, NULL, "'n'");
    refuses_column(runtime, "w:x", NULL, longs, NULL, "'w:x'");
    refuses_column(runtime, "w:", NULL, longs, NULL, "'w:'");
    refuses_column(runtime, "w: 4", NULL, longs, NULL, "'w: 4'");
    refuses_column(runtime, "ts", NULL, longs, NULL, "'ts'");
    refuses_column(runtime, "tsx:", NULL, longs, NULL, "'tsx:'");
    refuses_column(runtime, "", NULL, longs, NULL, "format ''");
    refuses_column(runtime, "l", NULL, NULL, NULL, "lacks a buffer");
    refuses_column(runtime, "u", NULL, ends, NULL, "lacks a buffer");
    refuses_column(runtime, "l", NULL, (const char *)longs + 1, NULL,
                   "column 'it': values must lie");
    refuses_column(runtime, "u", NULL, (const char *)ends + 1, letters, "is not aligned");
    refuses_column(runtime, "u", NULL, last ? backwards : ends, letters, "an offset that is out");
    refuses_column(runtime, "u", NULL, last ? below : ends, letters, "an offset that is out");
    begin(&of, 5);
    add(&of, "it", "c", NULL, numbers, NULL);
    add_dictionary(&of, "u", 2, entry_ends, "udptcp");
    refuses(runtime, &of, "a number that is none");
    begin(&of, 4);
    add(&of, "it", "c", NULL, numbers, NULL);
    add_dictionary(&of, "l", 2, longs, "udptcp");
    refuses(runtime, &of, "other values than strings");
    begin(&of, 5);
    add(&of, "it", "vu", NULL, views, far);
    refuses(runtime, &of, "an offset that is out of place");
    begin(&of, 5);
    add(&of, "it", "l", NULL, longs, NULL)->length = last ? 4 : 5;
    refuses(runtime, &of, "has fewer rows than its batch");
    begin(&of, 5);
    add(&of, "it", "l", NULL, longs, NULL)->null_count = last ? 2 : 0;
    refuses(runtime, &of,
            "column 'it', of Arrow's format 'l', has missing values, and no validity");
    begin(&of, 5);
    add(&of, "it", "l", NULL, longs, NULL)->release = NULL;
    refuses(runtime, &of, "column 'it', of Arrow's format 'l', was released");
    begin(&of, 5);
    add(&of, "it", "l", NULL, longs, NULL)->offset = INT64_MAX;
    refuses(runtime, &of, "lacks a buffer");
    mb_runtime_close(runtime);
}

// Views of buffers that are NULL, as their sizes may be.
static void wrong_views(mb_context *unused)
{
    (void)unused;
    mb_runtime *runtime = open_runtime(NULL);
    static producer of;
    for (int i = 0; i < 2; i++) {
        begin(&of, 5);
        add(&of, "it", "vu", NULL, views, far)->n_buffers = 4;
        of.buffers[0][2] = i ? far : NULL;
        of.buffers[0][3] = i ? NULL : view_sizes;
        refuses(runtime, &of, "an offset that is out of place");
    }
    mb_runtime_close(runtime);
}

static void wrong_batches(mb_context *unused)
{
    (void)unused;
    mb_runtime *runtime = open_runtime(NULL);
    static producer of;
    const bool last = rank() == nranks() - 1;
    begin(&of, 5);
    add(&of, "x", "l", NULL, longs, NULL);
    add(&of, "x", "l", NULL, longs, NULL);
    refuses(runtime, &of, "two columns are called 'x'");
    begin(&of, 5);
    add(&of, NULL, "l", NULL, longs, NULL);
    refuses(runtime, &of, "column 1 has no name");
    begin(&of, 5);
    add(&of, "x", "l", NULL, longs, NULL);
    of.none[0] = holes;
    of.array.null_count = -1;
    refuses(runtime, &of, "whole rows of the batch are missing");
    of.array.buffers = NULL; // which is none that is missing
    import(runtime, &of, NULL);
    begin(&of, INT64_MAX);
    add(&of, "x", "l", NULL, longs, NULL);
    of.array.offset = INT64_MAX;
    refuses(runtime, &of, "a batch of 9223372036854775807 rows");
    begin(&of, 5);
    add(&of, "x", "l", NULL, longs, NULL);
    of.schema.children = NULL;
    refuses(runtime, &of, "a schema of 1 columns that are NULL and an array of 1");
    of.schema.children = of.schemas;
    of.schema.format = "l";
    refuses(runtime, &of, "'+s', not 'l'");
    of.schema.format = "+s";
    of.schema.n_children = 2;
    refuses(runtime, &of, "a schema of 2 columns and an array of 1");
    of.schema.n_children = 1;
    CHECK_INT(mb_frame_import_arrow(runtime, NULL, &of.schema, &of.array, NULL), MB_FAILURE);
    CHECK_INT(mb_frame_import_arrow(runtime, "x", NULL, &of.array, NULL), MB_FAILURE);
    CHECK_INT(mb_frame_import_arrow(runtime, "x", &of.schema, NULL, NULL), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "the array is NULL, or was released");
    CHECK_INT(mb_frame_import_arrow(runtime, "no.x", &of.schema, &of.array, NULL), MB_FAILURE);
    CHECK_INT(mb_frame_import_arrow(NULL, "x", &of.schema, &of.array, NULL), MB_REFUSED);
    if (nranks() > 1) {
        of.columns[0].format = last ? "l" : "L";
        refuses(runtime, &of, "the ranks diverged");
        of.columns[0].format = "l";
        of.columns[0].name = last ? "x" : "y";
        refuses(runtime, &of, "'y': 'l'");
    }
    mb_runtime_close(runtime);
}

// --- Export --------------------------------------------------------------------------------------

static bool bit(const void *bits, int64_t i)
{
    return !bits || (((const uint8_t *)bits)[i / 8] >> (i % 8) & 1);
}

static const char *const expected[][2] = {
    {"i", "l"}, {"n", "l"},   {"u", "L"},     {"x", "g"},    {"h", "f"},  {"b", "b"},
    {"t", "U"}, {"raw", "Z"}, {"at", "tss:"}, {"dt", "tDu"}, {"ip", "U"},
};

enum { COLUMNS = sizeof expected / sizeof *expected };

static const char made[] =
    "local n = 20 local i = mb.range(1, n)\n"
    "frame = mb.frame{{'i', i:as 'int'}, {'n', i:gt(4):where(i * 1000, mb.null)},\n"
    " {'u', i:as 'uint'}, {'x', i / 4}, {'h', half}, {'b', (i % 3):eq(0)},\n"
    " {'t', (i % 5):eq(0):where(mb.null, i:as 'text')}, {'raw', mb.full(n, 'x\\xff')},\n"
    " {'at', mb.time_of(i, {unit = 's'})}, {'dt', mb.time_of(i, {unit = 'us'}) - mb.time_of(i * 0, "
    "{unit = 'us'})},\n"
    " {'ip', (i + 167772160):as 'ip'}}\n";

static void check_rows(const struct ArrowArray *array, int64_t first)
{
    for (int64_t i = 0; i < array->length; i++) {
        const int64_t row = first + i + 1; // as the script counts
        char text[32];
        const void *const *b[COLUMNS];
        for (int c = 0; c < COLUMNS; c++)
            b[c] = (const void *const *)array->children[c]->buffers;
        CHECK_INT(((const int64_t *)b[0][1])[i], row);
        CHECK(bit(b[1][0], i) == (row > 4));
        if (row > 4) CHECK_INT(((const int64_t *)b[1][1])[i], row * 1000);
        CHECK(((const uint64_t *)b[2][1])[i] == (uint64_t)row);
        CHECK(((const double *)b[3][1])[i] == (double)row / 4);
        CHECK(((const float *)b[4][1])[i] == (float)row / 2);
        CHECK(bit(b[5][1], i) == (row % 3 == 0));
        const int64_t *offsets = b[6][1];
        CHECK(bit(b[6][0], i) == (row % 5 != 0));
        snprintf(text, sizeof text, "%d", (int)row);
        const size_t length = row % 5 ? strlen(text) : 0;
        CHECK_INT(offsets[i + 1] - offsets[i], length);
        CHECK(memcmp((const char *)b[6][2] + offsets[i], text, length) == 0);
        CHECK(memcmp((const char *)b[7][2] + 2 * i, "x\xff", 2) == 0);
        CHECK_INT(((const int64_t *)b[8][1])[i], row);
        CHECK_INT(((const int64_t *)b[9][1])[i], row);
        snprintf(text, sizeof text, "10.0.0.%d", (int)row);
        offsets = b[10][1];
        CHECK(memcmp((const char *)b[10][2] + offsets[i], text, strlen(text)) == 0);
    }
}

// What is given away outlives the runtime, and its parts may be taken one by one.
static void exports(mb_context *unused)
{
    (void)unused;
    mb_runtime *runtime = open_runtime(NULL);
    struct ArrowSchema schema = {0};
    struct ArrowArray array = {0}, child;
    mb_reference frame = 0, column = 0;
    float half[20];
    // As mb.range lays its rows out.
    const int64_t rows = 20 / nranks() + (rank() < 20 % nranks());
    const int64_t first =
        20 / nranks() * rank() + (rank() < 20 % nranks() ? rank() : 20 % nranks());
    for (int i = 0; i < rows; i++)
        half[i] = (float)(first + i + 1) / 2;
    mb_array shared = {.type = MB_FLOAT_ARRAY, .rows = rows, .values = half};
    CHECK_INT(mb_column_import(runtime, "half", &shared, &column), 0);
    run(runtime, made);
    CHECK_INT(mb_get_reference(runtime, "frame", &frame), 0);
    CHECK_INT(mb_frame_export_arrow(runtime, column, &schema, &array), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "the reference is of no frame");
    CHECK(!schema.release && !array.release);
    if (!CHECK_INT(mb_frame_export_arrow(runtime, frame, &schema, &array), 0))
        fprintf(stderr, "%s\n", mb_error(runtime));
    mb_runtime_close(runtime);
    if (!CHECK_INT(schema.n_children, COLUMNS) || !CHECK_INT(array.n_children, COLUMNS)) return;
    CHECK(strcmp(schema.format, "+s") == 0 && array.n_buffers == 1 && !array.buffers[0]);
    CHECK_INT(array.length, rows);
    for (int i = 0; i < COLUMNS; i++) {
        CHECK_TEXT(schema.children[i]->name, expected[i][0]);
        if (!CHECK(strcmp(schema.children[i]->format, expected[i][1]) == 0))
            fprintf(stderr, "%s: %s\n", expected[i][0], schema.children[i]->format);
        CHECK_INT(array.children[i]->length, rows);
    }
    check_rows(&array, first);
    child = *array.children[6];
    array.children[6]->release = NULL;
    array.release(&array);
    schema.release(&schema);
    CHECK(!array.release && !schema.release);
    CHECK(((const int64_t *)child.buffers[1])[0] == 0);
    child.release(&child);
}

// A frame of a filter's, whose ranks have different rows, some none, there and back.
static void round_trip(mb_context *unused)
{
    (void)unused;
    mb_runtime *runtime = open_runtime(
        "local i = mb.range(1, 1000)\n"
        "g = mb.frame{a = (i % 3):eq(0):where(mb.null, i), b = (i % 2):eq(0), t = i:as 'text'}\n"
        "g = g:where((i % 100):lt(7) & i:lt(400)) g.s = g.a:sort()\n"
        "empty = mb.frame{a = mb.column({}, 'int'), t = mb.column({}, 'text')} none = mb.frame{}");
    const char *const names[] = {"g", "empty", "none"};
    for (int i = 0; i < 3; i++) {
        struct ArrowSchema schema;
        struct ArrowArray array;
        mb_reference frame = 0;
        CHECK_INT(mb_get_reference(runtime, names[i], &frame), 0);
        if (!CHECK_INT(mb_frame_export_arrow(runtime, frame, &schema, &array), 0))
            fprintf(stderr, "%s\n", mb_error(runtime));
        CHECK_INT(mb_set_reference(runtime, "from", frame), 0);
        CHECK_INT(mb_release(runtime, frame), 0);
        if (!CHECK_INT(mb_frame_import_arrow(runtime, "back", &schema, &array, NULL), 0))
            fprintf(stderr, "%s\n", mb_error(runtime));
        run(runtime, "assert(#back == #from and #back:columns() == #from:columns()) "
                     "if #back > 0 then assert(back:equals(from)) "
                     "  assert(back.a:info().missing == from.a:info().missing) end");
    }
    mb_runtime_close(runtime);
}

// Memory runs out at each place, on the last rank: nothing has moved, and nothing is left behind.
static void out_of_memory(mb_context *unused)
{
    (void)unused;
    if (nranks() > 2) return; // each refusal is an operation that is done twice
    mb_runtime *runtime = open_runtime("g = mb.frame{a = mb.range(1, 50)} "
                                       "g.b = g.a:gt(7):where(g.a, mb.null) g.t = g.a:as 'text' "
                                       "g.c = (g.a % 2):eq(0)");
    mb_memory *memory = &runtime->cx.memory;
    const bool last = rank() == nranks() - 1;
    static producer of;
    struct ArrowSchema schema;
    struct ArrowArray array;
    mb_reference frame = 0;
    int refusals = 0, status = MB_FAILURE;
    for (int n = 1; status && n < 100000; n += 1 + n / 2) {
        begin(&of, 5);
        add_all(&of);
        if (last) mb_memory_inject(memory, n, 1);
        status = mb_frame_import_arrow(runtime, "f", &of.schema, &of.array, NULL);
        mb_memory_inject(memory, 0, 0);
        refusals += status != 0;
        if (status) CHECK_TEXT(mb_error(runtime), "out of memory");
        CHECK(!status == !of.array.release && !status == !of.schema.release);
    }
    CHECK_INT(status, 0);
    CHECK(refusals > 5);
    run(runtime, each);
    CHECK_INT(mb_get_reference(runtime, "g", &frame), 0);
    status = MB_FAILURE;
    for (int n = 1; status && n < 100000; n += 1 + n / 2) {
        if (last) mb_memory_inject(memory, n, 1);
        status = mb_frame_export_arrow(runtime, frame, &schema, &array);
        mb_memory_inject(memory, 0, 0);
        if (status) CHECK_TEXT(mb_error(runtime), "out of memory");
    }
    if (CHECK_INT(status, 0)) {
        array.release(&array);
        schema.release(&schema);
    }
    mb_runtime_close(runtime);
    CHECK_INT(of.released_arrays, 1);
}

const check_test check_tests[] = {
    {"arrow: each format", formats},
    {"arrow: slices", slices},
    {"arrow: batches that change", changes},
    {"arrow: wrong columns", wrong_columns},
    {"arrow: wrong views", wrong_views},
    {"arrow: wrong batches", wrong_batches},
    {"arrow: frames as batches", exports},
    {"arrow: there and back", round_trip},
    {"memory that runs out: arrow", out_of_memory},
    {0},
};
