// Folders of HDF5 files, and other names for several.

#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "io/hdf/internal.h"
#include "io/paths.h"

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

const mb_path_kind mb_hdf_path_kind = {
    .endings = (const char *const[]){".h5", ".hdf5", ".hdf", ".he5", NULL},
    .none = "there is no file in this folder whose name ends in .h5, .hdf5, .hdf or .he5; give a "
            "pattern for files of other names",
    .others = add_locales,
};
