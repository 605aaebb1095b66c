// Attributes that go from a dataset to the one that replaces it.

#include <string.h>

#include "io/hdf/storing.h"

typedef struct copying {
    const mb_hdf_storing *s;
    hid_t to;
    mb_status status;
} copying;

// Copies the values of an attribute, which has some.
static mb_status copy_values(const copying *c, hid_t from, hid_t to, const char *name)
{
    mb_buffer *values = NULL;
    mb_status status;
    hid_t space = H5Aget_space(from), stored = H5Aget_type(from);
    hid_t type = stored < 0 ? H5I_INVALID_HID : H5Tget_native_type(stored, H5T_DIR_DEFAULT);
    hssize_t n = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    bool good = type >= 0 && n >= 0;
    MB_TRY(mb_buffer_new_zeroed(c->s->cx, n > 0 ? n : 0, good ? H5Tget_size(type) : 1, &values));
    if (good && n > 0) {
        good = H5Aread(from, type, values->data) >= 0 && H5Awrite(to, type, values->data) >= 0;
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, values->data);
    }
    if (!good) status = mb_hdf_storing_fail(c->s, name, "is an attribute that cannot be kept");
done:
    mb_buffer_release(values);
    if (type >= 0) H5Tclose(type);
    if (stored >= 0) H5Tclose(stored);
    if (space >= 0) H5Sclose(space);
    return status;
}

// Whether an attribute tells how values are stored, which a dataset that was written anew does by
// its own.
static bool describes_storage(const char *name, hid_t type)
{
    static const char *const names[] = {"moonbear_",  "MATLAB_", "isBool",    "ObjType",
                                        "value_type", "shape",   "transposed"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(name, names[i], strlen(names[i])) == 0) return true;
    return H5Tdetect_class(type, H5T_REFERENCE) > 0; // scales of dimensions
}

static herr_t copy_attribute(hid_t object, const char *name, const H5A_info_t *info, void *argument)
{
    copying *c = argument;
    (void)info;
    hid_t from = H5Aopen(object, name, H5P_DEFAULT), to = H5I_INVALID_HID;
    hid_t type = from < 0 ? H5I_INVALID_HID : H5Aget_type(from);
    hid_t space = from < 0 ? H5I_INVALID_HID : H5Aget_space(from);
    bool left_out = type >= 0 && describes_storage(name, type);
    if (type >= 0 && space >= 0 && !left_out)
        to = H5Acreate2(c->to, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    c->status = left_out ? MB_OK
                : to < 0 ? mb_hdf_storing_fail(c->s, name, "is an attribute that cannot be kept")
                         : copy_values(c, from, to, name);
    if (to >= 0) H5Aclose(to);
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    if (from >= 0) H5Aclose(from);
    return c->status ? -1 : 0;
}

mb_status mb_hdf_attributes_copy(const mb_hdf_storing *s, hid_t from, hid_t to)
{
    hsize_t at = 0;
    copying c = {.s = s, .to = to};
    if (H5Aiterate2(from, H5_INDEX_NAME, H5_ITER_NATIVE, &at, copy_attribute, &c) >= 0)
        return MB_OK;
    return c.status ? c.status : mb_hdf_storing_fail(s, NULL, "has attributes that cannot be read");
}
