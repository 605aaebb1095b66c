// Opening files and datasets, and finding out how a dataset is stored.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/hdf_internal.h"

enum { NAMES_TOLD = 20 };

// Why a path cannot be opened, before HDF5 is asked: it knows less.
static mb_status check_path(mb_context *cx, const char *path)
{
    struct stat found;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return mb_fail(cx, MB_EIO, "%s: %s", path, strerror(errno));
    bool directory = fstat(fd, &found) == 0 && S_ISDIR(found.st_mode);
    close(fd);
    if (directory) return mb_fail(cx, MB_EIO, "%s: this is a directory, not a file", path);
    if (H5Fis_hdf5(path) <= 0) return mb_fail(cx, MB_EIO, "%s: this is not an HDF5 file", path);
    return MB_OK;
}

mb_status mb_hdf_file_open(mb_context *cx, const char *path, hid_t *file)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_sec2(access);
    H5Pset_file_locking(access, false, true);
    hid_t opened = H5Fopen(path, H5F_ACC_RDONLY, access);
    mb_status status = MB_OK;
    if (opened < 0) {
        status = mb_hdf_fail(cx, path, NULL, "cannot open this HDF5 file");
        char reason[sizeof cx->message];
        memcpy(reason, cx->message, sizeof reason);
        if (!check_path(cx, path)) memcpy(cx->message, reason, sizeof reason);
    }
    H5Pclose(access);
    if (!status) *file = opened;
    return status;
}

typedef struct name_list {
    char text[1024];
    size_t used;
    int count;
} name_list;

static herr_t note_name(hid_t group, const char *name, const H5L_info_t *info, void *argument)
{
    (void)group, (void)info;
    name_list *list = argument;
    size_t room = sizeof list->text - list->used;
    if (list->count++ >= NAMES_TOLD || room < strlen(name) + 8) {
        snprintf(list->text + list->used, room, ", ...");
        return 1;
    }
    list->used +=
        (size_t)snprintf(list->text + list->used, room, "%s%s", list->count > 1 ? ", " : "", name);
    return 0;
}

static mb_status fail_missing(mb_context *cx, hid_t file, const char *path, const char *name)
{
    name_list list = {{0}, 0, 0};
    hsize_t at = 0;
    H5Literate(file, H5_INDEX_NAME, H5_ITER_INC, &at, note_name, &list);
    return mb_fail(cx, MB_EIO, "%s: there is no dataset '%s'; there is %s", path, name,
                   list.count ? list.text : "nothing");
}

// Why there is no object of that name.
static mb_status fail_object(mb_context *cx, hid_t file, const char *path, const char *name)
{
    H5L_info_t link;
    mb_status status = mb_hdf_fail(cx, path, name, "cannot be opened");
    if (H5Lexists(file, name, H5P_DEFAULT) <= 0) return fail_missing(cx, file, path, name);
    if (H5Lget_info(file, name, &link, H5P_DEFAULT) < 0 || link.type == H5L_TYPE_HARD)
        return status;
    return mb_fail(cx, MB_EIO, "%s: '%s' is a link to something that is not there", path, name);
}

// Opens the object of that name. A bool column of Arkouda before 2022 is a group with the dataset
// `booleans`.
static mb_status open_object(mb_context *cx, hid_t file, mb_hdf_dataset *dataset)
{
    const char *path = dataset->path, *name = dataset->name;
    hid_t id = H5Oopen(file, name, H5P_DEFAULT);
    if (id < 0) return fail_object(cx, file, path, name);
    if (H5Iget_type(id) == H5I_GROUP && H5Lexists(id, "booleans", H5P_DEFAULT) > 0) {
        hid_t group = id;
        id = H5Oopen(group, "booleans", H5P_DEFAULT);
        H5Gclose(group);
        if (id < 0) return mb_hdf_fail(cx, path, name, "cannot be opened");
    }
    if (H5Iget_type(id) != H5I_DATASET) {
        H5Oclose(id);
        return mb_fail(cx, MB_EIO, "%s: '%s' is not a dataset", path, name);
    }
    dataset->id = id;
    return MB_OK;
}

// Whether an enumeration is h5py's bool.
static bool is_bool_enumeration(hid_t type)
{
    if (H5Tget_nmembers(type) != 2) return false;
    bool right = true;
    for (unsigned i = 0; i < 2; i++) {
        char *name = H5Tget_member_name(type, i);
        int64_t value = 0;
        hid_t base = H5Tget_super(type);
        right = right && name && H5Tget_member_value(type, i, &value) >= 0 &&
                H5Tconvert(base, H5T_NATIVE_INT64, 1, &value, NULL, H5P_DEFAULT) >= 0 &&
                strcasecmp(name, value == 0 ? "false" : "true") == 0 && (value == 0 || value == 1);
        H5Tclose(base);
        H5free_memory(name);
    }
    return right;
}

// Whether Arkouda marked a dataset of bytes as bool.
static bool is_marked_bool(hid_t id)
{
    if (H5Aexists(id, "isBool") <= 0) return false;
    int64_t mark = 0;
    hid_t attribute = H5Aopen(id, "isBool", H5P_DEFAULT);
    bool marked = H5Aread(attribute, H5T_NATIVE_INT64, &mark) >= 0 && mark == 1;
    H5Aclose(attribute);
    return marked;
}

static const char *describe_bool(hid_t memory_type, mb_hdf_dataset *dataset)
{
    dataset->memory_type = memory_type;
    dataset->shape.type = MB_BOOL;
    dataset->shape.width = 1;
    return NULL;
}

static const char *describe_integer(hid_t type, mb_hdf_dataset *dataset)
{
    size_t size = H5Tget_size(type);
    bool is_signed = H5Tget_sign(type) != H5T_SGN_NONE;
    if (size > 8) return "holds integers of more than 8 bytes";
    if (size == 1 && is_marked_bool(dataset->id)) return describe_bool(H5T_NATIVE_UINT8, dataset);
    bool wide = size == 8 && !is_signed;
    dataset->memory_type = wide ? H5T_NATIVE_UINT64 : H5T_NATIVE_INT64;
    dataset->shape.type = wide ? MB_UINT : MB_INT;
    dataset->shape.width = 8;
    return NULL;
}

static const char *describe_float(hid_t type, mb_hdf_dataset *dataset)
{
    bool narrow = H5Tget_size(type) <= 4;
    dataset->memory_type = narrow ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
    dataset->shape.type = MB_FLOAT;
    dataset->shape.width = narrow ? 4 : 8;
    return NULL;
}

// What the dataset's values are to us; returns what is wrong if they are not for us.
static const char *describe_type(hid_t type, mb_hdf_dataset *dataset)
{
    switch (H5Tget_class(type)) {
    case H5T_INTEGER: return describe_integer(type, dataset);
    case H5T_FLOAT: return describe_float(type, dataset);
    case H5T_ENUM:
        if (!is_bool_enumeration(type)) return "holds an enumeration that is not bool";
        return describe_bool(H5T_NATIVE_INT8, dataset);
    case H5T_BITFIELD:
        if (H5Tget_size(type) != 1) return "holds bit fields";
        return describe_bool(H5T_NATIVE_B8, dataset);
    case H5T_STRING: return "holds strings";
    case H5T_COMPOUND: return "holds compound values";
    case H5T_ARRAY: return "holds arrays";
    case H5T_VLEN: return "holds lists of varying length";
    case H5T_REFERENCE: return "holds references";
    case H5T_TIME: return "holds values of HDF5's time class";
    default: return "holds opaque values";
    }
}

// Whether stored values are those of some machine, so that moving bytes is all there is to do.
static bool describe_element(hid_t type, mb_hdf_dataset *dataset)
{
    H5T_class_t class = H5Tget_class(type);
    size_t size = H5Tget_size(type);
    H5T_order_t order = H5Tget_order(type);
    dataset->element.size = (int)size;
    dataset->element.swapped = size > 1 && order != H5Tget_order(H5T_NATIVE_INT);
    dataset->element.is_signed = class == H5T_INTEGER && H5Tget_sign(type) != H5T_SGN_NONE;
    if (order != H5T_ORDER_LE && order != H5T_ORDER_BE) return false;
    if (class == H5T_FLOAT)
        return H5Tequal(type, H5T_IEEE_F32LE) > 0 || H5Tequal(type, H5T_IEEE_F32BE) > 0 ||
               H5Tequal(type, H5T_IEEE_F64LE) > 0 || H5Tequal(type, H5T_IEEE_F64BE) > 0;
    if (dataset->shape.type == MB_BOOL) return size == 1;
    return (size == 1 || size == 2 || size == 4 || size == 8) &&
           H5Tget_precision(type) == 8 * size && H5Tget_offset(type) == 0;
}

static mb_hdf_route route_contiguous(hid_t creation, mb_hdf_dataset *dataset)
{
    haddr_t offset = H5Dget_offset(dataset->id);
    void *handle;
    if (offset == HADDR_UNDEF || H5Pget_external_count(creation) != 0) return MB_HDF_CONVERTED;
    if (H5Fget_vfd_handle(dataset->file, H5P_DEFAULT, &handle) < 0) return MB_HDF_CONVERTED;
    dataset->descriptor = *(const int *)handle;
    dataset->offset = (int64_t)offset;
    return MB_HDF_CONTIGUOUS;
}

static mb_hdf_route route_chunked(hid_t creation, mb_hdf_dataset *dataset)
{
    hsize_t rows = 0;
    unsigned options = 0;
    if (H5Pget_chunk(creation, 1, &rows) != 1) return MB_HDF_CONVERTED;
    dataset->chunk_rows = (int64_t)rows;
    if (H5Pget_chunk_opts(creation, &options) < 0 || options != 0) return MB_HDF_CONVERTED;
    return mb_hdf_filters_known(creation, dataset) ? MB_HDF_CHUNKED : MB_HDF_CONVERTED;
}

static mb_hdf_route find_route(hid_t type, mb_hdf_dataset *dataset)
{
    hid_t creation = H5Dget_create_plist(dataset->id);
    bool plain = describe_element(type, dataset);
    mb_hdf_route route = MB_HDF_CONVERTED;
    switch (H5Pget_layout(creation)) {
    case H5D_CONTIGUOUS: route = route_contiguous(creation, dataset); break;
    case H5D_CHUNKED: route = route_chunked(creation, dataset); break;
    default: break;
    }
    H5Pclose(creation);
    return plain ? route : MB_HDF_CONVERTED;
}

// The dataset's rows; returns what is wrong if it has not one dimension.
static const char *describe_rows(mb_hdf_dataset *dataset)
{
    hsize_t rows = 0;
    hid_t space = H5Dget_space(dataset->id);
    bool right = H5Sget_simple_extent_type(space) == H5S_SIMPLE &&
                 H5Sget_simple_extent_ndims(space) == 1 &&
                 H5Sget_simple_extent_dims(space, &rows, NULL) == 1;
    H5Sclose(space);
    dataset->shape.rows = (int64_t)rows;
    return right ? NULL : "is not one-dimensional";
}

mb_status mb_hdf_dataset_open(mb_context *cx, hid_t file, const char *path, const char *name,
                              mb_hdf_dataset *dataset)
{
    mb_hdf_dataset made = MB_HDF_CLOSED;
    made.path = path;
    made.name = name;
    mb_status status = open_object(cx, file, &made);
    if (status) return status;
    hid_t type = H5Dget_type(made.id);
    made.file = H5Iget_file_id(made.id);
    const char *wrong = describe_rows(&made);
    if (!wrong) wrong = describe_type(type, &made);
    if (!wrong) made.route = find_route(type, &made);
    H5Tclose(type);
    if (wrong) {
        mb_hdf_dataset_close(&made);
        return mb_fail(cx, MB_EIO,
                       "%s: dataset '%s' %s; what can be read are one-dimensional datasets of "
                       "integers, floats and bools",
                       path, name, wrong);
    }
    *dataset = made;
    return MB_OK;
}

void mb_hdf_dataset_close(mb_hdf_dataset *dataset)
{
    if (dataset->id >= 0) H5Dclose(dataset->id);
    if (dataset->file >= 0) H5Fclose(dataset->file);
    *dataset = MB_HDF_CLOSED;
}
