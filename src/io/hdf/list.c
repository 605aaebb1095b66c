// What is in a file.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comm/comm.h"
#include "io/hdf/internal.h"

enum { NAMES_TOLD = 20 };

typedef struct listing {
    mb_context *cx;
    mb_strings entries;
    int64_t read;  // columns among the entries
    int64_t asked; // the number of the name that is described, from 1; 0 when all are
} listing;

static mb_status list_name(void *argument, const mb_hdf_dataset *dataset)
{
    listing *list = argument;
    return mb_strings_add(list->cx, &list->entries, dataset->name);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Writes the first names, apart by commas.
static mb_status tell_names(mb_context *cx, const mb_strings *names, char *text, size_t room)
{
    mb_buffer *index;
    mb_status status = mb_strings_index(cx, names, &index);
    if (status) return status;
    const char **name = index->data;
    qsort(name, (size_t)names->count, sizeof *name, compare_names);
    for (int64_t i = 0; i < names->count; i++) {
        bool enough = i == NAMES_TOLD || strlen(name[i]) + sizeof ", , ..." > room;
        int used = snprintf(text, room, "%s%s", i > 0 ? ", " : "", enough ? "..." : name[i]);
        if (enough) break;
        text += used;
        room -= (size_t)used;
    }
    mb_buffer_release(index);
    return MB_OK;
}

mb_status mb_hdf_dataset_find(mb_context *cx, hid_t file, const char *path, const char *name,
                              mb_hdf_dataset *dataset)
{
    H5L_info_t link;
    char text[1024] = "nothing to read";
    listing list = {.cx = cx};
    mb_status status = mb_hdf_column_open(cx, file, path, name, dataset);
    if (status != MB_EIO || H5Lget_info(file, name, &link, H5P_DEFAULT) >= 0) return status;
    mb_hdf_visit visit = {.dataset = list_name, .argument = &list};
    MB_TRY(mb_hdf_walk(cx, file, path, &visit));
    if (list.entries.count > 0) MB_TRY(tell_names(cx, &list.entries, text, sizeof text));
    status = mb_fail(cx, MB_EIO, "%s: there is no dataset '%s'; there is %s", path, name, text);
done:
    mb_strings_release(&list.entries);
    return status;
}

// --- Descriptions of columns.

// The filters of a dataset, as "gzip shuffle".
static void tell_filters(const mb_hdf_dataset *dataset, char *text, size_t room)
{
    static const struct {
        H5Z_filter_t id;
        const char *name;
    } known[] = {{H5Z_FILTER_DEFLATE, "gzip"},
                 {H5Z_FILTER_SHUFFLE, "shuffle"},
                 {H5Z_FILTER_FLETCHER32, "fletcher32"},
                 {H5Z_FILTER_SZIP, "szip"},
                 {H5Z_FILTER_NBIT, "nbit"},
                 {H5Z_FILTER_SCALEOFFSET, "scaleoffset"}};
    hid_t creation = dataset->is_segmented ? H5I_INVALID_HID : H5Dget_create_plist(dataset->id);
    int n = creation < 0 ? 0 : H5Pget_nfilters(creation);
    for (int i = 0; i < n; i++) {
        unsigned flags;
        size_t nvalues = 0;
        char name[32] = "";
        H5Z_filter_t id =
            H5Pget_filter2(creation, (unsigned)i, &flags, &nvalues, NULL, sizeof name, name, NULL);
        name[sizeof name - 1] = '\0';
        if (!name[0]) snprintf(name, sizeof name, "%d", (int)id);
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            if (known[k].id == id) snprintf(name, sizeof name, "%s", known[k].name);
        int used = snprintf(text, room, "%s%s", i > 0 ? " " : "", name);
        if (used >= (int)room) break;
        text += used;
        room -= (size_t)used;
    }
    if (creation >= 0) H5Pclose(creation);
}

// What pandas or Arkouda say that an object is, as "pandas frame_table" or "arkouda 4"; "" when
// they say nothing.
static mb_status tell_mark(mb_context *cx, hid_t object, char *text, size_t room)
{
    mb_strings words = {0};
    int64_t number;
    text[0] = '\0';
    mb_status status = mb_hdf_attribute_add(cx, object, "pandas_type", &words);
    if (!status && words.count == 1)
        snprintf(text, room, "pandas %.40s", mb_strings_first(&words));
    else if (mb_hdf_attribute_integer(object, "ObjType", &number))
        snprintf(text, room, "arkouda %lld", (long long)number);
    mb_strings_release(&words);
    return status;
}

// Adds a description, of MB_HDF_DESCRIPTION strings.
static mb_status list_column(listing *list, const mb_hdf_dataset *dataset)
{
    const mb_hdf_extent *extent = &dataset->extent;
    char shape[64] = "", filters[128] = "", mark[64];
    long long rows = (long long)dataset->shape.rows, columns = (long long)extent->columns;
    const char *kind = extent->dimensions == 0 ? "scalar" : *dataset->part ? "part" : "column";
    mb_status status;
    if (extent->dimensions == 1) snprintf(shape, sizeof shape, "%lld", rows);
    if (extent->dimensions == 2)
        snprintf(shape, sizeof shape, "%lld %lld", extent->along ? columns : rows,
                 extent->along ? rows : columns);
    tell_filters(dataset, filters, sizeof filters);
    list->read++;
    MB_TRY(tell_mark(list->cx, dataset->id, mark, sizeof mark));
    MB_TRY(mb_strings_addf(list->cx, &list->entries, "%lld", (long long)list->asked));
    MB_TRY(mb_strings_add(list->cx, &list->entries, dataset->name));
    MB_TRY(mb_strings_addf(list->cx, &list->entries, "%lld",
                           (long long)(dataset->part - dataset->name)));
    MB_TRY(mb_strings_add(list->cx, &list->entries, kind));
    MB_TRY(mb_strings_add(list->cx, &list->entries, mb_hdf_shape_type(&dataset->shape)->name));
    MB_TRY(mb_strings_addf(list->cx, &list->entries, "%lld", rows));
    MB_TRY(mb_strings_add(list->cx, &list->entries, shape));
    MB_TRY(mb_strings_add(list->cx, &list->entries, filters));
    MB_TRY(mb_strings_add(list->cx, &list->entries, mark));
done:
    return status;
}

static mb_status list_dataset(void *argument, const mb_hdf_dataset *dataset)
{
    return list_column(argument, dataset);
}

// The same for what is no column: its name has `stem` bytes of an object's.
static mb_status list_other(listing *list, const char *name, size_t stem, const char *kind,
                            const char *mark)
{
    mb_status status;
    MB_TRY(mb_strings_addf(list->cx, &list->entries, "%lld", (long long)list->asked));
    MB_TRY(mb_strings_add(list->cx, &list->entries, name));
    MB_TRY(mb_strings_addf(list->cx, &list->entries, "%zu", stem));
    MB_TRY(mb_strings_add(list->cx, &list->entries, kind));
    for (int i = 0; i < 4; i++)
        MB_TRY(mb_strings_add(list->cx, &list->entries, ""));
    MB_TRY(mb_strings_add(list->cx, &list->entries, mark));
done:
    return status;
}

static mb_status list_object(listing *list, hid_t object, const char *name)
{
    char mark[64];
    mb_status status = tell_mark(list->cx, object, mark, sizeof mark);
    return status ? status : list_other(list, name, strlen(name), "group", mark);
}

// A part that is not read, with the reason in the place of a mark.
static mb_status list_refused(void *argument, const char *name, const char *part)
{
    listing *list = argument;
    char message[sizeof list->cx->message];
    memcpy(message, list->cx->message, sizeof message);
    message[strcspn(message, ";")] = '\0'; // what can be read is known to who reads parts
    return list_other(list, name, (size_t)(part - name), "refused", message);
}

static mb_status list_group(void *argument, hid_t group, const char *name)
{
    char mark[64];
    listing *list = argument;
    mb_status status = tell_mark(list->cx, group, mark, sizeof mark);
    return status || !mark[0] ? status : list_object(list, group, name);
}

// Describes the columns that a name stands for: that of a column, of a dataset with several, or of
// a group, which the caller knows. Of a name that is not there nothing is told.
static mb_status list_name_asked(listing *list, hid_t file, const char *path, const char *name)
{
    mb_hdf_dataset dataset;
    int64_t before = list->read;
    const mb_hdf_visit visit = {.dataset = list_dataset, .refused = list_refused, .argument = list};
    mb_status status = mb_hdf_column_open(list->cx, file, path, name, &dataset);
    if (!status) {
        status = list_column(list, &dataset);
        mb_hdf_dataset_close(&dataset);
        return status;
    }
    hid_t object = H5Oopen(file, name, H5P_DEFAULT);
    if (object < 0) return MB_OK;
    bool is_group = H5Iget_type(object) == H5I_GROUP;
    if (is_group && !mb_hdf_is_segmented(object))
        status = list_object(list, object, name);
    else if (!is_group && status == MB_EINVALID) {
        char message[sizeof list->cx->message];
        memcpy(message, list->cx->message, sizeof message);
        status = mb_hdf_walk_parts(list->cx, file, path, name, &visit);
        if (!status && list->read == before) status = mb_fail(list->cx, MB_EINVALID, "%s", message);
    }
    H5Oclose(object);
    return status;
}

static mb_status list_file(listing *list, const char *path, const char *const *names,
                           int64_t nnames)
{
    hid_t file;
    mb_hdf_visit visit = {
        .dataset = list_dataset, .group = list_group, .refused = list_refused, .argument = list};
    mb_status status = mb_hdf_file_open(list->cx, path, &file);
    if (status) return status;
    if (nnames == 0) status = mb_hdf_walk(list->cx, file, path, &visit);
    for (int64_t i = 0; i < nnames && !status; i++) {
        list->asked = i + 1;
        status = list_name_asked(list, file, path, names[i]);
    }
    H5Fclose(file);
    return status;
}

// Lists the first file, or with `skip` the first one that can be read.
static mb_status list_first(listing *list, const mb_strings *files, const char *const *names,
                            int64_t nnames, bool skip)
{
    const char *file = mb_strings_first(files);
    for (int64_t i = 1;; i++, file = mb_strings_next(file)) {
        mb_strings_release(&list->entries);
        mb_status status = list_file(list, file, names, nnames);
        if (!status || !skip || i == files->count || status == MB_EMEMORY) return status;
    }
}

mb_status mb_hdf_list(mb_context *cx, const char *const *paths, int64_t npaths,
                      const char *const *names, int64_t nnames, bool skip, mb_strings *result)
{
    mb_status status = MB_OK;
    mb_strings files = {0};
    listing list = {.cx = cx};
    mb_hdf_printing printing = mb_hdf_printing_off();
    if (mb_rank(cx) == 0) status = mb_paths_expand(cx, &mb_hdf_path_kind, paths, npaths, &files);
    if (!status && mb_rank(cx) == 0) status = list_first(&list, &files, names, nnames, skip);
    MB_TRY(mb_strings_share(cx, status, &list.entries));
    *result = list.entries;
    list.entries = (mb_strings){0};
done:
    mb_strings_release(&files);
    mb_strings_release(&list.entries);
    mb_hdf_printing_restore(printing);
    return status;
}
