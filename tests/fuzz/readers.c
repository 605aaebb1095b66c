// A target of libFuzzer: readers of files beside files that it makes up.
//   FUZZ_KIND=csv|json|zeek|nfdump|hdf|parquet build/fuzz/readers [OPTIONS] [CORPUS]
// See make fuzz-readers.
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "moonbear.h"

static mb_runtime *runtime;
static char path[64];

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void remove_file(void)
{
    unlink(path);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    char chunk[512];
    const char *kind = getenv("FUZZ_KIND"), *script = getenv("FUZZ_SCRIPT");
    MPI_Init(NULL, NULL);
    runtime = mb_runtime_open(MPI_COMM_SELF);
    snprintf(path, sizeof path, "/dev/shm/moonbear-fuzz-%d", (int)getpid());
    atexit(remove_file);
    snprintf(chunk, sizeof chunk, "try = dofile '%s' ('%s', '%s')",
             script ? script : "tests/fuzz/readers.lua", kind ? kind : "csv", path);
    if (!runtime || mb_runtime_string(runtime, chunk, "=readers")) abort();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const int file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    if (file < 0 || write(file, bytes, size) != (ssize_t)size || close(file) != 0) abort();
    if (mb_runtime_string(runtime, "try()", "=try")) abort();
    return 0;
}
