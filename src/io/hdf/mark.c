#include "io/hdf/mark.h"

#include <stdio.h>
#include <string.h>

#include "core/hash.h"
#include "io/hdf/cell.h"
#include "io/hdf/internal.h"
#include "types/dictionary.h"
#include "types/flags.h"
#include "types/ip.h"
#include "types/time.h"

enum { LONGEST = 4096 };

static const char type_name[] = "moonbear_type", unit_name[] = "moonbear_unit",
                  flags_name[] = "moonbear_flags", missing_name[] = "moonbear_missing",
                  entries_name[] = "moonbear_entries", writing_name[] = "moonbear_writing";

bool mb_hdf_attribute_write_value(hid_t object, const char *name, hid_t stored, hid_t type,
                                  const void *value)
{
    hid_t space = H5Screate(H5S_SCALAR), attribute = H5I_INVALID_HID;
    if (space >= 0 && stored >= 0)
        attribute = H5Acreate2(object, name, stored, space, H5P_DEFAULT, H5P_DEFAULT);
    bool good = attribute >= 0 && H5Awrite(attribute, type, value) >= 0;
    if (attribute >= 0) H5Aclose(attribute);
    if (space >= 0) H5Sclose(space);
    return good;
}

bool mb_hdf_attribute_write(hid_t object, const char *name, const char *const *texts, int n)
{
    const hsize_t count = (hsize_t)n;
    size_t longest = 1;
    char slots[LONGEST] = {0};
    for (int i = 0; i < n; i++)
        if (strlen(texts[i]) > longest) longest = strlen(texts[i]);
    if ((size_t)n * longest > sizeof slots) return false;
    for (int i = 0; i < n; i++)
        memcpy(slots + (size_t)i * longest, texts[i], strlen(texts[i]));
    hid_t attribute = H5I_INVALID_HID, type = mb_hdf_text_type(longest);
    hid_t space = n == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &count, NULL);
    if (type >= 0 && H5Tset_cset(type, H5T_CSET_UTF8) >= 0 && space >= 0)
        attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool good = attribute >= 0 && H5Awrite(attribute, type, slots) >= 0;
    if (attribute >= 0) H5Aclose(attribute);
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
    return good;
}

static bool write_text(hid_t object, const char *name, const char *text)
{
    return mb_hdf_attribute_write(object, name, &text, 1);
}

bool mb_hdf_mark_write(hid_t dataset, const char *name, const mb_type *type, bool masked,
                       const char *entries, int64_t writing)
{
    const char *const *names;
    char path[LONGEST];
    bool good = write_text(dataset, type_name, type->name);
    if (type->units) good = good && write_text(dataset, unit_name, mb_unit_names[type->unit]);
    if (mb_type_is_flags(type)) {
        int n = mb_flags_names(type, &names);
        good = good && mb_hdf_attribute_write(dataset, flags_name, names, n);
    }
    snprintf(path, sizeof path, "%s%s", MB_HDF_MISSING_GROUP, name);
    if (masked) good = good && write_text(dataset, missing_name, path);
    if (writing)
        good = good && mb_hdf_attribute_write_value(dataset, writing_name, H5T_STD_I64LE,
                                                    H5T_NATIVE_INT64, &writing);
    return good && (!entries || write_text(dataset, entries_name, entries));
}

// --- Reading.

// Reads a short string; false when there is none.
static bool read_text(hid_t object, const char *name, char *text, size_t size)
{
    bool got = false;
    *text = '\0';
    if (H5Aexists(object, name) <= 0) return false;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT), stored = H5I_INVALID_HID;
    hid_t type = mb_hdf_text_type(size), space = H5I_INVALID_HID;
    if (attribute >= 0) stored = H5Aget_type(attribute);
    if (attribute >= 0) space = H5Aget_space(attribute);
    if (stored >= 0 && space >= 0 && type >= 0 && H5Tget_class(stored) == H5T_STRING &&
        H5Tis_variable_str(stored) == 0 && H5Sget_simple_extent_npoints(space) == 1 &&
        H5Tset_cset(type, H5Tget_cset(stored)) >= 0)
        got = H5Aread(attribute, type, text) >= 0;
    text[size - 1] = '\0';
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
    if (stored >= 0) H5Tclose(stored);
    if (attribute >= 0) H5Aclose(attribute);
    return got;
}

// The names of flags, told by a hash.
static uint64_t hash_flags(hid_t dataset)
{
    uint64_t hash = 0;
    char names[LONGEST];
    if (H5Aexists(dataset, flags_name) <= 0) return 0;
    hid_t attribute = H5Aopen(dataset, flags_name, H5P_DEFAULT);
    hid_t type = attribute >= 0 ? H5Aget_type(attribute) : H5I_INVALID_HID;
    if (type >= 0 && H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0 &&
        H5Aget_storage_size(attribute) <= sizeof names && H5Aread(attribute, type, names) >= 0)
        hash = mb_hash_bytes(1, names, H5Aget_storage_size(attribute));
    if (type >= 0) H5Tclose(type);
    if (attribute >= 0) H5Aclose(attribute);
    return hash;
}

static const char *read_unit(hid_t dataset, mb_hdf_mark *mark)
{
    char unit[8];
    int found = read_text(dataset, unit_name, unit, sizeof unit) ? mb_unit_find(unit) : -1;
    mark->unit = (int8_t)found;
    return found < 0 ? "has no unit in its attribute 'moonbear_unit'" : NULL;
}

// What a type needs: that values are integers, unsigned or not, unless they are text.
static const char *fit(const mb_type *type, mb_hdf_shape *shape)
{
    static const char wrong[] = "has the attribute 'moonbear_type' of another type";
    bool integers = !shape->is_text && mb_kind_is_integer((mb_kind)shape->kind);
    if (type == &mb_type_text) return shape->is_text || integers ? NULL : wrong;
    if (shape->is_text) return type == &mb_type_ip ? NULL : wrong;
    if (!mb_kind_is_integer(type->kind)) return (mb_kind)shape->kind == type->kind ? NULL : wrong;
    if (!integers) return wrong;
    if (type->kind == MB_INT) return shape->kind == MB_INT ? NULL : wrong;
    if (shape->is_signed) return wrong;
    shape->kind = MB_UINT;
    return NULL;
}

const char *mb_hdf_mark_read(hid_t dataset, mb_hdf_shape *shape)
{
    char name[16], path[LONGEST];
    const char *wrong;
    mb_hdf_mark *mark = &shape->mark;
    if (!read_text(dataset, type_name, name, sizeof name)) return NULL;
    const mb_type *type = mb_type_find(name);
    if (!type) return "has an unknown type in its attribute 'moonbear_type'";
    mark->is_masked = H5Aexists(dataset, missing_name) > 0;
    if (!mb_hdf_attribute_integer(dataset, writing_name, &mark->writing)) mark->writing = 0;
    mark->is_coded = !shape->is_text && read_text(dataset, entries_name, path, sizeof path);
    wrong = fit(type, shape);
    if (wrong) return wrong;
    if (type == &mb_type_text && !mark->is_coded && !shape->is_text)
        return "has the attribute 'moonbear_type' of another type";
    if (mark->is_coded) shape->kind = MB_UINT;
    if (mb_type_is_plain(type) || (type == &mb_type_text && !mark->is_coded)) return NULL;
    mark->type = type == &mb_type_text ? MB_MARK_TEXT : MB_MARK_IP;
    if (mb_type_is_flags(type)) {
        mark->type = MB_MARK_FLAGS;
        mark->identity = hash_flags(dataset);
        return mark->identity ? NULL : "has no names in its attribute 'moonbear_flags'";
    }
    if (!type->units) return NULL;
    mark->type = type->units == &mb_times ? MB_MARK_TIME : MB_MARK_DURATION;
    return read_unit(dataset, mark);
}

const mb_type *mb_hdf_shape_type(const mb_hdf_shape *shape)
{
    switch (shape->mark.type) {
    case MB_MARK_TEXT: return &mb_type_text;
    case MB_MARK_IP: return &mb_type_ip;
    case MB_MARK_FLAGS: return &mb_type_flags;
    case MB_MARK_TIME: return mb_time_in(shape->mark.unit);
    case MB_MARK_DURATION: return mb_duration_in(shape->mark.unit);
    default: return shape->is_text ? &mb_type_text : mb_type_of((mb_kind)shape->kind);
    }
}

bool mb_hdf_mark_equal(const mb_hdf_mark *a, const mb_hdf_mark *b)
{
    return a->type == b->type && a->unit == b->unit && a->identity == b->identity &&
           a->is_coded == b->is_coded;
}
