// What is in a file.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comm/comm.h"
#include "io/hdf/internal.h"
#include "io/paths.h"

enum { NAMES_TOLD = 20 };

typedef struct listing {
    mb_context *cx;
    mb_strings entries;
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
    mb_status status = mb_hdf_dataset_open(cx, file, path, name, dataset);
    if (status != MB_EIO || H5Lget_info(file, name, &link, H5P_DEFAULT) >= 0) return status;
    MB_TRY(mb_hdf_walk(cx, file, path, list_name, &list));
    if (list.entries.count > 0) MB_TRY(tell_names(cx, &list.entries, text, sizeof text));
    status = mb_fail(cx, MB_EIO, "%s: there is no dataset '%s'; there is %s", path, name, text);
done:
    mb_strings_release(&list.entries);
    return status;
}

static mb_status list_dataset(void *argument, const mb_hdf_dataset *dataset)
{
    listing *list = argument;
    mb_status status;
    MB_TRY(mb_strings_add(list->cx, &list->entries, dataset->name));
    MB_TRY(mb_strings_add(list->cx, &list->entries, mb_hdf_shape_type(&dataset->shape)->name));
    MB_TRY(mb_strings_addf(list->cx, &list->entries, "%lld", (long long)dataset->shape.rows));
done:
    return status;
}

static mb_status list_file(listing *list, const char *path)
{
    hid_t file;
    mb_status status = mb_hdf_file_open(list->cx, path, &file);
    if (status) return status;
    status = mb_hdf_walk(list->cx, file, path, list_dataset, list);
    H5Fclose(file);
    return status;
}

mb_status mb_hdf_list(mb_context *cx, const char *const *paths, int64_t npaths, mb_strings *result)
{
    mb_status status = MB_OK;
    mb_strings files = {0};
    listing list = {.cx = cx};
    mb_hdf_printing printing = mb_hdf_printing_off();
    if (mb_rank(cx) == 0) status = mb_paths_expand(cx, paths, npaths, &files);
    if (!status && mb_rank(cx) == 0)
        status = files.count ? list_file(&list, mb_strings_first(&files))
                             : mb_fail(cx, MB_EINVALID, "no file to list: the list is empty");
    MB_TRY(mb_strings_share(cx, status, &list.entries));
    *result = list.entries;
    list.entries = (mb_strings){0};
done:
    mb_strings_release(&files);
    mb_strings_release(&list.entries);
    mb_hdf_printing_restore(printing);
    return status;
}
