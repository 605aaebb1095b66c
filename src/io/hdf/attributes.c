// The attributes of an object, as text that all ranks are told.

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "comm/comm.h"
#include "io/hdf/internal.h"

enum { MOST_VALUES = 1 << 20 };

typedef struct attributes {
    mb_context *cx;
    const char *path;
    mb_strings *out;
    mb_status status;
} attributes;

// How the values of an attribute are told: a letter, the type that they are read as, and its size.
typedef struct telling {
    const char *letter;
    hid_t type;
    size_t size;
} telling;

static bool find_telling(hid_t type, telling *how)
{
    bool is_unsigned = H5Tget_size(type) == 8 && H5Tget_sign(type) == H5T_SGN_NONE;
    switch (H5Tget_class(type)) {
    case H5T_STRING: *how = (telling){"s", type, 0}; return true;
    case H5T_FLOAT: *how = (telling){"f", H5T_NATIVE_DOUBLE, sizeof(double)}; return true;
    case H5T_INTEGER:
    case H5T_ENUM:
        if (H5Tget_size(type) > 8) return false;
        *how = (telling){"i", H5T_NATIVE_INT64, sizeof(int64_t)};
        if (is_unsigned) *how = (telling){"u", H5T_NATIVE_UINT64, sizeof(uint64_t)};
        if (H5Tget_class(type) == H5T_ENUM && mb_hdf_is_bool_enumeration(type)) how->letter = "b";
        return true;
    default: return false;
    }
}

static mb_status add_number(attributes *a, const telling *how, const void *value)
{
    int64_t integer;
    double number;
    memcpy(&integer, value, sizeof integer);
    memcpy(&number, value, sizeof number);
    switch (how->letter[0]) {
    case 'f': return mb_strings_addf(a->cx, a->out, "%a", number);
    case 'u': return mb_strings_addf(a->cx, a->out, "%" PRIu64, (uint64_t)integer);
    default: return mb_strings_addf(a->cx, a->out, "%" PRId64, integer);
    }
}

static mb_status fail(attributes *a, const char *name, const char *what)
{
    return mb_fail(a->cx, MB_EIO, "%s: the attribute '%s' %s", a->path, name, what);
}

static mb_status add_numbers(attributes *a, hid_t attribute, const char *name, const telling *how,
                             int64_t n)
{
    mb_buffer *values = NULL;
    mb_status status;
    MB_TRY(mb_buffer_new_array(a->cx, n, how->size, &values));
    if (n > 0 && H5Aread(attribute, how->type, values->data) < 0)
        MB_TRY(fail(a, name, "cannot be read"));
    for (int64_t i = 0; i < n; i++)
        MB_TRY(add_number(a, how, (const char *)values->data + (size_t)i * how->size));
done:
    mb_buffer_release(values);
    return status;
}

static mb_status add_values(attributes *a, hid_t attribute, const char *name, hid_t type,
                            hid_t space)
{
    telling how;
    hssize_t n = H5Sget_simple_extent_npoints(space);
    mb_status status;
    if (n < 0 || !find_telling(type, &how)) return MB_OK;
    if (n > MOST_VALUES) return fail(a, name, "has more than 1048576 values");
    MB_TRY(mb_strings_add(a->cx, a->out, name));
    MB_TRY(mb_strings_add(a->cx, a->out, how.letter));
    if (H5Sget_simple_extent_type(space) == H5S_SCALAR)
        MB_TRY(mb_strings_add(a->cx, a->out, "-"));
    else
        MB_TRY(mb_strings_addf(a->cx, a->out, "%lld", (long long)n));
    if (how.letter[0] != 's') {
        status = add_numbers(a, attribute, name, &how, n);
    } else if (n > 0) {
        int64_t before = a->out->count;
        MB_TRY(mb_hdf_attribute_strings(a->cx, attribute, type, n, a->out));
        if (a->out->count - before != n) status = fail(a, name, "cannot be read");
    }
done:
    return status;
}

static herr_t on_attribute(hid_t object, const char *name, const H5A_info_t *info, void *argument)
{
    attributes *a = argument;
    (void)info;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    hid_t type = attribute < 0 ? H5I_INVALID_HID : H5Aget_type(attribute);
    hid_t space = attribute < 0 ? H5I_INVALID_HID : H5Aget_space(attribute);
    a->status = type < 0 || space < 0 ? fail(a, name, "cannot be opened")
                                      : add_values(a, attribute, name, type, space);
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    if (attribute >= 0) H5Aclose(attribute);
    return a->status ? -1 : 0;
}

static mb_status read_attributes(attributes *a, const char *name)
{
    hid_t file;
    hsize_t at = 0;
    mb_status status = mb_hdf_file_open(a->cx, a->path, &file);
    if (status) return status;
    hid_t object = H5Oopen(file, name, H5P_DEFAULT);
    if (object < 0)
        status = mb_fail(a->cx, MB_EIO, "%s: there is no '%s' to have attributes", a->path, name);
    else if (H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, &at, on_attribute, a) < 0)
        status = a->status
                     ? a->status
                     : mb_hdf_fail(a->cx, a->path, name, "has attributes that cannot be read");
    if (object >= 0) H5Oclose(object);
    H5Fclose(file);
    return status;
}

mb_status mb_hdf_attributes(mb_context *cx, const char *const *paths, int64_t npaths,
                            const char *name, mb_strings *listing)
{
    mb_status status = MB_OK;
    mb_strings files = {0}, found = {0};
    mb_hdf_printing printing = mb_hdf_printing_off();
    attributes a = {.cx = cx, .out = &found};
    if (mb_rank(cx) == 0) {
        status = mb_paths_expand(cx, &mb_hdf_path_kind, paths, npaths, &files);
        if (!status) {
            a.path = mb_strings_first(&files);
            status = read_attributes(&a, name);
        }
    }
    MB_TRY(mb_strings_share(cx, status, &found));
    *listing = found;
    found = (mb_strings){0};
done:
    mb_strings_release(&files);
    mb_strings_release(&found);
    mb_hdf_printing_restore(printing);
    return status;
}
