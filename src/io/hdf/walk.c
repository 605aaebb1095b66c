// A walk through the groups of a file, from one dataset to the next.

#include <stdio.h>
#include <string.h>

#include "io/hdf/internal.h"
#include "io/hdf/mark.h"

enum { LONGEST_NAME = 4096, SMALLEST_SET = 64 };

// Addresses of groups, by open addressing; an empty place is HADDR_UNDEF.
typedef struct address_set {
    mb_buffer *table;
    size_t count, places; // a power of two
} address_set;

// A walk through the groups of a file.
typedef struct walk {
    mb_context *cx;
    hid_t file;
    const char *path;
    const mb_hdf_visit *visit;
    mb_strings groups; // found so far, by name; those not yet entered are the last ones
    address_set seen;
    char group[LONGEST_NAME]; // the one being listed; "" for the root
    mb_status status;
} walk;

static haddr_t *place_of(const address_set *set, haddr_t address)
{
    haddr_t *places = set->table->data;
    size_t at = (size_t)(address * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (set->places - 1);
    while (places[at] != address && places[at] != HADDR_UNDEF)
        at = (at + 1) & (set->places - 1);
    return &places[at];
}

static mb_status grow_set(mb_context *cx, address_set *set)
{
    address_set larger = {.places = set->places ? 2 * set->places : SMALLEST_SET};
    mb_status status =
        mb_buffer_new_array(cx, (int64_t)larger.places, sizeof(haddr_t), &larger.table);
    if (status) return status;
    const haddr_t *old = set->table ? set->table->data : NULL;
    memset(larger.table->data, 0xff, larger.places * sizeof(haddr_t));
    for (size_t i = 0; i < set->places; i++)
        if (old[i] != HADDR_UNDEF) *place_of(&larger, old[i]) = old[i];
    larger.count = set->count;
    mb_buffer_release(set->table);
    *set = larger;
    return MB_OK;
}

// Adds an address; `*added` is false when it was there.
static mb_status add_address(mb_context *cx, address_set *set, haddr_t address, bool *added)
{
    mb_status status = MB_OK;
    if (2 * set->count >= set->places) status = grow_set(cx, set);
    if (status) return status;
    haddr_t *place = place_of(set, address);
    *added = *place != address;
    *place = address;
    set->count += *added;
    return MB_OK;
}

// Whether a group is an object of Arkouda's, as strings are, which is read whole or not at all; its
// frames and indices have objects of their own.
static bool is_arkouda_object(hid_t group)
{
    enum { FRAME = 6, SERIES = 11, INDEX = 12, INDICES = 13 };
    int64_t type;
    if (mb_hdf_attribute_integer(group, "ObjType", &type))
        return type != FRAME && type != SERIES && type != INDEX && type != INDICES;
    return H5Lexists(group, "segments", H5P_DEFAULT) > 0 &&
           H5Lexists(group, "values", H5P_DEFAULT) > 0;
}

// Notes a group to be entered later, unless it was met before.
static mb_status note_group(walk *w, hid_t group, const char *name)
{
    H5O_info_t info;
    bool added = false;
    if (name[0] && is_arkouda_object(group)) return MB_OK;
    if (H5Oget_info2(group, &info, H5O_INFO_BASIC) < 0)
        return mb_hdf_fail(w->cx, w->path, name, "is a group that cannot be read");
    mb_status status = add_address(w->cx, &w->seen, info.addr, &added);
    return status || !added ? status : mb_strings_add(w->cx, &w->groups, name);
}

// Parts of a dataset on the way to a visitor.
typedef struct part_walk {
    mb_context *cx;
    hid_t file;
    const char *path, *name;
    const mb_hdf_visit *visit;
} part_walk;

static mb_status visit_column(const part_walk *w, const char *name)
{
    mb_hdf_dataset dataset;
    mb_status status = mb_hdf_column_open(w->cx, w->file, w->path, name, &dataset);
    if (status) return status;
    status = w->visit->dataset(w->visit->argument, &dataset);
    mb_hdf_dataset_close(&dataset);
    return status;
}

static mb_status visit_part(void *argument, const char *part)
{
    const part_walk *w = argument;
    char name[LONGEST_NAME];
    if (snprintf(name, sizeof name, "%s%s", w->name, part) >= (int)sizeof name) return MB_OK;
    mb_status status = visit_column(w, name);
    if (status != MB_EINVALID) return status;
    if (!*part || !w->visit->refused) return MB_OK;
    return w->visit->refused(w->visit->argument, name, name + strlen(w->name));
}

static mb_status walk_parts(part_walk *w)
{
    hsize_t size[2] = {0, 0};
    mb_status status = MB_OK;
    hid_t dataset = H5Dopen2(w->file, w->name, H5P_DEFAULT);
    hid_t type = dataset < 0 ? H5I_INVALID_HID : H5Dget_type(dataset);
    hid_t space = dataset < 0 ? H5I_INVALID_HID : H5Dget_space(dataset);
    int dimensions = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    if (dimensions == 2) dimensions = H5Sget_simple_extent_dims(space, size, NULL);
    if (type >= 0 && dimensions >= 0 && dimensions <= 2)
        status = mb_hdf_parts_visit(
            type, dimensions == 2 ? (int64_t)size[!mb_hdf_is_matlab(dataset)] : 0, visit_part, w);
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    if (dataset >= 0) H5Dclose(dataset);
    return status;
}

mb_status mb_hdf_walk_parts(mb_context *cx, hid_t file, const char *path, const char *name,
                            const mb_hdf_visit *visit)
{
    part_walk w = {cx, file, path, name, visit};
    return walk_parts(&w);
}

static mb_status visit_dataset(walk *w, const char *name)
{
    part_walk parts = {w->cx, w->file, w->path, name, w->visit};
    mb_status status = visit_column(&parts, name);
    return status == MB_EINVALID ? walk_parts(&parts) : status;
}

// Links to groups are not followed: their datasets have names of their own. A link to what is not
// there is passed over.
static mb_status visit_link(walk *w, hid_t group, const char *link, H5L_type_t type)
{
    char name[LONGEST_NAME];
    if (strncmp(link, "_i_", 3) == 0) return MB_OK; // PyTables' index of a table
    if (!w->group[0] && strcmp(link, MB_HDF_GROUP) == 0) return MB_OK;
    int length = snprintf(name, sizeof name, "%s%s%s", w->group, w->group[0] ? "/" : "", link);
    if (length >= (int)sizeof name)
        return mb_fail(w->cx, MB_EIO, "%s: the name '%.60s...' has more than %d bytes", w->path,
                       name, LONGEST_NAME - 1);
    hid_t object = H5Oopen(group, link, H5P_DEFAULT);
    if (object < 0 && type != H5L_TYPE_HARD) return MB_OK;
    if (object < 0) return mb_hdf_fail(w->cx, w->path, name, "cannot be opened");
    bool is_group = H5Iget_type(object) == H5I_GROUP;
    bool is_column =
        !is_group || H5Lexists(object, "booleans", H5P_DEFAULT) > 0 || mb_hdf_is_segmented(object);
    mb_status status = MB_OK;
    if (is_group && !is_column && w->visit->group)
        status = w->visit->group(w->visit->argument, object, name);
    if (!status && is_group && !is_column && type == H5L_TYPE_HARD)
        status = note_group(w, object, name);
    H5Oclose(object);
    return status || !is_column ? status : visit_dataset(w, name);
}

static herr_t on_link(hid_t group, const char *name, const H5L_info_t *info, void *argument)
{
    walk *w = argument;
    w->status = visit_link(w, group, name, info->type);
    return w->status ? -1 : 0;
}

// Lists the group `w->group`, in the order of storage: to sort links, HDF5 makes a table, and frees
// what it has not filled of it when a damaged group ends the filling.
static mb_status list_group(walk *w)
{
    hsize_t at = 0;
    hid_t group = H5Gopen2(w->file, w->group[0] ? w->group : "/", H5P_DEFAULT);
    mb_status status = MB_OK;
    if (group < 0 || H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, &at, on_link, w) < 0)
        status = w->status ? w->status
                           : mb_hdf_fail(w->cx, w->path, w->group[0] ? w->group : "/",
                                         "is a group that cannot be listed");
    if (group >= 0) H5Gclose(group);
    return status;
}

mb_status mb_hdf_walk(mb_context *cx, hid_t file, const char *path, const mb_hdf_visit *visit)
{
    walk w = {.cx = cx, .file = file, .path = path, .visit = visit};
    size_t next = 0;
    mb_status status;
    MB_TRY(note_group(&w, file, ""));
    while (next < w.groups.length) {
        const char *name = mb_strings_first(&w.groups) + next;
        next += strlen(name) + 1;
        memcpy(w.group, name, strlen(name) + 1);
        MB_TRY(list_group(&w));
    }
done:
    mb_strings_release(&w.groups);
    mb_buffer_release(w.seen.table);
    return status;
}
