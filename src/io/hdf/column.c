// Columns of a file, whatever they are stored as.

#include <string.h>

#include "io/hdf/internal.h"

mb_status mb_hdf_column_open(mb_context *cx, hid_t file, const char *path, const char *name,
                             mb_hdf_dataset *dataset)
{
    mb_status status = mb_hdf_dataset_open(cx, file, path, name, dataset);
    if (status != MB_EINVALID) return status;
    hid_t id = H5Oopen(file, name, H5P_DEFAULT);
    if (id < 0) return status;
    if (H5Iget_type(id) != H5I_GROUP || !mb_hdf_is_segmented(id)) {
        H5Oclose(id);
        return status;
    }
    mb_hdf_dataset made = MB_HDF_CLOSED;
    made.path = path;
    made.name = name;
    made.part = name + strlen(name);
    made.id = id;
    made.is_segmented = true;
    status = mb_hdf_segmented_describe(cx, &made);
    if (status) mb_hdf_dataset_close(&made);
    if (!status) *dataset = made;
    return status;
}

mb_status mb_hdf_column_strings(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t first,
                                int64_t last, mb_text_encoder *encoder)
{
    if (dataset->is_segmented) return mb_hdf_segmented_read(reader, dataset, first, last, encoder);
    if (dataset->is_named) return mb_hdf_enumeration_read(reader, dataset, first, last, encoder);
    return mb_hdf_text_read(reader, dataset, first, last, encoder);
}
