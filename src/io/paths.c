#include "io/paths.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "comm/comm.h"

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool mb_path_is_shut(const char *pattern)
{
    struct stat unused;
    if (stat(pattern, &unused) != 0 && errno == EACCES) return true;
    glob_t found = {0};
    const bool shut = glob(pattern, GLOB_NOSORT | GLOB_ERR, NULL, &found) == GLOB_ABORTED;
    const int code = errno;
    globfree(&found);
    return shut && code == EACCES;
}

static mb_status expand_pattern(mb_context *cx, const char *pattern, mb_strings *files)
{
    glob_t found = {0};
    mb_status status = MB_OK;
    int code = glob(pattern, GLOB_NOSORT, NULL, &found);
    if (code == GLOB_NOMATCH && mb_path_is_shut(pattern)) {
        status = mb_fail(cx, MB_EIO, "%s: no file is seen that matches this pattern: %s", pattern,
                         strerror(EACCES));
    } else if (code == GLOB_NOMATCH) {
        status = mb_fail(cx, MB_EIO, "%s: no file matches this pattern", pattern);
    } else if (code != 0) {
        status = mb_fail(cx, MB_EIO, "%s: cannot look for files that match this pattern: %s",
                         pattern, strerror(errno));
    } else {
        qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, compare_paths);
        for (size_t i = 0; i < found.gl_pathc && !status; i++)
            status = mb_strings_add(cx, files, found.gl_pathv[i]);
    }
    globfree(&found);
    return status;
}

static bool is_folder(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

static bool has_ending(const char *name, const char *const *endings)
{
    size_t length = strlen(name), size;
    for (; *endings; endings++) {
        size = strlen(*endings);
        if (*name != '.' && length > size && strcasecmp(name + length - size, *endings) == 0)
            return true;
    }
    return false;
}

static mb_status add_folder(mb_context *cx, const mb_path_kind *kind, const char *path,
                            mb_strings *files)
{
    struct dirent **entries = NULL;
    mb_status status = MB_OK;
    size_t length = strlen(path);
    int64_t before = files->count;
    int n = scandir(path, &entries, NULL, by_name);
    if (n < 0) return mb_fail(cx, MB_EIO, "%s: %s", path, strerror(errno));
    for (int i = 0; i < n; i++) {
        char file[2 * PATH_MAX];
        int size = snprintf(file, sizeof file, "%s%s%s", path,
                            length && path[length - 1] == '/' ? "" : "/", entries[i]->d_name);
        bool taken = has_ending(entries[i]->d_name, kind->endings) && size < (int)sizeof file;
        if (!status && taken && !is_folder(file)) status = mb_strings_add(cx, files, file);
        free(entries[i]);
    }
    free(entries);
    if (!status && files->count == before) status = mb_fail(cx, MB_EIO, "%s: %s", path, kind->none);
    return status;
}

static mb_status add_path(mb_context *cx, const mb_path_kind *kind, const char *path,
                          mb_strings *files)
{
    bool added = false;
    mb_status status = MB_OK;
    if (kind && is_folder(path)) return add_folder(cx, kind, path, files);
    if (kind && kind->others && access(path, F_OK) != 0)
        status = kind->others(cx, path, files, &added);
    return status || added ? status : mb_strings_add(cx, files, path);
}

mb_status mb_paths_expand(mb_context *cx, const mb_path_kind *kind, const char *const *paths,
                          int64_t n, mb_strings *files)
{
    mb_strings found = {0};
    mb_status status = MB_OK;
    for (int64_t i = 0; i < n && !status; i++) {
        if (!*paths[i]) status = mb_fail(cx, MB_EINVALID, "an empty path: it names no file");
        if (status) break;
        bool pattern = strpbrk(paths[i], "*?[") && access(paths[i], F_OK) != 0;
        status =
            pattern ? expand_pattern(cx, paths[i], &found) : mb_strings_add(cx, &found, paths[i]);
    }
    const char *path = mb_strings_first(&found);
    for (int64_t i = 0; i < found.count && !status; i++, path = mb_strings_next(path))
        status = add_path(cx, kind, path, files);
    mb_strings_release(&found);
    if (!status && files->count == 0)
        status = mb_fail(cx, MB_EINVALID, "no file to read: the list is empty");
    return status;
}

mb_file_state mb_file_state_of(const char *path)
{
    struct statx found;
    if (statx(AT_FDCWD, path, 0, STATX_BASIC_STATS | STATX_BTIME, &found) != 0)
        return (mb_file_state){0};
    mb_file_state state = {
        .device = (int64_t)found.stx_dev_major << 32 | found.stx_dev_minor,
        .inode = (int64_t)found.stx_ino,
        .size = (int64_t)found.stx_size,
        .written = {found.stx_mtime.tv_sec, found.stx_mtime.tv_nsec},
    };
    if (found.stx_mask & STATX_BTIME) {
        state.born[0] = found.stx_btime.tv_sec;
        state.born[1] = found.stx_btime.tv_nsec;
    }
    return state;
}

// Whether this rank looks at the state of file i.
static bool is_mine(const mb_context *cx, int64_t i)
{
    return i % mb_nranks(cx) == mb_rank(cx);
}

static mb_status keep_states(mb_context *cx, mb_paths *found)
{
    const int64_t most = found->n / mb_nranks(cx) + 1;
    mb_status status = mb_buffer_new_array(cx, most, sizeof(mb_file_state), &found->states);
    if (status) return status;
    mb_file_state *state = found->states->data;
    const char *path = mb_strings_first(&found->strings);
    for (int64_t i = 0; i < found->n; i++, path = mb_strings_next(path))
        if (is_mine(cx, i)) *state++ = mb_file_state_of(path);
    return MB_OK;
}

mb_status mb_paths_find(mb_context *cx, const mb_path_kind *kind, const char *const *paths,
                        int64_t n, mb_paths *found)
{
    mb_status status = MB_OK;
    if (mb_rank(cx) == 0) status = mb_paths_expand(cx, kind, paths, n, &found->strings);
    MB_TRY(mb_strings_share(cx, status, &found->strings));
    MB_TRY(mb_strings_index(cx, &found->strings, &found->index));
    found->files = found->index->data;
    found->n = found->strings.count;
    status = keep_states(cx, found);
done:
    return status;
}

mb_status mb_paths_unchanged(mb_context *cx, const mb_paths *found)
{
    const mb_file_state *before = found->states->data;
    const char *path = mb_strings_first(&found->strings);
    for (int64_t i = 0; i < found->n; i++, path = mb_strings_next(path)) {
        if (!is_mine(cx, i)) continue;
        const mb_file_state now = mb_file_state_of(path), then = *before++;
        const bool same = now.device == then.device && now.inode == then.inode &&
                          memcmp(now.born, then.born, sizeof now.born) == 0;
        const bool written = memcmp(now.written, then.written, sizeof now.written) != 0;
        if (!same || now.size < then.size || (now.size == then.size && written))
            return mb_fail(cx, MB_EIO, "%s: was changed while it was read", path);
    }
    return MB_OK;
}

void mb_paths_release(mb_paths *found)
{
    mb_strings_release(&found->strings);
    mb_buffer_release(found->index);
    mb_buffer_release(found->states);
    *found = (mb_paths){0};
}

const char *mb_path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool mb_path_folder(const char *path, char folder[PATH_MAX])
{
    size_t length = (size_t)(mb_path_name(path) - path);
    if (length >= PATH_MAX) return false;
    if (length)
        snprintf(folder, PATH_MAX, "%.*s", (int)length, path);
    else
        memcpy(folder, ".", sizeof ".");
    return true;
}
