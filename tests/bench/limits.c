// What two processes can get out of this machine at best: limits FILE [FIRST SECOND]
//
// Prints lines of a name and bytes a second of both together, with a tab between: `read` of memory,
// `copy` of memory, `file`, which is pread() from the page cache, `load`, the same into new memory,
// `write` of new files to the disk. FILE is written and removed. Where FIRST and SECOND are told, a
// process each reads one of them: how quickly depends on how the page cache came to have a file.
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
    off_t first; // byte of the file that this process reads
} work;

static const char *path, *const *given;
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
    const char *name = given ? given[process] : path;
    w = (work){touched_memory(), touched_memory(), open(name, O_RDONLY),
               given ? 0 : (off_t)process * SIZE};
    if (w.file < 0) die(name);
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

// A file that is shorter is read again from its beginning.
static void read_into(const work *w, char *to)
{
    off_t at = w->first;
    for (size_t done = 0; done < SIZE;) {
        const size_t piece = SIZE - done < PIECE ? SIZE - done : PIECE;
        const ssize_t got = pread(w->file, to + done, piece, at);
        if (got <= 0) die("pread");
        done += (size_t)got;
        at = (size_t)got < piece ? w->first : at + got;
    }
}

static void read_file(int process, void *data)
{
    const work *w = data;
    (void)process;
    read_into(w, w->to);
}

static void load_file(int process, void *data)
{
    char *memory = new_memory();
    (void)process;
    read_into(data, memory);
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
    if (argc != 2 && argc != 2 + PAIR) {
        fprintf(stderr, "usage: limits FILE [FIRST SECOND]\n");
        return 2;
    }
    path = argv[1];
    if (argc > 2) given = (const char *const *)argv + 2;
    make_file();
    measure("read", read_memory);
    measure("copy", copy_memory);
    measure("file", read_file);
    measure("load", load_file);
    measure("write", write_disk);
    remove_files();
    return 0;
}
