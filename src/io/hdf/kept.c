// Files as they are when they are inspected, and datasets that are then read without HDF5, which
// takes ten times as long to open a small file as reading it does.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/hdf/mark.h"
#include "io/hdf/reading.h"

// --- Files: whether they are still the same.

static mb_status look(const mb_hdf_reading *r, int64_t file, int descriptor, mb_hdf_seen *seen)
{
    struct stat found;
    if (fstat(descriptor, &found) != 0)
        return mb_fail(r->cx, MB_EIO, "%s: %s", r->files[file], strerror(errno));
    *seen = (mb_hdf_seen){(int64_t)found.st_ino, (int64_t)found.st_size,
                          (int64_t)found.st_mtim.tv_sec, (int64_t)found.st_mtim.tv_nsec, 0};
    if (seen->nanoseconds == MB_HDF_MOMENT)
        seen->changed = (int64_t)found.st_ctim.tv_sec * 1000000000 + found.st_ctim.tv_nsec;
    return MB_OK;
}

// The descriptor of the file that HDF5 has open; -1 where there is none, or it may grow (SWMR).
static int descriptor_of(hid_t file)
{
    void *handle;
    unsigned intent = 0;
    if (H5Fget_intent(file, &intent) < 0 || intent & H5F_ACC_SWMR_READ) return -1;
    return H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) < 0 ? -1 : *(const int *)handle;
}

mb_status mb_hdf_reading_see(const mb_hdf_reading *r, int64_t file, mb_hdf_seen *seen)
{
    char text[MB_HDF_SEEN_TEXT];
    int descriptor = descriptor_of(r->file);
    *seen = (mb_hdf_seen){0};
    if (descriptor < 0) return MB_OK;
    mb_status status = look(r, file, descriptor, seen);
    if (status || !r->expected) return status;
    mb_hdf_seen_tell(seen, text);
    if (strcmp(text, r->expected[file]) == 0 || !*r->expected[file]) return MB_OK;
    return mb_fail(r->cx, MB_EIO,
                   "%s: the file was changed since it was first looked at: make the scan anew",
                   r->files[file]);
}

void mb_hdf_seen_tell(const mb_hdf_seen *seen, char *text)
{
    *text = '\0';
    if (seen->inode)
        snprintf(text, MB_HDF_SEEN_TEXT, "%llx %llx %llx %llx%s%llx",
                 (unsigned long long)seen->inode, (unsigned long long)seen->size,
                 (unsigned long long)seen->seconds, (unsigned long long)seen->nanoseconds,
                 seen->changed ? " marked " : " ", (unsigned long long)seen->changed);
}

// Whether an open file is what it was; -1 is none, or one that may grow.
static mb_status compare(const mb_hdf_reading *r, int64_t file, int descriptor)
{
    mb_hdf_seen now;
    const mb_hdf_seen *seen = &r->seen[file];
    if (descriptor < 0 || !seen->inode) return MB_OK;
    mb_status status = look(r, file, descriptor, &now);
    if (status || memcmp(&now, seen, sizeof now) == 0) return status;
    return mb_fail(r->cx, MB_EIO, "%s: the file was changed or replaced while it was read",
                   r->files[file]);
}

mb_status mb_hdf_reading_check(const mb_hdf_reading *r, int64_t file)
{
    mb_status status = r->bare == file ? compare(r, file, r->descriptor) : MB_OK;
    if (status || r->opened != file) return status;
    return compare(r, file, descriptor_of(r->file));
}

// --- Datasets.

// Whether the values of a dataset are all in one chunk, whose place it notes.
static bool find_only_chunk(mb_hdf_dataset *dataset)
{
    const hsize_t first[2] = {0};
    hsize_t block = 1, size = 0;
    haddr_t address = HADDR_UNDEF;
    if (dataset->shape.rows > dataset->chunk_rows ||
        dataset->extent.columns > dataset->chunk_columns)
        return false;
    if (H5Dget_chunk_info_by_coord(dataset->id, first, &dataset->chunk_skipped, &address, &size) <
            0 ||
        address == HADDR_UNDEF || size == 0)
        return false;
    // Which the place may not count.
    hid_t creation = H5Fget_create_plist(dataset->file);
    bool known = creation >= 0 && H5Pget_userblock(creation, &block) >= 0 && block == 0;
    if (creation >= 0) H5Pclose(creation);
    dataset->offset = (int64_t)address;
    dataset->chunk_bytes = (int64_t)size;
    return known;
}

// Whether all that a dataset is stands in a file, which does not grow: so not behind a link.
static bool is_within(const mb_hdf_dataset *dataset, hid_t file)
{
    const int own = descriptor_of(dataset->file);
    return !dataset->is_virtual && own >= 0 && own == descriptor_of(file);
}

// Whether such a dataset can be read by the descriptor of its file alone.
static bool is_plain(mb_hdf_dataset *dataset)
{
    if (dataset->is_variable || dataset->is_named || dataset->is_segmented ||
        dataset->shape.mark.is_masked || !dataset->element.is_native)
        return false;
    switch (dataset->route) {
    case MB_HDF_CONTIGUOUS: return true;
    case MB_HDF_CHUNKED: return find_only_chunk(dataset);
    default: return false;
    }
}

mb_status mb_hdf_reading_keep(mb_hdf_reading *r, const mb_hdf_dataset *dataset)
{
    if (!is_within(dataset, r->file)) return MB_OK;
    mb_hdf_dataset kept = *dataset;
    const bool plain = is_plain(&kept);
    if (!plain && r->places == &r->own) return MB_OK; // nothing is recalled
    return mb_hdf_places_add(r->cx, r->places, &kept, plain);
}

bool mb_hdf_reading_kept(const mb_hdf_reading *r, int64_t file, int64_t name,
                         mb_hdf_dataset *dataset)
{
    bool plain;
    return mb_hdf_places_find(r->places, r->files[file], r->names[name], dataset, &plain) && plain;
}

// Whether a file, which is opened without HDF5, is what is expected.
static bool find_expected(mb_hdf_reading *r, int64_t file, mb_hdf_seen *seen)
{
    char text[MB_HDF_SEEN_TEXT];
    mb_hdf_reading_close_bare(r);
    r->descriptor = open(r->files[file], O_RDONLY | O_CLOEXEC);
    if (r->descriptor < 0) return false;
    r->bare = file;
    if (look(r, file, r->descriptor, seen)) return false;
    mb_hdf_seen_tell(seen, text);
    return strcmp(text, r->expected[file]) == 0;
}

bool mb_hdf_reading_recall(mb_hdf_reading *r, int64_t file, mb_hdf_shape *shapes, mb_hdf_seen *seen)
{
    mb_hdf_dataset dataset;
    bool plain;
    if (!r->expected) return false;
    for (int64_t name = 0; name < r->nnames; name++) {
        if (!mb_hdf_places_find(r->places, r->files[file], r->names[name], &dataset, &plain))
            return false;
        shapes[name] = dataset.shape;
    }
    return find_expected(r, file, seen);
}

mb_status mb_hdf_reading_open_bare(mb_hdf_reading *r, int64_t file)
{
    if (r->bare == file) return MB_OK;
    mb_hdf_reading_close_bare(r);
    r->descriptor = open(r->files[file], O_RDONLY | O_CLOEXEC);
    if (r->descriptor < 0) return mb_fail(r->cx, MB_EIO, "%s: %s", r->files[file], strerror(errno));
    r->bare = file;
    return mb_hdf_reading_check(r, file);
}

void mb_hdf_reading_close_bare(mb_hdf_reading *r)
{
    if (r->bare >= 0) close(r->descriptor);
    r->bare = -1;
}
