// Record batches of another library: DuckDB makes them for frames, and reads those that frames
// give. Does nothing, and says so, where MOONBEAR_DUCKDB names no library.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

// What is used of duckdb.h. Things of DuckDB's are known by address; a result's place is ours.
typedef struct duck_rows {
    uint64_t unused[3];
    void *columns;
    char *message;
    void *internal;
} duck_rows;

static struct {
    int (*open)(const char *path, void **database);
    int (*connect)(void *database, void **connection);
    int (*query)(void *connection, const char *sql, duck_rows *rows);
    const char *(*result_error)(duck_rows *rows);
    int64_t (*value_int64)(duck_rows *rows, uint64_t column, uint64_t row);
    void (*destroy_result)(duck_rows *rows);
    int (*query_arrow)(void *connection, const char *sql, void **result);
    int (*query_arrow_schema)(void *result, struct ArrowSchema **schema);
    int (*query_arrow_array)(void *result, struct ArrowArray **array);
    const char *(*query_arrow_error)(void *result);
    void (*destroy_arrow)(void **result);
    int (*arrow_array_scan)(void *connection, const char *name, struct ArrowSchema *schema,
                            struct ArrowArray *array, void **stream);
    void (*destroy_arrow_stream)(void **stream);
    void (*disconnect)(void **connection);
    void (*close)(void **database);
} duck;

static const char *const names[] = {"open",
                                    "connect",
                                    "query",
                                    "result_error",
                                    "value_int64",
                                    "destroy_result",
                                    "query_arrow",
                                    "query_arrow_schema",
                                    "query_arrow_array",
                                    "query_arrow_error",
                                    "destroy_arrow",
                                    "arrow_array_scan",
                                    "destroy_arrow_stream",
                                    "disconnect",
                                    "close"};
enum { FUNCTIONS = sizeof names / sizeof *names };
_Static_assert(sizeof duck == FUNCTIONS * sizeof(void *), "a name for each function");

static void *database, *connection;

// Whether DuckDB is there; it is opened once, and says on rank 0 when it is not.
static bool open_duckdb(void)
{
    const char *path = getenv("MOONBEAR_DUCKDB");
    void *library = path && *path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    char name[64];
    for (int i = 0; i < FUNCTIONS && library; i++) {
        snprintf(name, sizeof name, "duckdb_%s", names[i]);
        void *address = dlsym(library, name);
        if (!CHECK(address != NULL)) return false;
        memcpy((char *)&duck + (size_t)i * sizeof address, &address, sizeof address);
    }
    if (!library && rank() == 0)
        fprintf(stderr, "skipped: MOONBEAR_DUCKDB is not the path of a libduckdb.so\n");
    if (!library) return false;
    return CHECK_INT(duck.open(NULL, &database), 0) &&
           CHECK_INT(duck.connect(database, &connection), 0);
}

static void close_duckdb(void)
{
    duck.disconnect(&connection);
    duck.close(&database);
}

static void run(mb_runtime *runtime, const char *chunk)
{
    if (!CHECK_INT(mb_runtime_string(runtime, chunk, "=chunk"), 0))
        fprintf(stderr, "%s\n", mb_error(runtime));
}

// The integer that a query gives.
static int64_t answer(const char *sql)
{
    duck_rows rows = {0};
    int64_t value = -1;
    if (duck.query(connection, sql, &rows))
        fprintf(stderr, "%s: %s\n", sql, duck.result_error(&rows));
    else
        value = duck.value_int64(&rows, 0, 0);
    duck.destroy_result(&rows);
    return value;
}

// Rows of all types that frames take; `i` counts from 0 on each rank.
static const char all_types[] =
    "select i::bigint as i, (i % 100 - 50)::tinyint as i1, (i * 7 % 60000 - 30000)::smallint as "
    "i2, "
    "(i * 1001 - 70000)::integer as i4, (i * 1000000007)::bigint as i8, (i % 256)::utinyint as u1, "
    "(i * 13 % 65536)::usmallint as u2, (i * 800000)::uinteger as u4, "
    "(18446744073709551615 - i::hugeint)::ubigint as u8, (i / 4)::float as f4, (i / 8)::double as "
    "f8, "
    "i % 3 = 0 as b, case when i % 5 > 0 then i * 3 end::integer as missing, "
    "case when i % 7 > 0 then i % 2 = 0 end as maybe, 'row ' || i as text, "
    "case when i % 4 > 0 then repeat('long string ', (i % 4)::integer) || i end as texts, "
    "'s' || (i % 10)::text::blob as bytes, "
    "(['tcp', 'udp', 'icmp'])[i % 3 + 1]::enum('icmp', 'tcp', 'udp') as proto, "
    "make_timestamp(i * 1000000) as at, make_timestamp_ns(i * 1000) as ns, "
    "make_timestamp(i)::timestamptz as zoned "
    "from range(5000) t(i)";

// Batch by batch, what each has of the rows from `first` on, on every rank.
static const char check_batch[] =
    "local n = #f // mb.size() "
    "local function each(name, value) "
    "  local t = f:column(name):to_table() "
    "  assert(#t == #f) "
    "  for k = 1, #t do "
    "    local x = value(first + (k - 1) % n) "
    "    if x == nil then x = mb.null end "
    "    assert(t[k] == x, name .. ' ' .. k .. ': ' .. tostring(t[k]) .. ', not ' .. tostring(x)) "
    "  end "
    "end "
    "each('i', function(i) return i end) "
    "each('i1', function(i) return i % 100 - 50 end) "
    "each('i2', function(i) return i * 7 % 60000 - 30000 end) "
    "each('i4', function(i) return i * 1001 - 70000 end) "
    "each('i8', function(i) return i * 1000000007 end) "
    "each('u1', function(i) return i % 256 end) "
    "each('u2', function(i) return i * 13 % 65536 end) "
    "each('u4', function(i) return i * 800000 end) "
    "each('u8', function(i) return -1 - i end) "
    "each('f4', function(i) return i / 4 end) "
    "each('f8', function(i) return i / 8 end) "
    "each('b', function(i) return i % 3 == 0 end) "
    "each('missing', function(i) if i % 5 > 0 then return i * 3 end end) "
    "each('maybe', function(i) if i % 7 > 0 then return i % 2 == 0 end end) "
    "each('text', function(i) return 'row ' .. i end) "
    "each('texts', function(i) if i % 4 > 0 then return ('long string '):rep(i % 4) .. i end end) "
    "each('bytes', function(i) return 's' .. i % 10 end) "
    "each('proto', function(i) return ({'tcp', 'udp', 'icmp'})[i % 3 + 1] end) "
    "assert(f.u8:type() == 'uint' and f.proto:type() == 'text' and f.at:type() == 'time') "
    "local ranks = mb.size() "
    "local sum = ranks * (first * n + n * (n - 1) // 2) "
    "assert(f.at:as 'int':sum() == sum * 1000000 and f.ns:as 'int':sum() == sum * 1000) "
    "assert(f.zoned:as 'int':sum() == sum) "
    "rows = rows + n";

static void produces(mb_context *unused)
{
    (void)unused;
    void *result = NULL;
    if (!open_duckdb()) return;
    mb_runtime *runtime = open_runtime("rows = 0");
    if (!CHECK_INT(duck.query_arrow(connection, all_types, &result), 0))
        fprintf(stderr, "%s\n", duck.query_arrow_error(result));
    int64_t first = 0, rows = 0;
    for (;;) {
        struct ArrowSchema schema = {0}, *schema_at = &schema;
        struct ArrowArray array = {0}, *array_at = &array;
        CHECK_INT(duck.query_arrow_array(result, &array_at), 0);
        if (!array.release) break;
        CHECK_INT(duck.query_arrow_schema(result, &schema_at), 0);
        const int64_t n = array.length;
        if (!CHECK_INT(mb_frame_import_arrow(runtime, "f", &schema, &array, NULL), 0)) {
            fprintf(stderr, "%s\n", mb_error(runtime));
            break;
        }
        CHECK(!schema.release && !array.release);
        CHECK_INT(mb_set_integer(runtime, "first", first), 0);
        run(runtime, check_batch);
        first += n;
    }
    CHECK_INT(mb_get_integer(runtime, "rows", &rows), 0);
    CHECK_INT(rows, 5000);
    duck.destroy_arrow(&result);
    mb_runtime_close(runtime);
    close_duckdb();
}

// What frames do not take is refused by name, and stays DuckDB's.
static void refused(mb_context *unused)
{
    (void)unused;
    static const char *const columns[][2] = {
        {"date '2024-01-01'", "d"},  {"[1, 2]", "d"},     {"{'a': 1}", "d"},
        {"1.5::decimal(9, 2)", "d"}, {"1::hugeint", "d"}, {"time '10:00:00'", "d"}};
    if (!open_duckdb()) return;
    mb_runtime *runtime = open_runtime(NULL);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        char sql[128];
        void *result = NULL;
        struct ArrowSchema schema = {0}, *schema_at = &schema;
        struct ArrowArray array = {0}, *array_at = &array;
        snprintf(sql, sizeof sql, "select 1 as n, %s as %s", columns[i][0], columns[i][1]);
        CHECK_INT(duck.query_arrow(connection, sql, &result), 0);
        CHECK_INT(duck.query_arrow_schema(result, &schema_at), 0);
        CHECK_INT(duck.query_arrow_array(result, &array_at), 0);
        CHECK_INT(mb_frame_import_arrow(runtime, "f", &schema, &array, NULL), MB_FAILURE);
        CHECK_TEXT(mb_error(runtime), "column 'd'");
        if (CHECK(array.release && schema.release)) {
            array.release(&array);
            schema.release(&schema);
        }
        duck.destroy_arrow(&result);
    }
    mb_runtime_close(runtime);
    close_duckdb();
}

static const char made[] =
    "local i = mb.range(0, 9999) "
    "frame = mb.frame{{'i', i}, {'u', i:as 'uint'}, {'f', i / 4}, {'b', (i % 3):eq(0)}, "
    "{'m', (i % 5):eq(0):where(mb.null, i)}, {'text', 'row ' .. i:as 'text'}, "
    "{'k', mb.where((i % 7):eq(0), mb.null, (i % 4):as 'text')}, "
    "{'moment', mb.time_of(i, {unit = 'us'})}, {'neg', -i}} "
    "kept = frame:where((i % 10):lt(3))";

// What a query of the frame on this rank must give, as Lua has it of the rank's rows `r`.
static const char *const questions[][2] = {
    {"select count(*) from t", "#kept"},
    {"select sum(i) from t", "kept.i:sum()"},
    {"select sum(u) from t", "kept.u:as 'int':sum()"},
    {"select (sum(f) * 4)::bigint from t", "(kept.f * 4):as 'int':sum()"},
    {"select count(*) from t where b", "kept.b:sum()"},
    {"select count(m) from t", "#kept - kept.m:info().missing"},
    {"select coalesce(sum(m), 0) from t", "kept.m:sum()"},
    {"select count(*) from t where text = 'row ' || i", "#kept"},
    {"select count(k) from t", "#kept - kept.k:info().missing"},
    {"select count(*) from t where k = (i % 4)::text", "#kept - kept.k:info().missing"},
    {"select sum(epoch_us(moment))::bigint from t", "kept.moment:as 'int':sum()"},
    {"select sum(neg) from t", "kept.neg:sum()"},
};

static void consumes(mb_context *unused)
{
    (void)unused;
    struct ArrowSchema schema = {0};
    struct ArrowArray array = {0};
    mb_reference frame = 0;
    void *stream = NULL;
    if (!open_duckdb()) return;
    mb_runtime *runtime = open_runtime(made);
    CHECK_INT(mb_get_reference(runtime, "kept", &frame), 0);
    if (!CHECK_INT(mb_frame_export_arrow(runtime, frame, &schema, &array), 0))
        fprintf(stderr, "%s\n", mb_error(runtime));
    if (CHECK_INT(duck.arrow_array_scan(connection, "f", &schema, &array, &stream), 0)) {
        // Its view of a batch can be read once.
        (void)answer("create table t as select * from f");
        for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
            char chunk[256];
            int64_t expected = 0, found = answer(questions[i][0]);
            MPI_Allreduce(MPI_IN_PLACE, &found, 1, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
            snprintf(chunk, sizeof chunk, "expected = %s", questions[i][1]);
            run(runtime, chunk);
            CHECK_INT(mb_get_integer(runtime, "expected", &expected), 0);
            if (!CHECK_INT(found, expected)) fprintf(stderr, "%s\n", questions[i][0]);
        }
        duck.destroy_arrow_stream(&stream);
    }
    if (schema.release) schema.release(&schema);
    if (array.release) array.release(&array);
    mb_runtime_close(runtime);
    close_duckdb();
}

const check_test check_tests[] = {
    {"duckdb: its batches as frames", produces},
    {"duckdb: columns that frames do not take", refused},
    {"duckdb: frames as its tables", consumes},
    {0},
};
