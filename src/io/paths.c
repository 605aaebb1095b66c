#include "io/paths.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static mb_status expand_pattern(mb_context *cx, const char *pattern, mb_strings *files)
{
    glob_t found = {0};
    mb_status status = MB_OK;
    int code = glob(pattern, GLOB_NOSORT, NULL, &found);
    if (code == GLOB_NOMATCH) {
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

mb_status mb_paths_expand(mb_context *cx, const char *const *paths, int64_t n, mb_strings *files)
{
    mb_status status = MB_OK;
    for (int64_t i = 0; i < n && !status; i++) {
        bool pattern = strpbrk(paths[i], "*?[") && access(paths[i], F_OK) != 0;
        status =
            pattern ? expand_pattern(cx, paths[i], files) : mb_strings_add(cx, files, paths[i]);
    }
    return status;
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
