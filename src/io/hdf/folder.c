// Folders of HDF5 files, and other names for several.

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/hdf/internal.h"
#include "io/paths.h"

static bool is_folder(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

static int has_ending(const struct dirent *entry)
{
    static const char *const endings[] = {".h5", ".hdf5", ".hdf", ".he5"};
    size_t length = strlen(entry->d_name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t size = strlen(endings[i]);
        if (entry->d_name[0] != '.' && length > size &&
            strcasecmp(entry->d_name + length - size, endings[i]) == 0)
            return 1;
    }
    return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static mb_status add_folder(mb_context *cx, const char *path, mb_strings *files)
{
    struct dirent **entries = NULL;
    mb_status status = MB_OK;
    size_t length = strlen(path);
    int64_t before = files->count;
    int n = scandir(path, &entries, has_ending, by_name);
    if (n < 0) return mb_fail(cx, MB_EIO, "%s: %s", path, strerror(errno));
    for (int i = 0; i < n; i++) {
        char file[2 * PATH_MAX];
        int size = snprintf(file, sizeof file, "%s%s%s", path,
                            length && path[length - 1] == '/' ? "" : "/", entries[i]->d_name);
        if (!status && size < (int)sizeof file && !is_folder(file))
            status = mb_strings_add(cx, files, file);
        free(entries[i]);
    }
    free(entries);
    if (!status && files->count == before)
        status = mb_fail(cx, MB_EIO,
                         "%s: there is no file in this folder whose name ends in .h5, .hdf5, .hdf "
                         "or .he5; give a pattern for files of other names",
                         path);
    return status;
}

// Adds the files of a run of Arkouda's on several locales, by the name that all have in common: of
// `x.h5` these are `x_LOCALE0000.h5` and so on. `*added` is false when there are none.
static mb_status add_locales(mb_context *cx, const char *path, mb_strings *files, bool *added)
{
    char pattern[PATH_MAX];
    glob_t found = {0};
    const char *dot = strrchr(path, '.'), *name = mb_path_name(path);
    int stem = (int)(dot && dot > name ? (size_t)(dot - path) : strlen(path));
    int size = snprintf(pattern, sizeof pattern, "%.*s_LOCALE[0-9]*%s", stem, path, path + stem);
    mb_status status = MB_OK;
    *added = false;
    if (size >= (int)sizeof pattern || strpbrk(path, "*?[\\")) return MB_OK;
    if (glob(pattern, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc && !status; i++)
            status = mb_strings_add(cx, files, found.gl_pathv[i]);
    *added = found.gl_pathc > 0;
    globfree(&found);
    return status;
}

static mb_status add_path(mb_context *cx, const char *path, mb_strings *files)
{
    bool added = false;
    if (is_folder(path)) return add_folder(cx, path, files);
    mb_status status = MB_OK;
    if (access(path, F_OK) != 0) status = add_locales(cx, path, files, &added);
    return status || added ? status : mb_strings_add(cx, files, path);
}

mb_status mb_hdf_paths_expand(mb_context *cx, const char *const *paths, int64_t n,
                              mb_strings *files)
{
    mb_status status;
    mb_strings found = {0};
    MB_TRY(mb_paths_expand(cx, paths, n, &found));
    const char *path = mb_strings_first(&found);
    for (int64_t i = 0; i < found.count; i++, path = mb_strings_next(path))
        MB_TRY(add_path(cx, path, files));
done:
    mb_strings_release(&found);
    return status;
}
