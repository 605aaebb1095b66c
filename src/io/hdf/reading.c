// What is in the files of a reading: each rank inspects a share of them, and all are told.

#include "io/hdf/reading.h"

#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"

static void close_file(mb_hdf_reading *r)
{
    if (r->file >= 0) H5Fclose(r->file);
    r->file = H5I_INVALID_HID;
    r->opened = -1;
}

void mb_hdf_reading_close(mb_hdf_reading *r)
{
    close_file(r);
    mb_hdf_reading_close_bare(r);
}

// Opens a column of a file by HDF5, and keeps what it is.
static mb_status open_by_hdf(mb_hdf_reading *r, int64_t file, int64_t name, mb_hdf_dataset *dataset)
{
    mb_status status;
    if (r->opened != file) {
        close_file(r);
        status = mb_hdf_file_open(r->cx, r->files[file], &r->file);
        if (status) return status;
        r->opened = file;
        status = r->seen ? mb_hdf_reading_check(r, file) : MB_OK;
        if (status) return status;
    }
    status = mb_hdf_dataset_find(r->cx, r->file, r->files[file], r->names[name], dataset);
    if (status) return status;
    if (r->how & MB_HDF_NAMES) mb_hdf_enumeration_name(dataset);
    status = mb_hdf_reading_keep(r, dataset);
    if (status) mb_hdf_dataset_close(dataset);
    return status;
}

mb_status mb_hdf_reading_open(mb_hdf_reading *r, int64_t file, int64_t name,
                              mb_hdf_dataset *dataset)
{
    if (!mb_hdf_reading_kept(r, file, name, dataset)) return open_by_hdf(r, file, name, dataset);
    mb_status status = mb_hdf_reading_open_bare(r, file);
    dataset->descriptor = r->descriptor;
    return status;
}

mb_status mb_hdf_reading_find(mb_hdf_reading *r, const char *const *paths, int64_t npaths)
{
    mb_status status = mb_paths_find(r->cx, &mb_hdf_path_kind, paths, npaths, &r->paths);
    r->files = r->paths.files;
    r->nfiles = r->paths.n;
    return status;
}

static mb_status refuse_note(const mb_hdf_reading *r, int64_t file, int64_t name, const char *text)
{
    return mb_fail(r->cx, MB_EIO,
                   "%s: the attribute '%s' of dataset '%s' is damaged or another program's: it has "
                   "'%.40s'; delete it, or make the file anew",
                   r->files[file], r->attribute, r->names[name], text);
}

// Adds the strings that a dataset has in the attribute.
static mb_status add_notes(mb_hdf_reading *r, int64_t file, int64_t name, hid_t dataset)
{
    size_t at = r->report.notes.length, size;
    mb_status status = mb_hdf_attribute_add(r->cx, dataset, r->attribute, &r->report.notes);
    for (; !status && r->is_note && at < r->report.notes.length; at += size) {
        const char *text = (const char *)r->report.notes.buffer->data + at;
        size = strlen(text) + 1;
        if (!r->is_note(text)) status = refuse_note(r, file, name, text);
    }
    return status;
}

static mb_status inspect_file(mb_hdf_reading *r, int64_t file, mb_hdf_shape *shapes,
                              mb_hdf_seen *seen)
{
    if (mb_hdf_reading_recall(r, file, shapes, seen)) return MB_OK;
    for (int64_t name = 0; name < r->nnames; name++) {
        mb_hdf_dataset dataset;
        mb_status status = open_by_hdf(r, file, name, &dataset);
        if (status) return status;
        shapes[name] = dataset.shape;
        status = mb_hdf_sources_check(r->cx, &dataset, false);
        if (!status) status = add_notes(r, file, name, dataset.id);
        mb_hdf_dataset_close(&dataset);
        if (status) return status;
    }
    return mb_hdf_reading_see(r, file, seen);
}

bool mb_hdf_reading_may_skip(mb_hdf_reading *r, mb_status *status)
{
    if (!(r->how & MB_HDF_SKIP) || (*status != MB_EIO && *status != MB_EINVALID)) return false;
    *status = mb_strings_add_once(r->cx, &r->report.skipped, r->cx->message);
    return *status == MB_OK;
}

// Inspects this rank's share of the files, a block, so that the lowest failing rank has met the
// first bad file. One that is left out has -1 rows.
static mb_status inspect_share(mb_hdf_reading *r, int64_t first, int64_t last, mb_hdf_shape *shapes,
                               mb_hdf_seen *seen)
{
    for (int64_t file = first; file < last; file++, shapes += r->nnames, seen++) {
        mb_status status = inspect_file(r, file, shapes, seen);
        if (status && mb_hdf_reading_may_skip(r, &status))
            shapes[0].rows = -1;
        else if (status)
            return status;
    }
    return MB_OK;
}

mb_status mb_hdf_reading_leave_out(mb_hdf_reading *r)
{
    int64_t kept = 0;
    size_t size = (size_t)r->nnames * sizeof(mb_hdf_shape);
    if (!(r->how & MB_HDF_SKIP)) return MB_OK;
    for (int64_t file = 0; file < r->nfiles; file++) {
        if (mb_hdf_shape_of(r, file, 0)->rows < 0) continue;
        if (kept < file) memcpy(mb_hdf_shape_of(r, kept, 0), mb_hdf_shape_of(r, file, 0), size);
        r->seen[kept] = r->seen[file];
        r->files[kept++] = r->files[file];
    }
    if (kept < r->nfiles) mb_hdf_reading_close(r); // the numbers are others now
    r->nfiles = kept;
    if (kept > 0) return MB_OK;
    return mb_fail(r->cx, MB_EIO, "none of the files can be read; the first message is: %s",
                   mb_strings_first(&r->report.skipped));
}

// Tells all ranks what each has for every file of its share: `bytes` a file.
static void gather_shares(const mb_hdf_reading *r, const void *mine, int64_t bytes, int64_t *sizes,
                          void *all)
{
    int64_t nranks = mb_nranks(r->cx);
    for (int64_t s = 0; s < nranks; s++)
        sizes[s] = (r->nfiles * (s + 1) / nranks - r->nfiles * s / nranks) * bytes;
    mb_gather_all_varying(r->cx, mine, sizes, all);
}

mb_status mb_hdf_reading_inspect(mb_hdf_reading *r)
{
    mb_status status;
    mb_context *cx = r->cx;
    int rank = mb_rank(cx), nranks = mb_nranks(cx);
    const int64_t size = r->nnames * (int64_t)sizeof(mb_hdf_shape);
    mb_buffer *mine = NULL, *size_table = NULL, *seen_mine = NULL;
    int64_t first = r->nfiles * rank / nranks, last = r->nfiles * (rank + 1) / nranks;
    MB_TRY(mb_buffer_new_array(cx, nranks, sizeof(int64_t), &size_table));
    MB_TRY(mb_buffer_new_array(cx, last - first, (size_t)size, &mine));
    MB_TRY(mb_buffer_new_zeroed(cx, last - first, sizeof(mb_hdf_seen), &seen_mine));
    MB_TRY(mb_buffer_new_array(cx, r->nfiles, (size_t)size, &r->shape_table));
    MB_TRY(mb_buffer_new_array(cx, r->nfiles, sizeof(mb_hdf_seen), &r->seen_table));
    status = inspect_share(r, first, last, mine->data, seen_mine->data);
    MB_TRY(mb_strings_unite(cx, status, &r->report.notes));
    if (r->how & MB_HDF_SKIP) MB_TRY(mb_strings_unite(cx, MB_OK, &r->report.skipped));
    r->shapes = r->shape_table->data;
    r->seen = r->seen_table->data;
    gather_shares(r, mine->data, size, size_table->data, r->shapes);
    gather_shares(r, seen_mine->data, sizeof(mb_hdf_seen), size_table->data, r->seen);
    status = mb_hdf_reading_leave_out(r);
done:
    mb_buffer_release(mine);
    mb_buffer_release(seen_mine);
    mb_buffer_release(size_table);
    return status;
}
