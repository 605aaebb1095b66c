// Small HDF5 files with the HDF5 library alone, by two processes, as a system to be measured:
//   small_files DIR M1 REPEATS SECONDS (see protocol.lua); small_files DIR make
#include <fcntl.h>
#include <hdf5.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FILES = 10000, ROWS = 1000, PROCESSES = 2 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void die(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static void make(const char *folder)
{
    static int64_t values[ROWS];
    const hsize_t rows = ROWS;
    for (int i = 0; i < FILES; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%05d.h5", folder, i);
        for (int k = 0; k < ROWS; k++)
            values[k] = i + k;
        hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        hid_t space = H5Screate_simple(1, &rows, NULL);
        hid_t dataset =
            H5Dcreate2(file, "x", H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        if (H5Dwrite(dataset, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
            die(path);
        H5Dclose(dataset);
        H5Sclose(space);
        H5Fclose(file);
    }
}

static int64_t read_share(const char *folder, int process)
{
    static int64_t values[ROWS];
    int64_t sum = 0;
    for (int i = FILES * process / PROCESSES; i < FILES * (process + 1) / PROCESSES; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%05d.h5", folder, i);
        hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
        hid_t dataset = H5Dopen2(file, "x", H5P_DEFAULT);
        if (H5Dread(dataset, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
            die(path);
        H5Dclose(dataset);
        H5Fclose(file);
        for (int k = 0; k < ROWS; k++)
            sum += values[k];
    }
    return sum;
}

static int64_t read_all(const char *folder)
{
    int64_t *sums = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0),
            sum = 0;
    if (sums == MAP_FAILED) die("mmap");
    for (int process = 0; process < PROCESSES; process++) {
        pid_t child = fork();
        if (child < 0) die("fork");
        if (child > 0) continue;
        sums[process] = read_share(folder, process);
        _exit(EXIT_SUCCESS);
    }
    for (int process = 0, status; process < PROCESSES; process++)
        if (wait(&status) < 0 || status != 0) die("wait");
    for (int process = 0; process < PROCESSES; process++)
        sum += sums[process];
    munmap(sums, 4096);
    return sum;
}

int main(int argc, char **argv)
{
    char folder[4000];
    if (argc < 3) die("small_files DIR M1|make");
    snprintf(folder, sizeof folder, "%s/small", argv[1]);
    H5open();
    if (strcmp(argv[2], "make") == 0) {
        make(folder);
        return 0;
    }
    int64_t sum = read_all(folder);
    double start = now();
    sum = read_all(folder);
    printf("M1\t%lld\t0\t%.6f\n", (long long)sum, now() - start);
    return 0;
}
