// What the values of a dataset are to a reader: by their HDF5 type, and by the marks that Arkouda,
// MATLAB and pandas leave in attributes.

#include <string.h>
#include <strings.h>

#include "io/hdf/internal.h"

enum { LONGEST_WORD = 32 };

// Reads an attribute of one value; false when there is none of that kind.
static bool read_attribute(hid_t object, const char *name, hid_t memory_type, void *value)
{
    if (H5Aexists(object, name) <= 0) return false;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    if (attribute < 0) return false;
    hid_t space = H5Aget_space(attribute);
    bool got = space >= 0 && H5Sget_simple_extent_npoints(space) == 1 &&
               H5Aread(attribute, memory_type, value) >= 0;
    if (space >= 0) H5Sclose(space);
    H5Aclose(attribute);
    return got;
}

bool mb_hdf_attribute_integer(hid_t object, const char *name, int64_t *value)
{
    return read_attribute(object, name, H5T_NATIVE_INT64, value);
}

static bool is_marked(hid_t object, const char *name)
{
    int64_t mark = 0;
    return mb_hdf_attribute_integer(object, name, &mark) && mark == 1;
}

// Reads an attribute that is a short string; "" when there is none.
static void read_word(hid_t object, const char *name, char word[LONGEST_WORD])
{
    word[0] = '\0';
    if (H5Aexists(object, name) <= 0) return;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT), text = H5Tcopy(H5T_C_S1);
    hid_t stored = attribute >= 0 ? H5Aget_type(attribute) : H5I_INVALID_HID;
    if (stored < 0 || text < 0 || H5Tget_class(stored) != H5T_STRING ||
        H5Tis_variable_str(stored) != 0 || H5Tset_size(text, LONGEST_WORD) < 0 ||
        H5Tset_cset(text, H5Tget_cset(stored)) < 0 || !read_attribute(object, name, text, word))
        word[0] = '\0';
    word[LONGEST_WORD - 1] = '\0';
    if (stored >= 0) H5Tclose(stored);
    if (text >= 0) H5Tclose(text);
    if (attribute >= 0) H5Aclose(attribute);
}

bool mb_hdf_is_matlab(hid_t dataset)
{
    return H5Aexists(dataset, "MATLAB_class") > 0;
}

bool mb_hdf_is_bool_enumeration(hid_t type)
{
    hid_t base = H5Tget_super(type);
    bool right = base >= 0 && H5Tget_nmembers(type) == 2 && H5Tget_size(type) <= sizeof(int64_t);
    for (unsigned i = 0; i < 2 && right; i++) {
        int64_t value = 0;
        char *name = H5Tget_member_name(type, i);
        right = name && H5Tget_member_value(type, i, &value) >= 0 &&
                H5Tconvert(base, H5T_NATIVE_INT64, 1, &value, NULL, H5P_DEFAULT) >= 0 &&
                strcasecmp(name, value == 0 ? "false" : "true") == 0 && (value == 0 || value == 1);
        H5free_memory(name);
    }
    if (base >= 0) H5Tclose(base);
    return right;
}

// Whether Arkouda or MATLAB marked a dataset of bytes as bool.
static bool is_marked_bool(hid_t dataset)
{
    char class[LONGEST_WORD];
    if (is_marked(dataset, "isBool")) return true;
    read_word(dataset, "MATLAB_class", class);
    return strcmp(class, "logical") == 0;
}

static const char *describe(const mb_type *type, hid_t memory_type, int32_t width,
                            mb_hdf_dataset *dataset)
{
    dataset->memory_type = memory_type;
    dataset->shape.kind = type->kind;
    dataset->shape.width = width;
    return NULL;
}

static const char *describe_bool(hid_t memory_type, mb_hdf_dataset *dataset)
{
    return describe(&mb_type_bool, memory_type, 1, dataset);
}

static const char *describe_integer(hid_t type, mb_hdf_dataset *dataset)
{
    size_t size = H5Tget_size(type);
    bool is_signed = H5Tget_sign(type) != H5T_SGN_NONE;
    if (size > 8) return "holds integers of more than 8 bytes";
    if (size == 1 && (dataset->is_boolean || is_marked_bool(dataset->id)))
        return describe_bool(H5T_NATIVE_UINT8, dataset);
    dataset->shape.is_signed = is_signed;
    dataset->shape.digits = (int32_t)H5Tget_precision(type) - is_signed;
    if (size == 8 && !is_signed) return describe(&mb_type_uint, H5T_NATIVE_UINT64, 8, dataset);
    return describe(&mb_type_int, H5T_NATIVE_INT64, 8, dataset);
}

static const char *describe_float(size_t size, mb_hdf_dataset *dataset)
{
    if (size <= 4) return describe(&mb_type_float, H5T_NATIVE_FLOAT, 4, dataset);
    return describe(&mb_type_float, H5T_NATIVE_DOUBLE, 8, dataset);
}

// HDF5 converts its time class to nothing else: values are read as they are stored, and widened
// here.
static const char *describe_time(hid_t type, mb_hdf_dataset *dataset)
{
    const bool is_little = H5Tequal(type, H5T_UNIX_D32LE) > 0;
    if (!is_little && H5Tequal(type, H5T_UNIX_D32BE) <= 0)
        return "holds values of HDF5's time class that are not its times of 32 bits";
    dataset->shape.is_signed = true;
    dataset->shape.digits = 31;
    return describe(&mb_type_int, is_little ? H5T_UNIX_D32LE : H5T_UNIX_D32BE, 8, dataset);
}

const char *mb_hdf_type_describe(hid_t type, mb_hdf_dataset *dataset)
{
    switch (H5Tget_class(type)) {
    case H5T_INTEGER: return describe_integer(type, dataset);
    case H5T_FLOAT: return describe_float(H5Tget_size(type), dataset);
    case H5T_ENUM:
        if (mb_hdf_is_bool_enumeration(type)) return describe_bool(H5T_NATIVE_INT8, dataset);
        return describe_integer(type, dataset);
    case H5T_BITFIELD:
        if (H5Tget_size(type) != 1) return "holds bit fields";
        return describe_bool(H5T_NATIVE_B8, dataset);
    case H5T_STRING: return mb_hdf_text_describe(type, dataset);
    case H5T_COMPOUND: return "holds compound values";
    case H5T_ARRAY: return "holds arrays";
    case H5T_VLEN: return "holds lists of varying length";
    case H5T_REFERENCE: return "holds references";
    case H5T_TIME: return describe_time(type, dataset);
    default: return "holds opaque values";
    }
}

// MATLAB's empty matrix is a list of its dimensions.
static bool is_empty_matlab(const mb_hdf_dataset *dataset)
{
    hid_t type = dataset->row_type;
    return H5Tget_class(type) == H5T_INTEGER && H5Tget_size(type) == sizeof(uint64_t) &&
           H5Tget_sign(type) == H5T_SGN_NONE && is_marked(dataset->id, "MATLAB_empty");
}

// pandas' empty array is one value, whose attribute 'shape' is a pickled tuple that has a 0; one of
// times has no value, but its columns where the rows of others are.
static bool is_empty_pandas(const mb_hdf_dataset *dataset)
{
    char shape[LONGEST_WORD];
    if (H5Aexists(dataset->id, "value_type") <= 0) return false;
    hid_t space = H5Dget_space(dataset->id);
    hssize_t values = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    if (space >= 0) H5Sclose(space);
    if (values != 1) return values == 0;
    read_word(dataset->id, "shape", shape);
    return shape[0] == '(' && strstr(shape, "I0\n");
}

const char *mb_hdf_empty_attribute(const mb_hdf_dataset *dataset)
{
    if (is_empty_matlab(dataset)) return "MATLAB_class";
    return is_empty_pandas(dataset) ? "value_type" : NULL;
}

const char *mb_hdf_empty_describe(mb_hdf_dataset *dataset, const char *attribute)
{
    static const struct {
        const char *name;
        hid_t *type;
    } types[] = {
        {"int8", &H5T_STD_I8LE_g},        {"uint8", &H5T_STD_U8LE_g},
        {"logical", &H5T_STD_U8LE_g},     {"int16", &H5T_STD_I16LE_g},
        {"uint16", &H5T_STD_U16LE_g},     {"int32", &H5T_STD_I32LE_g},
        {"uint32", &H5T_STD_U32LE_g},     {"int64", &H5T_STD_I64LE_g},
        {"uint64", &H5T_STD_U64LE_g},     {"single", &H5T_IEEE_F32LE_g},
        {"double", &H5T_IEEE_F64LE_g},    {"float32", &H5T_IEEE_F32LE_g},
        {"float64", &H5T_IEEE_F64LE_g},   {"bool", &H5T_STD_B8LE_g},
        {"datetime64", &H5T_STD_I64LE_g}, {"timedelta64", &H5T_STD_I64LE_g},
    };
    char name[LONGEST_WORD];
    read_word(dataset->id, attribute, name);
    name[strcspn(name, "[")] = '\0'; // datetime64[ns]
    dataset->shape.rows = 0;
    dataset->extent = (mb_hdf_extent){.dimensions = 1, .columns = 1, .row_bytes = sizeof(uint64_t)};
    dataset->stored_type = H5Tcopy(dataset->row_type);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(name, types[i].name) == 0) return mb_hdf_type_describe(*types[i].type, dataset);
    return "is empty, and of a type that is not read";
}
