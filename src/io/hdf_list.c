// What is in a file.

#include "comm/comm.h"
#include "io/hdf_internal.h"
#include "io/paths.h"

typedef struct listing {
    mb_context *cx;
    hid_t file;
    const char *path;
    mb_strings *entries;
    mb_status status;
} listing;

// Lists one link of the root if it is a dataset that can be read; others are passed over.
static herr_t list_link(hid_t group, const char *name, const H5L_info_t *info, void *argument)
{
    (void)group, (void)info;
    listing *list = argument;
    mb_context *cx = list->cx;
    mb_hdf_dataset dataset;
    if (mb_hdf_dataset_open(cx, list->file, list->path, name, &dataset)) return 0;
    mb_hdf_shape shape = dataset.shape;
    mb_hdf_dataset_close(&dataset);
    mb_status status = mb_strings_add(cx, list->entries, name);
    if (!status) status = mb_strings_add(cx, list->entries, mb_type_name((mb_type)shape.type));
    if (!status) status = mb_strings_addf(cx, list->entries, "%lld", (long long)shape.rows);
    list->status = status;
    return status ? -1 : 0;
}

static mb_status list_file(mb_context *cx, const char *path, mb_strings *entries)
{
    listing list = {.cx = cx, .path = path, .entries = entries};
    hsize_t at = 0;
    mb_status status = mb_hdf_file_open(cx, path, &list.file);
    if (status) return status;
    if (H5Literate(list.file, H5_INDEX_NAME, H5_ITER_INC, &at, list_link, &list) < 0)
        status = list.status ? list.status : mb_hdf_fail(cx, path, NULL, "cannot be listed");
    H5Fclose(list.file);
    return status;
}

mb_status mb_hdf_list(mb_context *cx, const char *const *paths, int64_t npaths, mb_strings *result)
{
    mb_status status = MB_OK;
    mb_strings files = {0}, entries = {0};
    mb_hdf_printing printing = mb_hdf_printing_off();
    if (mb_rank(cx) == 0) status = mb_paths_expand(cx, paths, npaths, &files);
    if (!status && mb_rank(cx) == 0)
        status = files.count ? list_file(cx, mb_strings_first(&files), &entries)
                             : mb_fail(cx, MB_EINVALID, "no file to list: the list is empty");
    MB_TRY(mb_strings_share(cx, status, &entries));
    *result = entries;
    entries = (mb_strings){0};
done:
    mb_strings_release(&files);
    mb_strings_release(&entries);
    mb_hdf_printing_restore(printing);
    return status;
}
