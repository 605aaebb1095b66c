// Columns of datasets that have several: members of compound types, entries of arrays, and columns
// of matrices. A name begins with that of the dataset, and goes on with what is meant of it.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/hdf/internal.h"

enum { LONGEST_NAME = 4096, DEEPEST = 16, MOST_ENTRIES = 1024 };

static bool is_dataset(hid_t id)
{
    return id >= 0 && H5Iget_type(id) == H5I_DATASET;
}

hid_t mb_hdf_part_find(hid_t file, const char *name, size_t *length)
{
    char whole[LONGEST_NAME];
    *length = strlen(name);
    hid_t id = H5Oopen(file, name, H5P_DEFAULT);
    if (id >= 0 || *length >= sizeof whole) return id;
    memcpy(whole, name, *length + 1);
    for (size_t at = *length; at-- > 1;) {
        if (whole[at] != '.' && whole[at] != '[') continue;
        whole[at] = '\0';
        id = H5Oopen(file, whole, H5P_DEFAULT);
        if (is_dataset(id)) {
            *length = at;
            return id;
        }
        if (id >= 0) H5Oclose(id);
    }
    return H5I_INVALID_HID;
}

// The number of entries of an array type, and the type of each.
static int64_t array_of(hid_t type, hid_t *entry)
{
    hsize_t size[H5S_MAX_RANK];
    int rank = H5Tget_array_dims2(type, size);
    int64_t n = 1;
    *entry = H5Tget_super(type);
    if (*entry < 0) return -1;
    for (int i = 0; i < rank; i++)
        if (__builtin_mul_overflow(n, (int64_t)size[i], &n)) rank = -1;
    if (rank > 0) return n;
    H5Tclose(*entry);
    return -1;
}

// How much longer the members of a compound type before the n-th are than in memory.
static size_t growth_before(hid_t type, int n)
{
    size_t more = 0,
           limit = n < H5Tget_nmembers(type) ? H5Tget_member_offset(type, (unsigned)n) : SIZE_MAX;
    for (int i = 0; i < H5Tget_nmembers(type); i++) {
        hid_t member = H5Tget_member_type(type, (unsigned)i);
        if (member < 0) continue;
        if (H5Tget_member_offset(type, (unsigned)i) < limit)
            more += mb_hdf_stored_size(member) - H5Tget_size(member);
        H5Tclose(member);
    }
    return more;
}

size_t mb_hdf_stored_size(hid_t type)
{
    size_t size = H5Tget_size(type);
    hid_t entry;
    switch (H5Tget_class(type)) {
    case H5T_STRING: return H5Tis_variable_str(type) > 0 ? MB_HDF_REFERENCE : size;
    case H5T_COMPOUND: return size + growth_before(type, H5Tget_nmembers(type));
    case H5T_ARRAY:;
        int64_t n = array_of(type, &entry);
        if (n < 0) return size;
        size = (size_t)n * mb_hdf_stored_size(entry);
        H5Tclose(entry);
        return size;
    default: return size;
    }
}

static const char *descend(mb_hdf_dataset *dataset, hid_t type, const char *rest, int depth);

// Where a name goes on behind that of a member of a compound type, the longest one that fits.
static const char *find_member(hid_t type, const char *rest, unsigned *found)
{
    size_t best = 0;
    for (int i = 0; i < H5Tget_nmembers(type); i++) {
        char *name = H5Tget_member_name(type, (unsigned)i);
        size_t length = name ? strlen(name) : 0;
        if (length > best && strncmp(rest, name, length) == 0 && strchr(".[", rest[length])) {
            best = length;
            *found = (unsigned)i;
        }
        H5free_memory(name);
    }
    return best ? rest + best : NULL;
}

// What H5Dread is to give of a member: a compound type that has nothing else.
static bool wrap_member(mb_hdf_dataset *dataset, const char *name)
{
    hid_t inner = dataset->read_type, outer = H5Tcreate(H5T_COMPOUND, H5Tget_size(inner));
    if (outer < 0) return false;
    dataset->read_type = outer;
    bool right = H5Tinsert(outer, name, 0, inner) >= 0;
    H5Tclose(inner);
    return right;
}

static const char *descend_member(mb_hdf_dataset *dataset, hid_t type, const char *rest, int depth)
{
    unsigned i = 0;
    const char *behind = find_member(type, rest + 1, &i);
    if (!behind) return "has no such member";
    hid_t member = H5Tget_member_type(type, i);
    char *name = H5Tget_member_name(type, i);
    const char *wrong = "has a member that cannot be read";
    dataset->extent.place += (int64_t)(H5Tget_member_offset(type, i) + growth_before(type, (int)i));
    if (member >= 0 && name) wrong = descend(dataset, member, behind, depth + 1);
    if (!wrong && !wrap_member(dataset, name)) wrong = "has a member that cannot be read";
    H5free_memory(name);
    if (member >= 0) H5Tclose(member);
    return wrong;
}

// Reads a number in brackets, from 1 to n; returns what is behind it, or NULL.
static const char *read_number(const char *text, int64_t n, int64_t *number)
{
    char *end;
    if (text[1] < '0' || text[1] > '9') return NULL;
    *number = strtoll(text + 1, &end, 10);
    return *end == ']' && *number >= 1 && *number <= n ? end + 1 : NULL;
}

static const char *descend_array(mb_hdf_dataset *dataset, hid_t type, const char *rest, int depth)
{
    hid_t entry, inner;
    int64_t number = 0, n = array_of(type, &entry);
    if (n < 0) return "has an array that cannot be read";
    const char *behind = read_number(rest, n, &number);
    const char *wrong = behind ? NULL : "has no such entry in its arrays";
    if (!wrong) {
        dataset->extent.place += (number - 1) * (int64_t)mb_hdf_stored_size(entry);
        wrong = descend(dataset, entry, behind, depth + 1);
    }
    H5Tclose(entry);
    if (wrong) return wrong;
    hsize_t sizes[H5S_MAX_RANK];
    int rank = H5Tget_array_dims2(type, sizes);
    inner = dataset->read_type;
    dataset->read.at += (number - 1) * (int64_t)H5Tget_size(inner);
    dataset->read_type = H5Tarray_create2(inner, (unsigned)rank, sizes);
    H5Tclose(inner);
    return dataset->read_type < 0 ? "has an array that cannot be read" : NULL;
}

// The part itself.
static const char *describe_leaf(mb_hdf_dataset *dataset, hid_t type)
{
    dataset->stored_type = H5Tcopy(type);
    if (dataset->stored_type < 0) return "has a type that cannot be read";
    const char *wrong = mb_hdf_type_describe(dataset->stored_type, dataset);
    if (wrong) return wrong;
    dataset->read_type = H5Tcopy(dataset->memory_type);
    return dataset->read_type < 0 ? "has a type that cannot be read" : NULL;
}

static const char *descend(mb_hdf_dataset *dataset, hid_t type, const char *rest, int depth)
{
    H5T_class_t class = H5Tget_class(type);
    if (depth > DEEPEST) return "has a type of too many levels";
    if (!*rest) return describe_leaf(dataset, type);
    if (*rest == '.' && class == H5T_COMPOUND) return descend_member(dataset, type, rest, depth);
    if (*rest == '[' && class == H5T_ARRAY) return descend_array(dataset, type, rest, depth);
    return "has no such part";
}

const char *mb_hdf_part_describe(mb_hdf_dataset *dataset)
{
    mb_hdf_extent *extent = &dataset->extent;
    const char *rest = dataset->part;
    if (*rest == '[' && extent->dimensions == 2) {
        int64_t number;
        rest = read_number(rest, extent->columns, &number);
        if (!rest) return "has no such column";
        extent->column = number - 1;
        extent->is_chosen = true;
    }
    extent->row_bytes = (int64_t)mb_hdf_stored_size(dataset->row_type);
    const char *wrong = descend(dataset, dataset->row_type, rest, 0);
    if (wrong) return wrong;
    dataset->read.bytes = (int64_t)H5Tget_size(dataset->read_type);
    bool fits =
        extent->row_bytes > 0 && extent->place >= 0 && dataset->read.bytes > 0 &&
        extent->place + (int64_t)mb_hdf_stored_size(dataset->stored_type) <= extent->row_bytes;
    return fits ? NULL : "has a type that contradicts itself";
}

// --- Which parts there are.

typedef struct parts {
    mb_hdf_part_visitor *visit;
    void *argument;
    char text[LONGEST_NAME]; // the part so far
} parts;

static mb_status visit_type(parts *p, hid_t type, size_t length, int depth);

// Visits what is behind the text so far and some more of it.
static mb_status visit_inner(parts *p, hid_t type, size_t length, int more, int depth)
{
    bool fits = more > 0 && length + (size_t)more < sizeof p->text;
    mb_status status = fits ? visit_type(p, type, length + (size_t)more, depth + 1) : MB_OK;
    p->text[length] = '\0';
    return status;
}

static mb_status visit_members(parts *p, hid_t type, size_t length, int depth)
{
    mb_status status = MB_OK;
    for (int i = 0; i < H5Tget_nmembers(type) && !status; i++) {
        hid_t member = H5Tget_member_type(type, (unsigned)i);
        char *name = H5Tget_member_name(type, (unsigned)i);
        if (member >= 0 && name) {
            int more = snprintf(p->text + length, sizeof p->text - length, ".%s", name);
            status = visit_inner(p, member, length, more, depth);
        }
        H5free_memory(name);
        if (member >= 0) H5Tclose(member);
    }
    return status;
}

static mb_status visit_entries(parts *p, hid_t type, size_t length, int depth)
{
    hid_t entry;
    mb_status status = MB_OK;
    int64_t n = array_of(type, &entry);
    if (n < 0) return MB_OK;
    for (int64_t i = 1; i <= n && n <= MOST_ENTRIES && !status; i++) {
        int more = snprintf(p->text + length, sizeof p->text - length, "[%lld]", (long long)i);
        status = visit_inner(p, entry, length, more, depth);
    }
    H5Tclose(entry);
    return status;
}

static mb_status visit_type(parts *p, hid_t type, size_t length, int depth)
{
    if (depth > DEEPEST) return MB_OK;
    switch (H5Tget_class(type)) {
    case H5T_COMPOUND: return visit_members(p, type, length, depth);
    case H5T_ARRAY: return visit_entries(p, type, length, depth);
    default: return p->visit(p->argument, p->text);
    }
}

mb_status mb_hdf_parts_visit(hid_t type, int64_t columns, mb_hdf_part_visitor *visit,
                             void *argument)
{
    parts p = {.visit = visit, .argument = argument};
    mb_status status = MB_OK;
    if (columns == 0) return visit_type(&p, type, 0, 0);
    for (int64_t i = 1; i <= columns && columns <= MOST_ENTRIES && !status; i++)
        status =
            visit_inner(&p, type, 0, snprintf(p.text, sizeof p.text, "[%lld]", (long long)i), 0);
    return status;
}
