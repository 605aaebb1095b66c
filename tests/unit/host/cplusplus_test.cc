// A host in C++: moonbear.h as it stands, linked as any program would. Opens, imports, calls and
// views; then opens and closes again and again, after which no memory is missing.
#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "moonbear.h"

namespace
{

int failures;

void check(bool holds, const char *what)
{
    if (holds) return;
    std::fprintf(stderr, "FAIL C++: %s\n", what);
    failures++;
}

void check_status(mb_runtime *runtime, int status, const char *what)
{
    check(status == 0, what);
    if (status) std::fprintf(stderr, "%s\n", mb_error(runtime));
}

void count_release(void *data)
{
    ++*static_cast<int *>(data);
}

mb_array array_of(const std::vector<double> &values, int *released)
{
    mb_array array = {};
    array.type = MB_DOUBLE_ARRAY;
    array.rows = static_cast<int64_t>(values.size());
    array.values = values.data();
    array.release = count_release;
    array.data = released;
    return array;
}

void share_and_call()
{
    int ranks = 1, released = 0;
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    std::vector<double> values = {1, 2, 3.5};
    std::string written;
    mb_runtime *runtime = mb_runtime_open(MPI_COMM_WORLD);
    const auto write = [](void *data, int, const char *text, size_t size) {
        static_cast<std::string *>(data)->append(text, size);
    };
    mb_runtime_output(runtime, write, &written);
    check_status(
        runtime,
        mb_runtime_string(runtime, "function twice(c) print 'here' return c * 2, #c end", "=c++"),
        "a chunk");
    mb_reference column = 0;
    const mb_array array = array_of(values, &released);
    check_status(runtime, mb_column_import(runtime, nullptr, &array, &column), "an import");
    mb_variant in = {};
    in.kind = MB_IS_COLUMN;
    in.as.reference = column;
    mb_variant out[2] = {};
    check_status(runtime, mb_call_function(runtime, "twice", &in, 1, out, 2), "a call");
    check(out[0].kind == MB_IS_COLUMN && out[1].as.integer == 3 * ranks, "the results of a call");
    mb_view view = {};
    check_status(runtime, mb_column_view(runtime, out[0].as.reference, &view), "a view");
    check(view.rows == 3 && std::strcmp(view.type, "float") == 0 &&
              static_cast<const double *>(view.values)[2] == 7,
          "what a view shows");
    check(mb_runtime_string(runtime, "error 'no'", "=c++") == MB_FAILURE, "a chunk that fails");
    check(std::strstr(mb_error(runtime), "no") != nullptr, "its message");
    int rank = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    check(written == (rank == 0 ? "here\n" : ""), "what a script writes");
    check(released == 0, "an array that is in use");
    mb_runtime_close(runtime);
    check(released == 1, "an array that is given back");
}

// The first of every `loaded` ones loads the module and shares an array.
void open_and_close(int times, int loaded, int *released)
{
    const std::vector<double> values(100, 0.5);
    const mb_array array = array_of(values, released);
    for (int i = 0; i < times; i++) {
        mb_runtime *runtime = mb_runtime_open(MPI_COMM_WORLD);
        check(runtime != nullptr, "one of many runtimes");
        if (i % loaded == 0)
            check_status(runtime, mb_column_import(runtime, "c", &array, nullptr), "its import");
        mb_runtime_close(runtime);
    }
}

// Bytes that malloc has given, and not got back.
double in_use()
{
    const struct mallinfo2 info = mallinfo2();
    return static_cast<double>(info.uordblks) + static_cast<double>(info.hblkhd);
}

int runtimes = 1000; // on one rank

// On several ranks, which take their time to agree, MPI makes room in the first hundred for what
// comes later: then memory stays as it is there, too.
void leave_nothing()
{
    int ranks = 1, released = 0;
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    const int times = ranks == 1 ? runtimes : 4, loaded = std::min(times, 50);
    open_and_close(2, 1, &released);
    const double before = in_use();
    open_and_close(times, loaded, &released);
    const double each = (in_use() - before) / times;
    check(released == (times + loaded - 1) / loaded + 2, "arrays that are given back");
    check(ranks > 1 || each < 64, "memory that is given back");
    if (ranks == 1 && each >= 64) std::fprintf(stderr, "%.0f bytes each time\n", each);
}

} // namespace

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    int failed = 0, rank = 0;
    if (argc > 1) runtimes = std::atoi(argv[1]);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    for (void (*test)() : {share_and_call, leave_nothing}) {
        failures = 0;
        test();
        MPI_Allreduce(MPI_IN_PLACE, &failures, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
        failed += failures > 0;
    }
    if (rank == 0) std::printf("%d passed, %d failed\n", 2 - failed, failed);
    MPI_Finalize();
    return failed > 0;
}
