#include "io/part.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/paths.h"

enum { PERMISSIONS = 0666, LINK_SIZE = 32 }; // those of any new file, less the umask

// The path by which a file without a name can be linked.
static void descriptor_path(int fd, char path[LINK_SIZE])
{
    snprintf(path, LINK_SIZE, "/proc/self/fd/%d", fd);
}

// A file without a name in the folder of a path; -1 where there is no such thing.
static int open_nameless(const char *path)
{
    char folder[PATH_MAX], link[LINK_SIZE];
    if (!mb_path_folder(path, folder)) return -1;
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, PERMISSIONS);
    if (fd < 0) return -1;
    descriptor_path(fd, link);
    if (access(link, F_OK) == 0) { // with /proc it can have a name later
        flock(fd, LOCK_EX);
        return fd;
    }
    close(fd);
    return -1;
}

// A new file of this name. Somebody who takes it for a dead writer's may remove it before it is
// locked.
static int open_named(const char *name)
{
    for (;;) {
        struct stat what;
        unlink(name); // of an earlier process of this number
        int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, PERMISSIONS);
        if (fd < 0) return -1;
        flock(fd, LOCK_EX);
        if (fstat(fd, &what) != 0 || what.st_nlink > 0) return fd;
        close(fd);
    }
}

mb_status mb_part_fail(mb_context *cx, const char *path, int error)
{
    return mb_fail(cx, MB_EIO, "%s: cannot write: %s", path, strerror(error));
}

int mb_part_target(const char *path, char target[PATH_MAX])
{
    enum { MOST_LINKS = 40 }; // as the system's
    char folder[PATH_MAX], next[PATH_MAX];
    size_t length = strlen(path);
    if (length >= PATH_MAX) return ENAMETOOLONG;
    memcpy(target, path, length + 1);
    for (int i = 0; i < MOST_LINKS; i++) {
        ssize_t size = readlink(target, next, sizeof next - 1);
        if (size < 0) return 0;
        next[size] = '\0';
        bool apart = *next == '/' || mb_path_name(target) == target;
        if (!mb_path_folder(target, folder)) return ENAMETOOLONG;
        size = snprintf(target, PATH_MAX, "%s%s", apart ? "" : folder, next);
        if (size >= PATH_MAX) return ENAMETOOLONG;
    }
    return ELOOP;
}

// Begins the file for a path that is no link.
static int open_part(const char *path, mb_part *part)
{
    part->fd = open_nameless(path);
    if (part->fd >= 0) return 0;
    part->fd = open_named(part->name);
    part->named = part->fd >= 0;
    return part->named ? 0 : errno;
}

// Gives the file the owner and the permissions of the one that it is to replace; those that may
// write to it, but are not its owner, become that.
static int take_after(int fd, const struct stat *there)
{
    struct stat made;
    mode_t mode = there->st_mode & 07777;
    if (fchown(fd, there->st_uid, there->st_gid) != 0 && fchown(fd, (uid_t)-1, there->st_gid) != 0)
        mode &= 0777;
    // There are file systems that have the same for all files, and refuse to set them.
    if (fstat(fd, &made) == 0 && (made.st_mode & 07777) == mode) return 0;
    return fchmod(fd, mode) == 0 ? 0 : errno;
}

mb_status mb_part_open(mb_context *cx, const char *path, mb_part *part)
{
    struct stat there;
    char target[PATH_MAX];
    *part = (mb_part){.fd = -1};
    bool replaces = stat(path, &there) == 0;
    if (replaces && !S_ISREG(there.st_mode))
        return mb_fail(cx, MB_EIO, "%s: cannot write: it is there, and not a regular file", path);
    int error = mb_part_target(path, target);
    if (error) return mb_part_fail(cx, path, error);
    const size_t size = strlen(target) + 32;
    part->path = mb_copy_string(cx, target);
    part->name = mb_allocate(cx, size, 1);
    if (!part->path || !part->name) {
        mb_part_abandon(part);
        return MB_EMEMORY;
    }
    snprintf(part->name, size, "%s.%ld.part", target, (long)getpid());
    if (replaces && faccessat(AT_FDCWD, target, W_OK, AT_EACCESS) != 0) error = errno;
    if (!error) error = open_part(target, part);
    if (!error && replaces) error = take_after(part->fd, &there);
    if (!error) return MB_OK;
    mb_part_abandon(part);
    return mb_part_fail(cx, path, error);
}

bool mb_part_opened_as(const mb_part *part, char path[MB_PART_PATH])
{
    if (part->named) return snprintf(path, MB_PART_PATH, "%s", part->name) < MB_PART_PATH;
    descriptor_path(part->fd, path);
    return true;
}

int mb_part_name(mb_part *part)
{
    char link[LINK_SIZE];
    if (part->named) return 0;
    descriptor_path(part->fd, link);
    unlink(part->name); // of an earlier process of this number
    if (linkat(AT_FDCWD, link, AT_FDCWD, part->name, AT_SYMLINK_FOLLOW) != 0) return errno;
    part->named = true;
    return 0;
}

int mb_part_settle(mb_part *part)
{
    if (!part->transient && fsync(part->fd) != 0 && errno != EINVAL) return errno;
    return mb_part_name(part);
}

// Brings the names in a path's folder to the disk, where the file system can.
static void settle_folder(const char *path)
{
    char folder[PATH_MAX];
    int fd = mb_path_folder(path, folder) ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd < 0) return;
    (void)fsync(fd);
    close(fd);
}

int mb_part_publish(mb_part *part)
{
    int error = mb_part_settle(part);
    if (error) return error;
    if (rename(part->name, part->path) != 0) return errno;
    part->named = false;
    if (!part->transient) settle_folder(part->path);
    error = close(part->fd) != 0 ? errno : 0;
    part->fd = -1;
    return error;
}

void mb_part_abandon(mb_part *part)
{
    if (part->named) unlink(part->name);
    if (part->fd >= 0) close(part->fd);
    free(part->path);
    free(part->name);
    *part = (mb_part){.fd = -1};
}

size_t mb_part_stem(const char *name)
{
    static const char ending[] = ".part";
    const size_t length = strlen(name), tail = sizeof ending - 1;
    if (length <= tail || strcmp(name + length - tail, ending) != 0) return 0;
    size_t end = length - tail, begin = end;
    while (begin > 0 && name[begin - 1] >= '0' && name[begin - 1] <= '9')
        begin--;
    return begin > 0 && begin < end && name[begin - 1] == '.' ? begin - 1 : 0;
}

// Locks a file or folder of that name if its writer is dead. Returns its descriptor, or -1.
static int lock_dead(int folder, const char *name, int flags, mode_t kind)
{
    struct stat what, named; // the name may have gone to another file before the lock
    int fd = openat(folder, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return -1;
    if (fstat(fd, &what) == 0 && (what.st_mode & S_IFMT) == kind &&
        flock(fd, LOCK_EX | LOCK_NB) == 0 &&
        fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && named.st_ino == what.st_ino &&
        named.st_dev == what.st_dev)
        return fd;
    close(fd);
    return -1;
}

// Removes a folder in another one, whose descriptor it closes, and our files in it.
static void remove_folder(int folder, const char *name, int fd)
{
    static const char beginning[] = "part-";
    DIR *opened = fdopendir(fd);
    if (!opened) close(fd);
    if (!opened) return;
    for (struct dirent *entry; (entry = readdir(opened));)
        if (strncmp(entry->d_name, beginning, sizeof beginning - 1) == 0)
            unlinkat(fd, entry->d_name, 0);
    unlinkat(folder, name, AT_REMOVEDIR);
    closedir(opened);
}

void mb_part_remove_folder(const char *name, int fd)
{
    remove_folder(AT_FDCWD, name, fd);
}

void mb_part_remove_dead(int folder, const char *name)
{
    int fd = lock_dead(folder, name, O_RDWR, S_IFREG);
    if (fd < 0 && errno == EISDIR) {
        fd = lock_dead(folder, name, O_RDONLY | O_DIRECTORY, S_IFDIR);
        if (fd >= 0) remove_folder(folder, name, fd);
        return;
    }
    if (fd < 0) return;
    unlinkat(folder, name, 0);
    close(fd);
}

int mb_part_make_folder(const char *name)
{
    for (;;) { // somebody may remove it before it is locked
        struct stat what;
        if (mkdir(name, 0777) != 0 && errno != EEXIST) return -1;
        const int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT) continue;
        if (fd < 0) return -1;
        flock(fd, LOCK_EX);
        if (fstat(fd, &what) != 0 || what.st_nlink > 0) return fd;
        close(fd);
    }
}

int mb_part_publish_folder(int fd, const char *name, const char *path)
{
    if ((fsync(fd) != 0 && errno != EINVAL) || rename(name, path) != 0) return errno;
    settle_folder(path);
    return 0;
}

void mb_part_clean(const char *path)
{
    char where[PATH_MAX], target[PATH_MAX];
    if (mb_part_target(path, target)) return;
    const char *name = mb_path_name(target);
    DIR *folder = mb_path_folder(target, where) ? opendir(where) : NULL;
    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder));) {
        size_t length = mb_part_stem(entry->d_name);
        if (length && length == strlen(name) && memcmp(entry->d_name, name, length) == 0)
            mb_part_remove_dead(dirfd(folder), entry->d_name);
    }
    closedir(folder);
}

bool mb_part_allows(uint64_t size)
{
    struct rlimit most;
    return getrlimit(RLIMIT_FSIZE, &most) != 0 || most.rlim_cur == RLIM_INFINITY ||
           size <= most.rlim_cur;
}
