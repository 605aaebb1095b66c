// The file that ranks write their rows to: groups, datasets without their values, attributes.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/hdf/storing.h"
#include "types/ip.h"

enum { LONGEST_PATH = 4096 };

// Whether a path leads to something; a part of it that is a dataset is refused.
static mb_status find(const mb_hdf_storing *s, const char *path, bool *there)
{
    char prefix[LONGEST_PATH];
    *there = false;
    for (const char *slash = path;; slash++) {
        slash = strchr(slash, '/');
        size_t length = slash ? (size_t)(slash - path) : strlen(path);
        if (length >= sizeof prefix)
            return mb_fail(s->cx, MB_EINVALID, "%s: the name '%.60s...' has more than %d bytes",
                           s->path, path, LONGEST_PATH - 1);
        memcpy(prefix, path, length);
        prefix[length] = '\0';
        if (H5Lexists(s->file, prefix, H5P_DEFAULT) <= 0) return MB_OK;
        if (!slash) break;
        hid_t object = H5Oopen(s->file, prefix, H5P_DEFAULT);
        bool group = object >= 0 && H5Iget_type(object) == H5I_GROUP;
        if (object >= 0) H5Oclose(object);
        if (!group)
            return mb_fail(s->cx, MB_EINVALID,
                           "%s: '%s' cannot be written: '%s' is there, and not a group", s->path,
                           path, prefix);
    }
    *there = true;
    return MB_OK;
}

// Takes away what is in the place of a dataset, where that may be.
static mb_status clear(const mb_hdf_storing *s, const char *name, bool ours)
{
    bool there;
    mb_status status = find(s, name, &there);
    if (status || !there) return status;
    hid_t object = H5Oopen(s->file, name, H5P_DEFAULT);
    bool group = object >= 0 && H5Iget_type(object) == H5I_GROUP;
    if (object >= 0) H5Oclose(object);
    if (group) return mb_fail(s->cx, MB_EINVALID, "%s: '%s' is there, and a group", s->path, name);
    if (s->request->mode != MB_HDF_REPLACE && !ours)
        return mb_fail(s->cx, MB_EINVALID,
                       "%s: there is a dataset '%s' already: {mode = 'r+'} replaces it", s->path,
                       name);
    if (H5Ldelete(s->file, name, H5P_DEFAULT) < 0)
        return mb_hdf_storing_fail(s, name, "cannot be replaced");
    return MB_OK;
}

// Whether a dataset belongs to others: it goes with them.
static bool is_ours(const char *path)
{
    return strncmp(path, MB_HDF_GROUP "/", sizeof MB_HDF_GROUP) == 0;
}

// The shuffle filter is for numbers.
static bool filter(hid_t layout, mb_hdf_cell cell, int level, hsize_t chunk)
{
    bool shuffled = cell.form != MB_CELL_FIXED && cell.size > 1;
    return H5Pset_chunk(layout, 1, &chunk) >= 0 && (!shuffled || H5Pset_shuffle(layout) >= 0) &&
           H5Pset_deflate(layout, (unsigned)level) >= 0;
}

// How values are stored, none of which HDF5 writes. Strings of variable length it must fill, though
// the sink drops that. Without times the same data gives the same bytes.
static hid_t make_layout(const mb_hdf_storing *s, mb_hdf_cell cell, bool chunked)
{
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    H5D_fill_time_t fill =
        cell.form == MB_CELL_VARIABLE ? H5D_FILL_TIME_ALLOC : H5D_FILL_TIME_NEVER;
    if (layout >= 0 && H5Pset_fill_time(layout, fill) >= 0 &&
        H5Pset_obj_track_times(layout, false) >= 0 &&
        (chunked ? filter(layout, cell, s->request->level, (hsize_t)mb_hdf_chunk_rows(s, cell))
                 : H5Pset_alloc_time(layout, H5D_ALLOC_TIME_EARLY) >= 0))
        return layout;
    if (layout >= 0) H5Pclose(layout);
    return H5I_INVALID_HID;
}

static hid_t make_dataset(mb_hdf_storing *s, const char *name, mb_hdf_cell cell, int64_t rows,
                          bool chunked)
{
    const hsize_t length = (hsize_t)rows, unlimited = H5S_UNLIMITED;
    hid_t dataset = H5I_INVALID_HID;
    hid_t type = mb_hdf_cell_type(cell), layout = make_layout(s, cell, chunked);
    hid_t space = H5Screate_simple(1, &length, chunked ? &unlimited : NULL);
    hid_t links = H5Pcreate(H5P_LINK_CREATE);
    s->sink.planning = true;
    if (type >= 0 && layout >= 0 && space >= 0 && links >= 0 &&
        H5Pset_create_intermediate_group(links, 1) >= 0)
        dataset = H5Dcreate2(s->file, name, type, space, links, layout, H5P_DEFAULT);
    s->sink.planning = false;
    if (type >= 0) H5Tclose(type);
    if (layout >= 0) H5Pclose(layout);
    if (space >= 0) H5Sclose(space);
    if (links >= 0) H5Pclose(links);
    return dataset;
}

static int64_t address_of(hid_t dataset)
{
    haddr_t address = H5Dget_offset(dataset);
    return address == HADDR_UNDEF ? 0 : (int64_t)address;
}

static void entries_path(int64_t number, const char *what, char path[LONGEST_PATH])
{
    snprintf(path, LONGEST_PATH, "%s/entries/%lld%s", MB_HDF_GROUP, (long long)number + 1, what);
}

static mb_status mark(const mb_hdf_storing *s, const mb_hdf_item *item)
{
    char entries[LONGEST_PATH];
    const mb_column *column = s->request->columns[item->name];
    bool coded = false;
    for (int64_t i = 0; i < s->nentries && item->part == MB_HDF_VALUES; i++) {
        const mb_dictionary *dictionary = s->entries[i].dictionary;
        if (column->type != &dictionary->type) continue;
        coded = true;
        entries_path(i, "", entries);
    }
    if (mb_hdf_mark_write(item->id, s->request->names[item->name], column->type, item->masked,
                          coded ? entries : NULL, s->writing))
        return MB_OK;
    return mb_hdf_storing_fail(s, s->request->names[item->name], "cannot be described");
}

// The dataset that an item replaces, if its attributes are to be kept.
static hid_t open_replaced(const mb_hdf_storing *s, const mb_hdf_item *item, const char *path)
{
    bool there;
    bool own = item->part == MB_HDF_VALUES || item->part == MB_HDF_STRINGS;
    if (!s->request->keeps || !own || find(s, path, &there) || !there) return H5I_INVALID_HID;
    return H5Oopen(s->file, path, H5P_DEFAULT);
}

mb_status mb_hdf_structure_item(mb_hdf_storing *s, mb_hdf_item *item)
{
    static const struct {
        const char *before, *behind;
    } places[] = {[MB_HDF_VALUES] = {"", ""},
                  [MB_HDF_STRINGS] = {"", ""},
                  [MB_HDF_STARTS] = {"", "/segments"},
                  [MB_HDF_BYTES] = {"", "/values"},
                  [MB_HDF_MISSING] = {MB_HDF_MISSING_GROUP, ""}};
    char path[LONGEST_PATH];
    bool mask = item->part == MB_HDF_MISSING, chunked = mb_hdf_item_chunked(s, item);
    const char *name = s->request->names[item->name];
    mb_status status = MB_OK;
    snprintf(path, sizeof path, "%s%s%s", places[item->part].before, name,
             places[item->part].behind);
    hid_t replaced = open_replaced(s, item, path);
    if (!s->request->segmented) MB_TRY(clear(s, path, is_ours(path)));
    item->id = make_dataset(s, path, item->cell, item->cells, chunked);
    if (item->id < 0) MB_TRY(mb_hdf_storing_fail(s, path, "cannot be made"));
    if (!chunked) item->address = address_of(item->id);
    if (!mask && !s->request->segmented) MB_TRY(mark(s, item));
    if (replaced >= 0) MB_TRY(mb_hdf_attributes_copy(s, replaced, item->id));
done:
    if (replaced >= 0) H5Oclose(replaced);
    return status;
}

// A dataset of a dictionary, whose address is all that is wanted.
static mb_status make_entries(mb_hdf_storing *s, int64_t number, const char *what, mb_hdf_cell cell,
                              int64_t rows, int64_t *address)
{
    char path[LONGEST_PATH];
    entries_path(number, what, path);
    hid_t dataset = make_dataset(s, path, cell, rows, false);
    if (dataset < 0) return mb_hdf_storing_fail(s, path, "cannot be made");
    *address = address_of(dataset);
    H5Dclose(dataset);
    return MB_OK;
}

static bool describe_entries(const mb_hdf_storing *s, int64_t number)
{
    char path[LONGEST_PATH];
    const mb_dictionary *dictionary = s->entries[number].dictionary;
    entries_path(number, "", path);
    hid_t group = H5Gopen2(s->file, path, H5P_DEFAULT);
    const char *form = !dictionary->spread  ? "replicated"
                       : dictionary->sorted ? "sorted"
                                            : "unordered";
    bool good = group >= 0 && mb_hdf_attribute_write(group, "moonbear_form", &form, 1);
    if (group >= 0) H5Gclose(group);
    return good;
}

static mb_status make_all_entries(mb_hdf_storing *s)
{
    mb_status status = MB_OK;
    for (int64_t i = 0; i < s->nentries; i++) {
        mb_hdf_entries *entries = &s->entries[i];
        MB_TRY(make_entries(s, i, "/offsets", (mb_hdf_cell){MB_CELL_UINT, 8},
                            entries->dictionary->n + 1, &entries->offset_address));
        MB_TRY(make_entries(s, i, "/bytes", (mb_hdf_cell){MB_CELL_UINT, 1}, entries->bytes,
                            &entries->byte_address));
        if (!describe_entries(s, i))
            MB_TRY(mb_hdf_storing_fail(s, "entries", "cannot be described"));
    }
done:
    return status;
}

// --- Attributes of the user's.

static bool write_attribute(hid_t object, const mb_hdf_attribute *attribute)
{
    const char *name = attribute->name, *text = attribute->value;
    if (H5Aexists(object, name) > 0 && H5Adelete(object, name) < 0) return false;
    if (attribute->kind == 'i') {
        int64_t integer = strtoll(text, NULL, 10);
        return mb_hdf_attribute_write_value(object, name, H5T_STD_I64LE, H5T_NATIVE_INT64,
                                            &integer);
    }
    if (attribute->kind == 'f') {
        double number = strtod(text, NULL);
        return mb_hdf_attribute_write_value(object, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE,
                                            &number);
    }
    if (attribute->kind == 'r') {
        double number = strtod(text, NULL);
        return mb_hdf_attribute_write_value(object, name, H5T_IEEE_F32LE, H5T_NATIVE_DOUBLE,
                                            &number);
    }
    if (attribute->kind == 's') return mb_hdf_attribute_write(object, name, &text, 1);
    if (attribute->kind == 'c') {
        hid_t ended = H5Tcopy(H5T_C_S1);
        bool written = ended >= 0 && H5Tset_size(ended, strlen(text) + 1) >= 0 &&
                       mb_hdf_attribute_write_value(object, name, ended, ended, text);
        if (ended >= 0) H5Tclose(ended);
        return written;
    }
    hid_t type = mb_hdf_bool_type();
    const int8_t yes = (int8_t)(strcmp(text, "true") == 0);
    bool good = mb_hdf_attribute_write_value(object, name, type, type, &yes);
    if (type >= 0) H5Tclose(type);
    return good;
}

static mb_status write_attributes(const mb_hdf_storing *s)
{
    const mb_hdf_store *request = s->request;
    mb_status status = MB_OK;
    for (int64_t i = 0; i < request->nattributes && !status; i++) {
        const mb_hdf_attribute *attribute = &request->attributes[i];
        hid_t object = H5Oopen(s->file, *attribute->holder ? attribute->holder : "/", H5P_DEFAULT);
        if (object < 0) return mb_hdf_storing_fail(s, attribute->holder, "cannot be opened");
        if (!write_attribute(object, attribute))
            status =
                mb_hdf_storing_fail(s, attribute->name, "is an attribute that cannot be written");
        H5Oclose(object);
    }
    return status;
}

// The text of a snapshot, as one string.
static mb_status write_values(const mb_hdf_storing *s)
{
    static const char path[] = MB_HDF_GROUP "/values";
    const char *text = s->request->values;
    bool good = false;
    if (!text) return MB_OK;
    hid_t type = mb_hdf_text_type(strlen(text)), space = H5Screate(H5S_SCALAR);
    hid_t links = H5Pcreate(H5P_LINK_CREATE), dataset = H5I_INVALID_HID;
    if (type >= 0 && space >= 0 && links >= 0 && H5Tset_cset(type, H5T_CSET_UTF8) >= 0 &&
        H5Pset_create_intermediate_group(links, 1) >= 0)
        dataset = H5Dcreate2(s->file, path, type, space, links, H5P_DEFAULT, H5P_DEFAULT);
    if (dataset >= 0) {
        good = H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text) >= 0;
        H5Dclose(dataset);
    }
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
    if (links >= 0) H5Pclose(links);
    return good ? MB_OK : mb_hdf_storing_fail(s, path, "cannot be written");
}

// Whether objects of Arkouda can have these names: none is replaced.
static mb_status look_for_objects(const mb_hdf_storing *s)
{
    char object[LONGEST_PATH];
    for (int64_t i = 0; i < s->nitems; i++) {
        const char *name = s->request->names[s->items[i].name];
        snprintf(object, sizeof object, "%.*s", (int)strcspn(name, "/"), name);
        if (H5Lexists(s->file, object, H5P_DEFAULT) > 0)
            return mb_fail(s->cx, MB_EINVALID,
                           "%s: there is an object '%s' already: Arkouda's are not replaced, so "
                           "name another one, or write the file anew with {mode = 'w'}",
                           s->path, object);
    }
    return MB_OK;
}

// Takes away what a file tells of its values that others may have changed.
static mb_status clear_zones(const mb_hdf_storing *s)
{
    static const char zones[] = MB_HDF_GROUP "/zones";
    if (!s->stale || H5Lexists(s->file, MB_HDF_GROUP, H5P_DEFAULT) <= 0 ||
        H5Lexists(s->file, zones, H5P_DEFAULT) <= 0 || H5Ldelete(s->file, zones, H5P_DEFAULT) >= 0)
        return MB_OK;
    return mb_hdf_storing_fail(s, zones, "cannot be replaced");
}

mb_status mb_hdf_structure(mb_hdf_storing *s)
{
    const char *path = s->path;
    mb_status status = MB_OK;
    s->sink.fd = s->shared.fd;
    s->file =
        s->copies ? mb_hdf_sink_open(&s->sink, path) : mb_hdf_sink_create_shared(&s->sink, path);
    if (s->file < 0) MB_TRY(mb_hdf_storing_fail(s, NULL, "cannot be made"));
    if (s->request->segmented) MB_TRY(look_for_objects(s));
    MB_TRY(clear_zones(s));
    for (int64_t i = 0; i < s->nitems; i++)
        MB_TRY(mb_hdf_structure_item(s, &s->items[i]));
    MB_TRY(make_all_entries(s));
    MB_TRY(write_attributes(s));
    MB_TRY(write_values(s));
    if (s->sink.error) MB_TRY(mb_hdf_storing_fail(s, NULL, "cannot be made"));
done:
    return status;
}
