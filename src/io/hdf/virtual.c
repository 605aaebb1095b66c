// Sources of virtual datasets. HDF5 gives fill values for a source that is not there, reads past
// the end of one that is too short, and does not survive one that leads back to itself; so all are
// looked at before anything is read.

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/hdf/internal.h"

enum { DEEPEST = 16 };

// One mapping of a virtual dataset, and its source as far as it is open.
typedef struct mapping {
    mb_context *cx;
    const mb_hdf_dataset *reader; // whom messages name
    hid_t whole;                  // the virtual dataset
    hid_t wanted, given;          // selections: in the whole, and in the source
    hid_t file, source;
    char file_name[PATH_MAX], name[PATH_MAX];
} mapping;

static mb_status check_dataset(mb_context *cx, const mb_hdf_dataset *reader, hid_t dataset,
                               bool only_growing, int depth);

static mb_status fail_source(const mapping *m, const char *what)
{
    return mb_fail(m->cx, MB_EIO, "%s: dataset '%s' is virtual, and its source '%s' in '%s' %s",
                   m->reader->path, m->reader->name, m->name, m->file_name, what);
}

// Opens the source file in a folder, if there is such a file. `length` is that of the folder's
// name with its slash.
static bool try_folder(mapping *m, const char *folder, size_t length, const char *name)
{
    char path[2 * PATH_MAX];
    int size = snprintf(path, sizeof path, "%.*s%s", (int)length, folder, name);
    if (size >= (int)sizeof path || access(path, F_OK) != 0) return false;
    return mb_hdf_file_open(m->cx, path, &m->file) == MB_OK;
}

static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

// The folders that the user lists, apart by colons.
static bool try_prefixes(mapping *m, const char *prefixes, const char *name)
{
    while (prefixes && *prefixes) {
        char folder[PATH_MAX];
        size_t length = strcspn(prefixes, ":");
        int size = snprintf(folder, sizeof folder, "%.*s/", (int)length, prefixes);
        if (length > 0 && size < (int)sizeof folder && try_folder(m, folder, (size_t)size, name))
            return true;
        prefixes += length + (prefixes[length] == ':');
    }
    return false;
}

// Opens the source's file where HDF5 looks for it, in its order.
static mb_status open_file(mapping *m)
{
    char whole[PATH_MAX], resolved[PATH_MAX];
    const char *name = m->file_name;
    if (strcmp(name, ".") == 0) {
        m->file = H5Iget_file_id(m->whole);
        return m->file >= 0 ? MB_OK : fail_source(m, "cannot be opened");
    }
    m->cx->message[0] = '\0';
    if (H5Fget_name(m->whole, whole, sizeof whole) < 0) return fail_source(m, "cannot be found");
    if (name[0] == '/') {
        if (try_folder(m, "", 0, name)) return MB_OK;
        name = strrchr(name, '/') + 1;
    }
    if (try_prefixes(m, getenv("HDF5_VDS_PREFIX"), name) ||
        try_folder(m, whole, folder_length(whole), name) || try_folder(m, "", 0, name) ||
        (realpath(whole, resolved) && try_folder(m, resolved, folder_length(resolved), name)))
        return MB_OK;
    if (m->cx->message[0] == '\0') return fail_source(m, "is missing: there is no such file");
    return mb_fail_within(m->cx, MB_EIO, "%s: dataset '%s' is virtual, and one of its files fails",
                          m->reader->path, m->reader->name);
}

// Whether a selection of n values lies within the extent of a dataset.
static bool fits(hid_t selection, hssize_t n, hid_t dataset)
{
    hsize_t first[H5S_MAX_RANK], last[H5S_MAX_RANK] = {0}, size[H5S_MAX_RANK];
    hid_t space = H5Dget_space(dataset);
    int rank = space < 0 ? -1 : H5Sget_simple_extent_dims(space, size, NULL);
    bool fit = rank > 0;
    if (H5Sget_select_type(selection) == H5S_SEL_ALL) // whose own extent may be unknown
        fit = fit && H5Sget_simple_extent_npoints(space) == n;
    else if (n > 0)
        fit = fit && H5Sget_simple_extent_ndims(selection) == rank &&
              H5Sget_select_bounds(selection, first, last) >= 0;
    for (int i = 0; i < rank && fit && n > 0 && H5Sget_select_type(selection) != H5S_SEL_ALL; i++)
        fit = last[i] < size[i];
    if (space >= 0) H5Sclose(space);
    return fit;
}

static mb_status check_source(mapping *m, bool only_growing, int depth)
{
    hssize_t wanted = H5Sget_select_npoints(m->wanted), given = H5Sget_select_npoints(m->given);
    bool growing = wanted == (hssize_t)H5S_UNLIMITED;
    // Blocks of a growing whole are files with numbers, of which any number may be there.
    if (growing && given != (hssize_t)H5S_UNLIMITED) return MB_OK;
    if (only_growing && !growing) return MB_OK;
    mb_status status = open_file(m);
    if (status) return status;
    m->source = H5Dopen2(m->file, m->name, H5P_DEFAULT);
    if (m->source < 0) return fail_source(m, "is missing: the file has no such dataset");
    status = check_dataset(m->cx, m->reader, m->source, false, depth + 1);
    if (status || growing) return status;
    if (H5Sget_select_type(m->given) == H5S_SEL_ALL) given = wanted;
    if (wanted != given || wanted < 0 || !fits(m->wanted, wanted, m->whole))
        return fail_source(m, "has another number of values than it stands for");
    return fits(m->given, given, m->source) ? MB_OK : fail_source(m, "has another size");
}

static mb_status check_mapping(mb_context *cx, const mb_hdf_dataset *reader, hid_t whole,
                               hid_t creation, size_t i, bool only_growing, int depth)
{
    mapping m = {.cx = cx,
                 .reader = reader,
                 .whole = whole,
                 .wanted = H5Pget_virtual_vspace(creation, i),
                 .given = H5Pget_virtual_srcspace(creation, i),
                 .file = H5I_INVALID_HID,
                 .source = H5I_INVALID_HID};
    ssize_t file_length = H5Pget_virtual_filename(creation, i, m.file_name, sizeof m.file_name);
    ssize_t length = H5Pget_virtual_dsetname(creation, i, m.name, sizeof m.name);
    mb_status status;
    if (m.wanted < 0 || m.given < 0 || file_length < 0 || length < 0)
        status = mb_hdf_fail(cx, reader->path, reader->name, "is virtual, of sources unknown");
    else if ((size_t)file_length >= sizeof m.file_name || (size_t)length >= sizeof m.name)
        status = fail_source(&m, "has too long a name");
    else
        status = check_source(&m, only_growing, depth);
    if (m.source >= 0) H5Dclose(m.source);
    if (m.file >= 0) H5Fclose(m.file);
    if (m.given >= 0) H5Sclose(m.given);
    if (m.wanted >= 0) H5Sclose(m.wanted);
    return status;
}

static mb_status check_dataset(mb_context *cx, const mb_hdf_dataset *reader, hid_t dataset,
                               bool only_growing, int depth)
{
    size_t n = 0;
    mb_status status = MB_OK;
    hid_t creation = H5Dget_create_plist(dataset);
    if (creation < 0) return mb_hdf_fail(cx, reader->path, reader->name, "cannot be inspected");
    if (H5Pget_layout(creation) == H5D_VIRTUAL) {
        if (depth > DEEPEST)
            status = mb_fail(cx, MB_EIO,
                             "%s: dataset '%s' is virtual, and its sources lead to each other in a "
                             "circle, or more than %d deep",
                             reader->path, reader->name, DEEPEST);
        else if (H5Pget_virtual_count(creation, &n) < 0)
            status = mb_hdf_fail(cx, reader->path, reader->name, "is virtual, of sources unknown");
        for (size_t i = 0; i < n && !status; i++)
            status = check_mapping(cx, reader, dataset, creation, i, only_growing, depth);
    }
    H5Pclose(creation);
    return status;
}

mb_status mb_hdf_sources_check(mb_context *cx, const mb_hdf_dataset *dataset, bool only_growing)
{
    if (!dataset->is_virtual) return MB_OK;
    return check_dataset(cx, dataset, dataset->id, only_growing, 0);
}
