// What is in a file: its datasets, and their attributes.

#include <string.h>

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

// Adds the strings of an attribute, of fixed length as `type` says.
static mb_status add_fixed(mb_context *cx, hid_t attribute, hid_t type, int64_t n,
                           mb_strings *values)
{
    size_t size = H5Tget_size(type);
    mb_status status;
    mb_buffer *bytes = NULL, *text = NULL;
    MB_TRY(mb_buffer_new_array(cx, n, size, &bytes));
    MB_TRY(mb_buffer_new_zeroed(cx, 1, size + 1, &text));
    if (H5Aread(attribute, type, bytes->data) < 0) goto done;
    for (int64_t i = 0; i < n; i++) {
        char *value = text->data;
        memcpy(value, (const char *)bytes->data + (size_t)i * size, size);
        size_t length = strlen(value);
        while (H5Tget_strpad(type) == H5T_STR_SPACEPAD && length > 0 && value[length - 1] == ' ')
            value[--length] = '\0';
        MB_TRY(mb_strings_add(cx, values, value));
    }
done:
    mb_buffer_release(bytes);
    mb_buffer_release(text);
    return status;
}

static mb_status add_varying(mb_context *cx, hid_t attribute, hid_t type, int64_t n,
                             mb_strings *values)
{
    mb_status status;
    mb_buffer *pointers = NULL;
    hsize_t count = (hsize_t)n;
    MB_TRY(mb_buffer_new_zeroed(cx, n, sizeof(char *), &pointers));
    if (H5Aread(attribute, type, pointers->data) < 0) goto done;
    for (int64_t i = 0; i < n && !status; i++) {
        const char *value = ((char **)pointers->data)[i];
        status = mb_strings_add(cx, values, value ? value : "");
    }
    hid_t space = H5Screate_simple(1, &count, NULL);
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers->data);
    H5Sclose(space);
done:
    mb_buffer_release(pointers);
    return status;
}

static mb_status add_attribute(mb_context *cx, hid_t object, const char *name, mb_strings *values)
{
    mb_status status = MB_OK;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    hssize_t n = H5Sget_simple_extent_npoints(space);
    if (n > 0 && H5Tget_class(type) == H5T_STRING)
        status = H5Tis_variable_str(type) > 0 ? add_varying(cx, attribute, type, n, values)
                                              : add_fixed(cx, attribute, type, n, values);
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(attribute);
    return status;
}

static mb_status file_attribute(mb_context *cx, const char *path, const char *dataset,
                                const char *attribute, mb_strings *values)
{
    hid_t file;
    mb_status status = mb_hdf_file_open(cx, path, &file);
    if (status) return status;
    hid_t object = H5Oopen(file, dataset, H5P_DEFAULT);
    if (object >= 0 && H5Aexists(object, attribute) > 0)
        status = add_attribute(cx, object, attribute, values);
    if (object >= 0) H5Oclose(object);
    H5Fclose(file);
    return status;
}

mb_status mb_hdf_attribute(mb_context *cx, const char *const *paths, int64_t npaths,
                           const char *dataset, const char *attribute, mb_strings *result)
{
    mb_status status = MB_OK;
    mb_strings files = {0}, values = {0};
    mb_hdf_printing printing = mb_hdf_printing_off();
    if (mb_rank(cx) == 0) {
        status = mb_paths_expand(cx, paths, npaths, &files);
        const char *path = mb_strings_first(&files);
        for (int64_t i = 0; i < files.count && !status; i++) {
            status = file_attribute(cx, path, dataset, attribute, &values);
            path = mb_strings_next(path);
        }
    }
    MB_TRY(mb_strings_share(cx, status, &values));
    *result = values;
    values = (mb_strings){0};
done:
    mb_strings_release(&files);
    mb_strings_release(&values);
    mb_hdf_printing_restore(printing);
    return status;
}
