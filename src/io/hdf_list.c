// What is in a file.

#include <stdio.h>
#include <string.h>

#include "comm/comm.h"
#include "io/hdf_internal.h"
#include "io/paths.h"

enum { NAMES_TOLD = 20 };

typedef struct name_list {
    char text[1024];
    size_t used;
    int count;
} name_list;

static mb_status note_name(void *argument, const mb_hdf_dataset *dataset)
{
    name_list *list = argument;
    const char *name = dataset->name;
    size_t room = sizeof list->text - list->used;
    if (list->count++ >= NAMES_TOLD || room < strlen(name) + 8) {
        snprintf(list->text + list->used, room, ", ...");
        return MB_EINVALID;
    }
    list->used +=
        (size_t)snprintf(list->text + list->used, room, "%s%s", list->count > 1 ? ", " : "", name);
    return MB_OK;
}

mb_status mb_hdf_dataset_find(mb_context *cx, hid_t file, const char *path, const char *name,
                              mb_hdf_dataset *dataset)
{
    H5L_info_t link;
    name_list list = {{0}, 0, 0};
    mb_status status = mb_hdf_dataset_open(cx, file, path, name, dataset);
    if (status != MB_EIO || H5Lget_info(file, name, &link, H5P_DEFAULT) >= 0) return status;
    if (mb_hdf_walk(cx, file, path, note_name, &list) && list.count == 0) return status;
    return mb_fail(cx, MB_EIO, "%s: there is no dataset '%s'; there is %s", path, name,
                   list.count ? list.text : "nothing to read");
}

typedef struct listing {
    mb_context *cx;
    mb_strings entries;
} listing;

static mb_status list_dataset(void *argument, const mb_hdf_dataset *dataset)
{
    listing *list = argument;
    mb_status status;
    MB_TRY(mb_strings_add(list->cx, &list->entries, dataset->name));
    MB_TRY(mb_strings_add(list->cx, &list->entries, mb_type_name((mb_type)dataset->shape.type)));
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
