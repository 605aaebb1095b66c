// Opening datasets, and finding out how their values are stored.

#include <stdio.h>
#include <string.h>

#include "io/hdf/internal.h"
#include "io/hdf/mark.h"

enum { LONGEST_LINK = 4096 };

// Fails for a link whose target cannot be opened, and names the target.
static mb_status fail_link(mb_context *cx, hid_t file, const char *path, const char *name,
                           const H5L_info_t *link)
{
    char value[LONGEST_LINK];
    const char *target = value, *object = NULL;
    if (link->u.val_size > sizeof value ||
        H5Lget_val(file, name, value, sizeof value, H5P_DEFAULT) < 0)
        return mb_hdf_fail(cx, path, name, "is a link that cannot be read");
    if (link->type == H5L_TYPE_SOFT)
        return mb_fail(cx, MB_EIO, "%s: '%s' is a link to '%.*s', which is not there", path, name,
                       (int)link->u.val_size, value);
    if (link->type != H5L_TYPE_EXTERNAL ||
        H5Lunpack_elink_val(value, link->u.val_size, NULL, &target, &object) < 0)
        return mb_fail(cx, MB_EIO, "%s: '%s' is a link of a kind that is not followed", path, name);
    char what[2 * LONGEST_LINK];
    snprintf(what, sizeof what, "is a link to '%s' of the file '%s', which cannot be opened",
             object, target);
    hid_t opened = H5Oopen(file, name, H5P_DEFAULT); // again, for HDF5's reason
    if (opened >= 0) H5Oclose(opened);
    return mb_hdf_fail(cx, path, name, what);
}

// Why there is no object of that name.
static mb_status fail_object(mb_context *cx, hid_t file, const char *path, const char *name)
{
    H5L_info_t link;
    mb_status status = mb_hdf_fail(cx, path, name, "cannot be opened");
    if (H5Lget_info(file, name, &link, H5P_DEFAULT) < 0 || link.type == H5L_TYPE_HARD)
        return status;
    return fail_link(cx, file, path, name, &link);
}

// Opens the dataset that a name begins with. A bool column of Arkouda before 2022 is a group with
// the dataset `booleans`.
static mb_status open_object(mb_context *cx, hid_t file, mb_hdf_dataset *dataset)
{
    const char *path = dataset->path, *name = dataset->name;
    size_t length = 0;
    hid_t id = mb_hdf_part_find(file, name, &length);
    if (id < 0) return fail_object(cx, file, path, name);
    dataset->part = name + length;
    if (H5Iget_type(id) == H5I_GROUP && H5Lexists(id, "booleans", H5P_DEFAULT) > 0) {
        hid_t group = id;
        id = H5Oopen(group, "booleans", H5P_DEFAULT);
        mb_status status = id < 0 ? mb_hdf_fail(cx, path, name, "cannot be opened") : MB_OK;
        H5Oclose(group);
        if (status) return status;
        dataset->is_boolean = true;
    }
    if (H5Iget_type(id) != H5I_DATASET) {
        H5Oclose(id);
        return mb_fail(cx, MB_EINVALID, "%s: '%s' is not a dataset", path, name);
    }
    dataset->id = id;
    dataset->file = H5Iget_file_id(id);
    dataset->row_type = H5Dget_type(id);
    if (dataset->file >= 0 && dataset->row_type >= 0) return MB_OK;
    mb_status status = mb_hdf_fail(cx, path, name, "cannot be inspected");
    mb_hdf_dataset_close(dataset);
    return status;
}

// Finds out how a value is stored: natively when moving bytes is all there is to do.
static void describe_element(mb_hdf_dataset *dataset)
{
    hid_t type = dataset->stored_type;
    mb_hdf_element *element = &dataset->element;
    H5T_class_t class = H5Tget_class(type);
    size_t size = H5Tget_size(type);
    H5T_order_t order = H5Tget_order(type);
    if (dataset->shape.is_text) {
        *element = (mb_hdf_element){.size = dataset->shape.width, .is_native = true};
        return;
    }
    element->size = (int)size;
    element->swapped = size > 1 && order != H5Tget_order(H5T_NATIVE_INT);
    element->is_signed = class == H5T_TIME || ((class == H5T_INTEGER || class == H5T_ENUM) &&
                                               H5Tget_sign(type) != H5T_SGN_NONE);
    if (order != H5T_ORDER_LE && order != H5T_ORDER_BE) return;
    if (class == H5T_FLOAT)
        element->is_native =
            H5Tequal(type, H5T_IEEE_F32LE) > 0 || H5Tequal(type, H5T_IEEE_F32BE) > 0 ||
            H5Tequal(type, H5T_IEEE_F64LE) > 0 || H5Tequal(type, H5T_IEEE_F64BE) > 0;
    else if (dataset->shape.width == 1)
        element->is_native = size == 1;
    else
        element->is_native = (size == 1 || size == 2 || size == 4 || size == 8) &&
                             H5Tget_precision(type) == 8 * size && H5Tget_offset(type) == 0;
}

// Finds the descriptor of a dataset's file; false where HDF5 does not tell it.
static bool find_descriptor(mb_hdf_dataset *dataset)
{
    void *handle;
    if (H5Fget_vfd_handle(dataset->file, H5P_DEFAULT, &handle) < 0) return false;
    dataset->descriptor = *(const int *)handle;
    return true;
}

// Where the values of rows lie in a block of so many rows and columns that are stored side by side.
static mb_hdf_stride stride_of(const mb_hdf_extent *extent, int64_t rows, int64_t columns)
{
    int64_t size = extent->row_bytes, before = extent->column % columns;
    if (extent->along == 0)
        return (mb_hdf_stride){.bytes = columns * size, .at = before * size + extent->place};
    return (mb_hdf_stride){.bytes = size, .at = before * rows * size + extent->place};
}

static mb_hdf_route route_contiguous(hid_t creation, mb_hdf_dataset *dataset)
{
    haddr_t offset = H5Dget_offset(dataset->id); // wrong without space behind a user block
    H5D_space_status_t space = H5D_SPACE_STATUS_NOT_ALLOCATED;
    if (H5Dget_space_status(dataset->id, &space) < 0 || space == H5D_SPACE_STATUS_NOT_ALLOCATED)
        return MB_HDF_CONVERTED;
    if (offset == HADDR_UNDEF || H5Pget_external_count(creation) != 0) return MB_HDF_CONVERTED;
    if (!find_descriptor(dataset)) return MB_HDF_CONVERTED;
    dataset->offset = (int64_t)offset;
    dataset->rows = stride_of(&dataset->extent, dataset->shape.rows, dataset->extent.columns);
    return MB_HDF_CONTIGUOUS;
}

static mb_hdf_route route_chunked(hid_t creation, mb_hdf_dataset *dataset)
{
    mb_hdf_extent *extent = &dataset->extent;
    hsize_t size[2] = {0, 1};
    unsigned options = 0;
    int64_t bytes;
    if (H5Pget_chunk(creation, extent->dimensions, size) != extent->dimensions ||
        H5Pget_chunk_opts(creation, &options) < 0)
        return MB_HDF_CONVERTED;
    int64_t rows = (int64_t)size[extent->along], columns = (int64_t)size[!extent->along];
    if (rows <= 0 || rows > UINT32_MAX || columns <= 0 || columns > UINT32_MAX ||
        __builtin_mul_overflow(rows * columns, extent->row_bytes, &bytes))
        return MB_HDF_CONVERTED;
    dataset->chunk_rows = rows;
    dataset->chunk_columns = columns;
    dataset->rows = stride_of(extent, rows, columns);
    dataset->last_unfiltered = (options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) != 0;
    return mb_hdf_filters_known(creation, dataset) ? MB_HDF_CHUNKED : MB_HDF_CONVERTED;
}

// Finds where a file has its heaps of strings; false where HDF5 has to read them.
static bool find_heap(mb_hdf_dataset *dataset)
{
    hid_t creation = H5Fget_create_plist(dataset->file);
    size_t address_size = 0, length_size = 0;
    hsize_t base = 0;
    bool found = creation >= 0 && H5Pget_sizes(creation, &address_size, &length_size) >= 0 &&
                 H5Pget_userblock(creation, &base) >= 0 && address_size == sizeof(uint64_t) &&
                 length_size == sizeof(uint64_t) && find_descriptor(dataset);
    if (creation >= 0) H5Pclose(creation);
    dataset->base = (int64_t)base;
    return found;
}

static void find_route(hid_t creation, mb_hdf_dataset *dataset)
{
    dataset->route = MB_HDF_CONVERTED;
    switch (H5Pget_layout(creation)) {
    case H5D_CONTIGUOUS: dataset->route = route_contiguous(creation, dataset); break;
    case H5D_CHUNKED: dataset->route = route_chunked(creation, dataset); break;
    default: break;
    }
    // Strings of variable length make rows longer than HDF5 tells, where addresses have 8 bytes.
    bool has_references = mb_hdf_stored_size(dataset->row_type) != H5Tget_size(dataset->row_type);
    if ((dataset->is_variable || has_references) && !find_heap(dataset))
        dataset->route = MB_HDF_CONVERTED;
}

// The dataset's dimensions; returns what is wrong if it has too many.
static const char *describe_extent(mb_hdf_dataset *dataset)
{
    mb_hdf_extent *extent = &dataset->extent;
    hsize_t size[H5S_MAX_RANK] = {1, 1};
    hid_t space = H5Dget_space(dataset->id);
    H5S_class_t class = space < 0 ? H5S_NO_CLASS : H5Sget_simple_extent_type(space);
    int dimensions = class == H5S_SIMPLE ? H5Sget_simple_extent_dims(space, size, NULL) : 0;
    if (space >= 0) H5Sclose(space);
    if (dimensions < 0 || class == H5S_NO_CLASS) return "has unknown dimensions";
    if (dimensions > 2) return "has more than two dimensions";
    if (class == H5S_NULL) size[0] = 0;
    if (dimensions < 2) size[1] = 1;
    *extent = (mb_hdf_extent){.dimensions = dimensions};
    // MATLAB's dimensions are in the other order, and its vectors lie this way and that; a column
    // that is the only one is one of a matrix, too.
    if (dimensions == 2 && mb_hdf_is_matlab(dataset->id)) {
        extent->along = 1;
        if (size[1] == 1 && !*dataset->part) extent->along = 0;
    }
    if (size[0] > INT64_MAX / sizeof(int64_t) || size[1] > INT64_MAX / sizeof(int64_t))
        return "has an impossible number of rows";
    dataset->shape.rows = (int64_t)size[extent->along];
    extent->columns = (int64_t)size[!extent->along];
    return NULL;
}

// What is read of a dataset, and how.
static const char *describe_column(mb_hdf_dataset *dataset)
{
    const mb_hdf_extent *extent = &dataset->extent;
    int64_t bytes;
    const char *wrong = describe_extent(dataset);
    if (!wrong) wrong = mb_hdf_part_describe(dataset);
    if (wrong) return wrong;
    if (extent->columns != 1 && !extent->is_chosen)
        return "is two-dimensional: name a column of it";
    if (__builtin_mul_overflow(dataset->shape.rows, extent->columns, &bytes) ||
        __builtin_mul_overflow(bytes, extent->row_bytes, &bytes))
        return "has an impossible number of rows";
    return NULL;
}

// Finds out what the dataset is, which was created with `creation`.
static mb_status describe_with(mb_context *cx, hid_t creation, mb_hdf_dataset *dataset)
{
    dataset->is_virtual = H5Pget_layout(creation) == H5D_VIRTUAL;
    mb_status status = mb_hdf_sources_check(cx, dataset, true);
    if (status) return status;
    const char *empty = mb_hdf_empty_attribute(dataset);
    const char *wrong = empty ? mb_hdf_empty_describe(dataset, empty) : describe_column(dataset);
    if (!wrong && !*dataset->part) wrong = mb_hdf_mark_read(dataset->id, &dataset->shape);
    if (wrong)
        return mb_fail(cx, MB_EINVALID,
                       "%s: dataset '%s' %s; what can be read are integers, floats, bools and "
                       "strings in one dimension, columns of matrices as 'name[1]', and members of "
                       "compound types as 'name.member'",
                       dataset->path, dataset->name, wrong);
    describe_element(dataset);
    dataset->rows = (mb_hdf_stride){.bytes = dataset->element.size};
    find_route(creation, dataset);
    return MB_OK;
}

// Notes which dataset a part is of.
static void identify(mb_hdf_dataset *dataset)
{
    H5O_info_t info;
    if (!*dataset->part || H5Oget_info2(dataset->id, &info, H5O_INFO_BASIC) < 0) return;
    dataset->object = (mb_hdf_object){info.fileno, info.addr};
}

static mb_status describe(mb_context *cx, mb_hdf_dataset *dataset)
{
    identify(dataset);
    hid_t creation = H5Dget_create_plist(dataset->id);
    if (creation < 0) return mb_hdf_fail(cx, dataset->path, dataset->name, "cannot be inspected");
    mb_status status = describe_with(cx, creation, dataset);
    H5Pclose(creation);
    return status;
}

mb_status mb_hdf_dataset_open(mb_context *cx, hid_t file, const char *path, const char *name,
                              mb_hdf_dataset *dataset)
{
    mb_hdf_dataset made = MB_HDF_CLOSED;
    made.path = path;
    made.name = name;
    made.part = "";
    mb_status status = open_object(cx, file, &made);
    if (status) return status;
    status = describe(cx, &made);
    if (status) {
        mb_hdf_dataset_close(&made);
        return status;
    }
    *dataset = made;
    return MB_OK;
}

void mb_hdf_dataset_close(mb_hdf_dataset *dataset)
{
    if (dataset->read_type >= 0) H5Tclose(dataset->read_type);
    if (dataset->stored_type >= 0) H5Tclose(dataset->stored_type);
    if (dataset->row_type >= 0) H5Tclose(dataset->row_type);
    if (dataset->id >= 0) H5Oclose(dataset->id);
    if (dataset->file >= 0) H5Fclose(dataset->file);
    *dataset = MB_HDF_CLOSED;
}
