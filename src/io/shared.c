#include "io/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"

// What rank 0 tells of its file, and how the others know that it is the same.
typedef struct token {
    int64_t pid, fd, size;
    uint64_t device, inode, mark;
} token;

enum { COPIED_AT_ONCE = 1 << 30 };

// Copies all bytes of a file; a file system that can shares them instead. Returns 0 or an errno.
static int copy_bytes(int from, int to)
{
    char piece[1 << 16];
    ssize_t got;
    do
        got = copy_file_range(from, NULL, to, NULL, COPIED_AT_ONCE, 0);
    while (got > 0 || (got < 0 && errno == EINTR));
    if (got == 0) return 0;
    if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) return errno;
    while ((got = read(from, piece, sizeof piece)) != 0) {
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno;
        for (ssize_t done = 0, more; done < got; done += more) {
            more = write(to, piece + done, (size_t)(got - done));
            if (more < 0 && errno == EINTR) more = 0;
            if (more < 0) return errno;
        }
    }
    return 0;
}

// Fills a part with what the path has.
static mb_status copy_old(mb_context *cx, const char *path, const mb_part *part)
{
    struct stat what;
    int error = 0, old = open(path, O_RDONLY | O_CLOEXEC);
    if (old < 0) return mb_fail(cx, MB_EIO, "%s: cannot read: %s", path, strerror(errno));
    if (fstat(old, &what) != 0) error = errno;
    if (!error && !mb_part_allows((uint64_t)what.st_size)) error = EFBIG;
    if (!error) error = copy_bytes(old, part->fd);
    close(old);
    return error ? mb_part_fail(cx, path, error) : MB_OK;
}

static mb_status begin(mb_context *cx, const char *path, bool copy, mb_part *part, token *told)
{
    struct stat what;
    mb_part_clean(path);
    mb_status status = mb_part_open(cx, path, part);
    if (!status && copy) status = copy_old(cx, path, part);
    if (status) return status;
    if (fstat(part->fd, &what) != 0) return mb_part_fail(cx, path, errno);
    *told = (token){.pid = getpid(),
                    .fd = part->fd,
                    .size = what.st_size,
                    .device = what.st_dev,
                    .inode = what.st_ino,
                    .mark = mb_operation_id(cx) ^ (uint64_t)what.st_ino << 20 ^ (uint64_t)getpid()};
    if (!mb_part_allows((uint64_t)told->size + sizeof told->mark))
        return mb_part_fail(cx, path, EFBIG);
    const ssize_t written = pwrite(part->fd, &told->mark, sizeof told->mark, told->size);
    if (written != sizeof told->mark) return mb_part_fail(cx, path, written < 0 ? errno : ENOSPC);
    return MB_OK;
}

// Opens rank 0's file by a name; -1 where that is another file or none.
static int join(const char *name, const token *told)
{
    uint64_t mark;
    struct stat what;
    int fd = open(name, O_RDWR | O_CLOEXEC);
    if (fd < 0) return -1;
    if (fstat(fd, &what) == 0 && what.st_ino == told->inode &&
        pread(fd, &mark, sizeof mark, told->size) == sizeof mark && mark == told->mark)
        return fd;
    close(fd);
    return -1;
}

// Opens the file on all ranks by rank 0's descriptor, or by its name.
static mb_status join_all(mb_context *cx, const char *path, const token *told,
                          mb_shared_part *shared)
{
    char name[PATH_MAX + 64], target[PATH_MAX];
    bool first = mb_rank(cx) == 0;
    mb_status status;
    if (first) shared->fd = shared->part.fd;
    snprintf(name, sizeof name, "/proc/%lld/fd/%lld", (long long)told->pid, (long long)told->fd);
    if (!first) shared->fd = join(name, told);
    mb_payload payload = {.count = shared->fd < 0};
    MB_TRY(mb_step(cx, MB_OK, &payload));
    if (payload.count == 0) return MB_OK;
    int error = first ? mb_part_name(&shared->part) : 0;
    // Other machines see what is on the disk of the one that has it.
    if (first && !error && fsync(shared->fd) != 0 && errno != EINVAL) error = errno;
    MB_TRY(mb_step(cx, error ? mb_part_fail(cx, path, error) : MB_OK, NULL));
    if (mb_part_target(path, target) == 0)
        snprintf(name, sizeof name, "%s.%lld.part", target, (long long)told->pid);
    if (shared->fd < 0) shared->fd = join(name, told);
    if (shared->fd < 0)
        status = mb_fail(cx, MB_EIO,
                         "%s: rank %d does not see the file that rank 0 has begun: write to a "
                         "folder that all machines share",
                         path, mb_rank(cx));
    status = mb_step(cx, status, NULL);
done:
    return status;
}

mb_status mb_shared_open(mb_context *cx, const char *path, bool copy, mb_shared_part *shared)
{
    token told = {0};
    mb_status status = MB_OK;
    *shared = MB_SHARED_CLOSED;
    if (mb_rank(cx) == 0) status = begin(cx, path, copy, &shared->part, &told);
    MB_TRY(mb_step(cx, status, NULL));
    mb_broadcast(cx, 0, &told, sizeof told);
    MB_TRY(join_all(cx, path, &told, shared));
    if (mb_rank(cx) == 0 && ftruncate(shared->fd, told.size) != 0)
        status = mb_part_fail(cx, path, errno);
    status = mb_step(cx, status, NULL);
done:
    return status;
}

mb_status mb_shared_open_own(mb_context *cx, const char *path, mb_shared_part *shared)
{
    *shared = MB_SHARED_CLOSED;
    mb_part_clean(path);
    mb_status status = mb_part_open(cx, path, &shared->part);
    shared->fd = shared->part.fd;
    shared->own = true;
    return mb_step(cx, status, NULL);
}

mb_status mb_shared_write(mb_context *cx, const mb_shared_part *shared, const char *path,
                          const void *data, size_t size, int64_t offset)
{
    if (!mb_part_allows((uint64_t)offset + size)) return mb_part_fail(cx, path, EFBIG);
    for (size_t done = 0; done < size;) {
        ssize_t more =
            pwrite(shared->fd, (const char *)data + done, size - done, offset + (int64_t)done);
        if (more < 0 && errno == EINTR) continue;
        if (more <= 0) return mb_part_fail(cx, path, more < 0 ? errno : ENOSPC);
        done += (size_t)more;
    }
    return MB_OK;
}

// Sets the nanoseconds of the time when a file was last written; where that cannot be they stay.
static void set_moment(int fd, long nanoseconds)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};
    if (clock_gettime(CLOCK_REALTIME, &times[1]) != 0) return;
    times[1].tv_nsec = nanoseconds;
    (void)futimens(fd, times);
}

mb_status mb_shared_publish(mb_context *cx, mb_status status, const char *path,
                            mb_shared_part *shared)
{
    int error = 0;
    if (!status && shared->own) error = mb_part_settle(&shared->part);
    // Other machines have written through caches of their own.
    else if (!status && mb_rank(cx) > 0 && mb_ranks_on_node(cx) < mb_nranks(cx) &&
             fsync(shared->fd) != 0 && errno != EINVAL)
        error = errno;
    if (error) status = mb_part_fail(cx, path, error);
    status = mb_step(cx, status, NULL);
    if (status) return status;
    error = 0;
    if (shared->own || mb_rank(cx) == 0) {
        if (shared->moment) set_moment(shared->part.fd, shared->moment);
        error = mb_part_publish(&shared->part);
        shared->fd = shared->part.fd;
    }
    return mb_conclude(cx, error ? mb_part_fail(cx, path, error) : MB_OK, NULL);
}

void mb_shared_abandon(mb_shared_part *shared)
{
    if (shared->fd >= 0 && shared->fd != shared->part.fd) close(shared->fd);
    mb_part_abandon(&shared->part);
    shared->fd = -1;
}
