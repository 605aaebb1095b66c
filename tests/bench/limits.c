// What two processes can get out of this machine at best: limits FILE
//
// Prints lines of a name and bytes a second of both together, with a tab between: `read` of memory,
// `copy` of memory, `file`, which is read() from the page cache, `write` to the disk. FILE is
// written and removed.
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    TRIALS = 5,
    PIECE = 1 << 20,
    SIZE = 256 << 20, // what each process reads or copies
};

// What the two processes share.
typedef struct meeting {
    atomic_int arrived;
    double seconds[2][TRIALS];
} meeting;

typedef struct work {
    char *from, *to;
    int file, process;
} work;

static volatile int64_t sink;

static void read_memory(const work *w)
{
    const int64_t *words = (const int64_t *)(const void *)w->from;
    int64_t sum = 0;
    for (size_t i = 0; i < SIZE / sizeof *words; i++)
        sum += words[i];
    sink = sum;
}

static void copy_memory(const work *w)
{
    memcpy(w->to, w->from, SIZE);
}

static void read_file(const work *w)
{
    for (off_t done = 0; done < SIZE; done += PIECE) {
        off_t offset = (off_t)w->process * SIZE + done;
        if (pread(w->file, w->to + done, PIECE, offset) != PIECE) exit(EXIT_FAILURE);
    }
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void die(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static void write_disk(const work *w)
{
    for (off_t done = 0; done < SIZE; done += PIECE) {
        off_t offset = (off_t)w->process * SIZE + done;
        if (pwrite(w->file, w->from + done, PIECE, offset) != PIECE) die("pwrite");
    }
    if (fsync(w->file) != 0) die("fsync");
}

static char *touched_memory(void)
{
    char *memory = malloc(SIZE);
    if (!memory) die("malloc");
    memset(memory, 1, SIZE);
    return memory;
}

// One of the two processes: all trials, each begun when both are there.
static void take_part(int process, const char *path, void (*act)(const work *), meeting *shared)
{
    work w = {touched_memory(), touched_memory(), open(path, O_RDWR), process};
    if (w.file < 0) die(path);
    act(&w);
    for (int trial = 0; trial < TRIALS; trial++) {
        atomic_fetch_add(&shared->arrived, 1);
        while (atomic_load(&shared->arrived) < 2 * (trial + 1))
            sched_yield();
        double start = now();
        act(&w);
        shared->seconds[process][trial] = now() - start;
    }
    _exit(EXIT_SUCCESS);
}

static void measure(const char *name, const char *path, void (*act)(const work *))
{
    meeting *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) die("mmap");
    for (int process = 0; process < 2; process++) {
        pid_t child = fork();
        if (child < 0) die("fork");
        if (child == 0) take_part(process, path, act, shared);
    }
    for (int status; wait(&status) > 0;)
        if (status) exit(EXIT_FAILURE);
    double best = 1e9;
    for (int trial = 0; trial < TRIALS; trial++) {
        const double a = shared->seconds[0][trial], b = shared->seconds[1][trial];
        const double longer = a > b ? a : b;
        if (longer < best) best = longer;
    }
    printf("%s\t%.4g\n", name, 2.0 * SIZE / best);
    fflush(stdout);
    munmap(shared, sizeof *shared);
}

static void write_file(const char *path)
{
    static char piece[PIECE];
    FILE *file = fopen(path, "wb");
    if (!file) die(path);
    for (int i = 0; i < 2 * (SIZE / PIECE); i++)
        if (fwrite(piece, PIECE, 1, file) != 1) die(path);
    if (fclose(file)) die(path);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: limits FILE\n");
        return 2;
    }
    write_file(argv[1]);
    measure("read", argv[1], read_memory);
    measure("copy", argv[1], copy_memory);
    measure("file", argv[1], read_file);
    measure("write", argv[1], write_disk);
    remove(argv[1]);
    return 0;
}
