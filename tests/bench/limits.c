// What two processes can get out of this machine at best: limits FILE
//
// Prints lines of a name and bytes a second of both together, with a tab between: `read` of memory,
// `copy` of memory, `file`, which is pread() from the page cache, `load`, the same into new memory,
// `write` of new files to the disk. FILE is written and removed.
#include <fcntl.h>
#include <stdint.h>
#include <string.h>

#include "pair.h"

enum {
    PIECE = 1 << 20,
    SIZE = 256 << 20, // what each process reads or copies
    HUGE_PAGE = 2 << 20,
};

typedef struct work {
    char *from, *to;
    int file;
} work;

static const char *path;
static volatile int64_t sink;

static char *new_memory(void)
{
    char *memory = aligned_alloc(HUGE_PAGE, SIZE);
    if (!memory) die("aligned_alloc");
    madvise(memory, SIZE, MADV_HUGEPAGE);
    return memory;
}

static char *touched_memory(void)
{
    return memset(new_memory(), 1, SIZE);
}

static void *begin(int process)
{
    static work w;
    (void)process;
    w = (work){touched_memory(), touched_memory(), open(path, O_RDONLY)};
    if (w.file < 0) die(path);
    return &w;
}

static void read_memory(int process, void *data)
{
    const int64_t *words = (const int64_t *)(const void *)((work *)data)->from;
    int64_t sum = 0;
    (void)process;
    for (size_t i = 0; i < SIZE / sizeof *words; i++)
        sum += words[i];
    sink = sum;
}

static void copy_memory(int process, void *data)
{
    const work *w = data;
    (void)process;
    memcpy(w->to, w->from, SIZE);
}

static void read_into(int process, int file, char *to)
{
    for (off_t done = 0; done < SIZE; done += PIECE)
        if (pread(file, to + done, PIECE, (off_t)process * SIZE + done) != PIECE) die("pread");
}

static void read_file(int process, void *data)
{
    const work *w = data;
    read_into(process, w->file, w->to);
}

static void load_file(int process, void *data)
{
    char *memory = new_memory();
    read_into(process, ((work *)data)->file, memory);
    free(memory);
}

// In place of the one before, as a file is replaced.
static void write_disk(int process, void *data)
{
    char name[4096];
    snprintf(name, sizeof name, "%s.%d", path, process);
    int file = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file < 0) die(name);
    for (off_t done = 0; done < SIZE; done += PIECE)
        if (write(file, ((work *)data)->from + done, PIECE) != PIECE) die("write");
    if (fsync(file) != 0) die("fsync");
    close(file);
}

static void measure(const char *name, void (*act)(int, void *))
{
    printf("%s\t%.4g\n", name, (double)PAIR * SIZE / pair_seconds(begin, act));
    fflush(stdout);
}

static void make_file(void)
{
    static char piece[PIECE];
    FILE *file = fopen(path, "wb");
    if (!file) die(path);
    for (int i = 0; i < PAIR * (SIZE / PIECE); i++)
        if (fwrite(piece, PIECE, 1, file) != 1) die(path);
    if (fclose(file)) die(path);
}

static void remove_files(void)
{
    char name[4096];
    remove(path);
    for (int process = 0; process < PAIR; process++) {
        snprintf(name, sizeof name, "%s.%d", path, process);
        remove(name);
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: limits FILE\n");
        return 2;
    }
    path = argv[1];
    make_file();
    measure("read", read_memory);
    measure("copy", copy_memory);
    measure("file", read_file);
    measure("load", load_file);
    measure("write", write_disk);
    remove_files();
    return 0;
}
