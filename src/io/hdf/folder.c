// Folders of HDF5 files, and files of ranks.

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "io/hdf/internal.h"
#include "io/paths.h"

// The length of a path without its ending.
static int stem_of(const char *path)
{
    const char *name = mb_path_name(path), *dot = strrchr(name, '.');
    return (int)(dot && dot > name ? dot - path : (ptrdiff_t)strlen(path));
}

bool mb_hdf_rank_path(const char *path, int rank, char file[PATH_MAX])
{
    int stem = stem_of(path);
    return snprintf(file, PATH_MAX, "%.*s" MB_HDF_RANK "%04d%s", stem, path, rank, path + stem) <
           PATH_MAX;
}

glob_t mb_hdf_rank_files(const char *path, const char *behind)
{
    char pattern[PATH_MAX];
    glob_t found = {0};
    int stem = stem_of(path);
    int size = snprintf(pattern, sizeof pattern, "%.*s" MB_HDF_RANK "[0-9]*%s%s", stem, path,
                        path + stem, behind);
    if (size < (int)sizeof pattern && !strpbrk(path, "*?[\\")) (void)glob(pattern, 0, NULL, &found);
    return found;
}

// Whether a file that the pattern above found has nothing but digits between the parts of a path.
static bool is_of_rank(const char *path, const char *file)
{
    const char *at = file + stem_of(path) + sizeof MB_HDF_RANK - 1;
    return strcmp(at + strspn(at, "0123456789"), path + stem_of(path)) == 0;
}

// Adds the files of ranks that a path stands for; `*added` is false when there are none.
static mb_status add_ranks(mb_context *cx, const char *path, mb_strings *files, bool *added)
{
    glob_t found = mb_hdf_rank_files(path, "");
    mb_status status = MB_OK;
    *added = false;
    for (size_t i = 0; i < found.gl_pathc && !status; i++) {
        if (!is_of_rank(path, found.gl_pathv[i])) continue;
        *added = true;
        status = mb_strings_add(cx, files, found.gl_pathv[i]);
    }
    globfree(&found);
    return status;
}

const mb_path_kind mb_hdf_path_kind = {
    .endings = (const char *const[]){".h5", ".hdf5", ".hdf", ".he5", NULL},
    .none = "there is no file in this folder whose name ends in .h5, .hdf5, .hdf or .he5; give a "
            "pattern for files of other names",
    .others = add_ranks,
};
