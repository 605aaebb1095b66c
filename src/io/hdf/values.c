// The text of a snapshot: which values it has, and where their columns are.

#include <stdlib.h>

#include "comm/comm.h"
#include "io/hdf/internal.h"
#include "io/hdf/mark.h"
#include "io/hdf/store.h"

enum { MOST_BYTES = 1 << 28 };

static mb_status read_values(mb_context *cx, const char *path, hid_t file, mb_strings *values)
{
    static const char name[] = MB_HDF_GROUP "/values";
    mb_buffer *text = NULL;
    mb_status status = MB_OK;
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    if (dataset < 0)
        return mb_fail(cx, MB_EIO,
                       "%s: this is not a snapshot of mb.save; mb.read_hdf reads its datasets",
                       path);
    hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    size_t size = type < 0 ? 0 : H5Tget_size(type);
    if (size == 0 || size > MOST_BYTES || space < 0 || H5Tget_class(type) != H5T_STRING ||
        H5Tis_variable_str(type) != 0 || H5Sget_simple_extent_npoints(space) != 1)
        MB_TRY(mb_fail(cx, MB_EIO, "%s: the snapshot is damaged: '%s' is no string", path, name));
    MB_TRY(mb_buffer_new_zeroed(cx, (int64_t)size + 1, 1, &text));
    if (H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text->data) < 0)
        MB_TRY(mb_hdf_fail(cx, path, name, "cannot be read"));
    MB_TRY(mb_strings_add(cx, values, text->data));
done:
    mb_buffer_release(text);
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
    H5Dclose(dataset);
    return status;
}

mb_status mb_hdf_read_values(mb_context *cx, const char *path, mb_strings *values)
{
    mb_strings read = {0};
    mb_status status = MB_OK;
    mb_hdf_printing printing = mb_hdf_printing_off();
    if (mb_rank(cx) == 0) {
        hid_t file;
        status = mb_hdf_file_open(cx, path, &file);
        if (!status) {
            status = read_values(cx, path, file, &read);
            H5Fclose(file);
        }
    }
    status = mb_strings_share(cx, status, &read);
    if (!status)
        *values = read;
    else
        mb_strings_release(&read);
    mb_hdf_printing_restore(printing);
    return status;
}
