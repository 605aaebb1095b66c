// Attributes that are strings.

#include <string.h>

#include "io/hdf/internal.h"

// Adds a string to a list, or only unless it is there.
typedef mb_status adder(mb_context *cx, mb_strings *strings, const char *text);

// Adds the strings of an attribute, of fixed length as `type` says.
static mb_status add_fixed(mb_context *cx, hid_t attribute, hid_t type, int64_t n, adder *add,
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
        MB_TRY(add(cx, values, value));
    }
done:
    mb_buffer_release(bytes);
    mb_buffer_release(text);
    return status;
}

static mb_status add_varying(mb_context *cx, hid_t attribute, hid_t type, int64_t n, adder *add,
                             mb_strings *values)
{
    mb_status status;
    mb_buffer *pointers = NULL;
    hsize_t count = (hsize_t)n;
    MB_TRY(mb_buffer_new_zeroed(cx, n, sizeof(char *), &pointers));
    if (H5Aread(attribute, type, pointers->data) < 0) goto done;
    for (int64_t i = 0; i < n && !status; i++) {
        const char *value = ((char **)pointers->data)[i];
        status = add(cx, values, value ? value : "");
    }
    hid_t space = H5Screate_simple(1, &count, NULL);
    if (space < 0) goto done;
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers->data);
    H5Sclose(space);
done:
    mb_buffer_release(pointers);
    return status;
}

static mb_status add_strings(mb_context *cx, hid_t attribute, hid_t type, int64_t n, adder *add,
                             mb_strings *values)
{
    return H5Tis_variable_str(type) > 0 ? add_varying(cx, attribute, type, n, add, values)
                                        : add_fixed(cx, attribute, type, n, add, values);
}

mb_status mb_hdf_attribute_strings(mb_context *cx, hid_t attribute, hid_t type, int64_t n,
                                   mb_strings *values)
{
    return add_strings(cx, attribute, type, n, mb_strings_add, values);
}

mb_status mb_hdf_attribute_add(mb_context *cx, hid_t object, const char *name, mb_strings *values)
{
    if (H5Aexists(object, name) <= 0) return MB_OK;
    mb_status status = MB_OK;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    if (attribute < 0) return MB_OK;
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    hssize_t n = space < 0 ? 0 : H5Sget_simple_extent_npoints(space);
    if (n > 0 && type >= 0 && H5Tget_class(type) == H5T_STRING)
        status = add_strings(cx, attribute, type, n, mb_strings_add_once, values);
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    H5Aclose(attribute);
    return status;
}
