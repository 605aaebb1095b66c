#include "io/outputs.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "io/part.h"
#include "io/paths.h"

// What may be one file under several paths: a file by device and inode, the place of an output by
// its folder's and a name.
typedef struct place {
    dev_t device;
    ino_t inode;
    const char *name; // "" for a file
    enum { INPUT, REPLACED, OUTPUT } role;
    int64_t number; // of the input
    const char *input, *output;
} place;

typedef struct pairs {
    const char *const *inputs, *const *outputs;
    int64_t n;
} pairs;

static int compare_folders(const place *x, const place *y)
{
    if (x->device != y->device) return x->device < y->device ? -1 : 1;
    if (x->inode != y->inode) return x->inode < y->inode ? -1 : 1;
    return 0;
}

static int compare_places(const place *x, const place *y)
{
    int order = compare_folders(x, y);
    return order ? order : strcmp(x->name, y->name);
}

static int compare(const void *a, const void *b)
{
    const place *x = a, *y = b;
    int order = compare_places(x, y);
    if (!order) order = (x->role > y->role) - (x->role < y->role);
    return order ? order : (x->number > y->number) - (x->number < y->number);
}

static place *add(place *at, const struct stat *what, const char *name, int role,
                  const pairs *files, int64_t i)
{
    *at = (place){what->st_dev, what->st_ino, name, role, i, files->inputs[i], files->outputs[i]};
    return at + 1;
}

// The places of files, at most three a pair; what cannot be looked at has none. Returns their end.
static place *find_places(const pairs *files, place *at)
{
    struct stat what;
    for (int64_t i = 0; i < files->n; i++) {
        const char *output = files->outputs[i];
        char folder[PATH_MAX];
        if (stat(files->inputs[i], &what) == 0) at = add(at, &what, "", INPUT, files, i);
        if (stat(output, &what) == 0) at = add(at, &what, "", REPLACED, files, i);
        if (mb_path_folder(output, folder) && stat(folder, &what) == 0)
            at = add(at, &what, mb_path_name(output), OUTPUT, files, i);
    }
    return at;
}

static mb_status check_places(mb_context *cx, const place *places, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const place *x = &places[i - 1], *y = &places[i];
        if (compare_places(x, y) != 0) continue;
        if (x->role == OUTPUT)
            return mb_fail(cx, MB_EINVALID, "%s and %s would both be converted to %s", x->input,
                           y->input, y->output);
        if (x->role == INPUT && y->role == REPLACED)
            return mb_fail(cx, MB_EINVALID, "%s: the output %s is an input, %s", y->input,
                           y->output, x->input);
    }
    return MB_OK;
}

static int compare_names(const void *a, const void *b)
{
    const place *x = a, *y = b;
    return strcmp(x->name, y->name);
}

// Removes what dead writers left of outputs in one folder, which are in order of their names.
static void clean_folder(const place *outputs, size_t n)
{
    char path[PATH_MAX], stem[NAME_MAX + 1];
    DIR *folder = mb_path_folder(outputs->output, path) ? opendir(path) : NULL;
    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder));) {
        size_t length = mb_part_stem(entry->d_name);
        snprintf(stem, sizeof stem, "%.*s", (int)length, entry->d_name);
        if (length && bsearch(&(place){.name = stem}, outputs, n, sizeof *outputs, compare_names))
            mb_part_remove_dead(dirfd(folder), entry->d_name);
    }
    closedir(folder);
}

static void clean_folders(const place *places, size_t n)
{
    for (size_t i = 0, end; i < n; i = end) {
        end = i + 1;
        if (places[i].role != OUTPUT) continue;
        while (end < n && compare_folders(&places[i], &places[end]) == 0)
            end++;
        clean_folder(&places[i], end - i);
    }
}

mb_status mb_outputs_check(mb_context *cx, const char *const *inputs, const char *const *outputs,
                           int64_t n)
{
    const pairs files = {inputs, outputs, n};
    place *places = mb_allocate(cx, (size_t)n * 3 + 1, sizeof *places);
    if (!places) return MB_EMEMORY;
    const size_t found = (size_t)(find_places(&files, places) - places);
    qsort(places, found, sizeof *places, compare);
    mb_status status = check_places(cx, places, found);
    if (!status) clean_folders(places, found);
    free(places);
    return status;
}
