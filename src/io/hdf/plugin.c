// Filters that HDF5 loads from plugins. Debian has them beside its serial HDF5, where ours does not
// look.

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io/hdf/internal.h"

// Filters by their registered numbers, and Debian's packages.
static const struct {
    H5Z_filter_t id;
    const char *name, *package;
} known[] = {
    {307, "bzip2", "hdf5-filter-plugin"},
    {32001, "blosc", "hdf5-filter-plugin-blosc-serial"},
    {32004, "lz4", "hdf5-filter-plugin"},
    {32008, "bitshuffle", "hdf5-filter-plugin"},
    {32013, "zfp", "hdf5-filter-plugin-zfp-serial"},
    {32015, "zstd", NULL},
    {32026, "blosc2", NULL},
};

// Has HDF5 look for plugins in a folder, too, unless it does.
static void look_in(const char *folder)
{
    char other[1024];
    unsigned n = 0;
    if (access(folder, R_OK | X_OK) != 0 || H5PLsize(&n) < 0) return;
    for (unsigned i = 0; i < n; i++)
        if (H5PLget(i, other, sizeof other) > 0 && strcmp(folder, other) == 0) return;
    H5PLappend(folder);
}

// Has HDF5 look in no folder that is not there: it would end its search.
static void leave_absent(void)
{
    char folder[1024];
    unsigned n = 0;
    if (H5PLsize(&n) < 0) return;
    for (unsigned i = n; i-- > 0;)
        if (H5PLget(i, folder, sizeof folder) > 0 && access(folder, R_OK | X_OK) != 0)
            H5PLremove(i);
}

// The plugins of a distribution, which are beside the library.
static void find_plugins(void)
{
    static const char *const builds[] = {"mpich", "openmpi", "serial"};
    Dl_info library;
    char folder[1024];
    leave_absent();
    if (!dladdr((void *)(uintptr_t)H5open, &library) || !library.dli_fname) return;
    const char *end = strrchr(library.dli_fname, '/');
    for (size_t i = 0; end && i < sizeof builds / sizeof *builds; i++) {
        int size = snprintf(folder, sizeof folder, "%.*s/hdf5/%s/plugins",
                            (int)(end - library.dli_fname), library.dli_fname, builds[i]);
        if (size < (int)sizeof folder) look_in(folder);
    }
}

bool mb_hdf_filter_available(H5Z_filter_t id)
{
    if (H5Zfilter_avail(id) > 0) return true;
    find_plugins();
    return H5Zfilter_avail(id) > 0;
}

mb_status mb_hdf_fail_filter(mb_context *cx, const mb_hdf_dataset *dataset, H5Z_filter_t id,
                             const char *name)
{
    const char *package = NULL;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].id != id) continue;
        name = known[i].name;
        package = known[i].package;
    }
    if (package)
        return mb_fail(cx, MB_EIO,
                       "%s: dataset '%s' cannot be read: HDF5 has no filter '%s' here; install "
                       "Debian's package %s",
                       dataset->path, dataset->name, name, package);
    return mb_fail(
        cx, MB_EIO,
        "%s: dataset '%s' cannot be read: HDF5 has no filter '%s' (number %d) here; set "
        "HDF5_PLUGIN_PATH to the folder that has its plugin, or write the file with gzip",
        dataset->path, dataset->name, name, (int)id);
}
