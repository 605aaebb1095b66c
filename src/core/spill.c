#include "core/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

// A file without a name; where the file system knows none of these, one that loses its name.
static int open_file(const char *folder)
{
    int file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)) return file;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.4000s/moonbear-XXXXXX", folder);
    file = mkostemp(path, O_CLOEXEC);
    if (file >= 0) unlink(path);
    return file;
}

bool mb_spill_folder(const char *folder)
{
    struct statfs system;
    if (statfs(folder, &system) != 0) return false;
    if (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC) return false;
    int file = open_file(folder);
    if (file >= 0) close(file);
    return file >= 0;
}

// A file with room for `size` bytes; -1 where there is none.
static int reserve(const char *folder, size_t size)
{
    int file = open_file(folder);
    int problem = file < 0 ? errno : posix_fallocate(file, 0, (off_t)size);
    if (file >= 0 && problem) {
        close(file);
        file = -1;
    }
    errno = problem;
    return file;
}

// Maps the file, anywhere or where `block` is, and closes it.
static void *map(int file, void *block, size_t size)
{
    int fixed = block ? MAP_FIXED : 0;
    void *mapped = mmap(block, size, PROT_READ | PROT_WRITE, MAP_SHARED | fixed, file, 0);
    int problem = errno;
    close(file);
    errno = problem;
    return mapped == MAP_FAILED ? NULL : mapped;
}

void *mb_spill_take(const char *folder, size_t size)
{
    int file = reserve(folder, size);
    return file < 0 ? NULL : map(file, NULL, size);
}

static bool write_all(int file, const char *bytes, size_t size)
{
    const size_t most = 1 << 26;
    for (size_t done = 0; done < size;) {
        size_t wanted = size - done < most ? size - done : most;
        ssize_t written = pwrite(file, bytes + done, wanted, (off_t)done);
        if (written <= 0 && errno != EINTR) return false;
        if (written > 0) done += (size_t)written;
    }
    return true;
}

bool mb_spill_move(const char *folder, void *block, size_t size)
{
    int file = reserve(folder, size);
    if (file < 0) return false;
    if (write_all(file, block, size)) return map(file, block, size) != NULL;
    close(file);
    return false;
}

void mb_spill_scattered(void *block, size_t size)
{
    (void)madvise(block, size, MADV_RANDOM);
}

void mb_spill_fetch(void *block, size_t first, size_t size)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), before = first % page;
    (void)madvise((char *)block + first - before, size + before, MADV_WILLNEED);
}

void mb_spill_give(void *block, size_t size)
{
    munmap(block, size);
}

double mb_spill_room(const char *folder)
{
    struct statfs system;
    return statfs(folder, &system) == 0 ? (double)system.f_bavail * (double)system.f_bsize : 0;
}
