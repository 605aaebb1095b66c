#include "io/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "comm/comm.h"
#include "comm/lockstep.h"

// Whether a path may become that of a folder: nothing is there, or an empty one. Where nothing can
// be there, in a folder that is none or that is shut, making it tells why.
static bool is_free(const char *path)
{
    int entries = 0;
    struct stat found;
    DIR *folder = opendir(path);
    if (!folder) return lstat(path, &found) != 0;
    while (entries <= 2 && readdir(folder)) // of any, "." and ".." are two
        entries++;
    closedir(folder);
    return entries <= 2;
}

static mb_status make(mb_context *cx, mb_folder *folder)
{
    if (!is_free(folder->path))
        return mb_fail(cx, MB_EIO,
                       "%s: cannot write: it is there, and no empty folder: remove it, "
                       "or name another one",
                       folder->path);
    mb_part_clean(folder->path);
    folder->fd = mb_part_make_folder(folder->beside);
    return folder->fd >= 0 ? MB_OK : mb_part_fail(cx, folder->path, errno);
}

mb_status mb_folder_begin(mb_context *cx, const char *path, mb_folder *folder)
{
    mb_payload maker = {.max = {mb_rank(cx) == 0 ? (uint64_t)getpid() : 0}};
    *folder = MB_FOLDER_CLOSED;
    mb_status status = strlen(path) + 64 < PATH_MAX ? MB_OK : mb_part_fail(cx, path, ENAMETOOLONG);
    MB_TRY(mb_step(cx, status, &maker));
    snprintf(folder->path, PATH_MAX, "%s", path);
    // Unlike a file's, the number is not the process's alone: it may have begun another one.
    snprintf(folder->beside, PATH_MAX, "%.*s.%llu%llu.part", PATH_MAX - 64, path,
             (unsigned long long)maker.max[0], (unsigned long long)mb_operation_id(cx));
    if (mb_rank(cx) == 0) status = make(cx, folder);
    status = mb_step(cx, status, NULL);
done:
    if (status) mb_folder_abandon(folder);
    return status;
}

bool mb_folder_file(const mb_folder *folder, int64_t number, const char *ending,
                    char path[PATH_MAX])
{
    return snprintf(path, PATH_MAX, "%s/part-%05lld.%s", folder->beside, (long long)number,
                    ending) < PATH_MAX;
}

mb_status mb_folder_publish(mb_context *cx, mb_folder *folder)
{
    int error = 0;
    if (folder->fd >= 0) error = mb_part_publish_folder(folder->fd, folder->beside, folder->path);
    if (folder->fd >= 0 && !error) {
        close(folder->fd);
        folder->fd = -1;
    }
    return mb_conclude(cx, error ? mb_part_fail(cx, folder->path, error) : MB_OK, NULL);
}

void mb_folder_abandon(mb_folder *folder)
{
    if (folder->fd < 0) return;
    mb_part_remove_folder(folder->beside, folder->fd);
    folder->fd = -1;
}
