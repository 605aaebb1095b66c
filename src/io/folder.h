// A folder that files are written into, and that gets its name when it is complete.
//
// Until then it is beside its path, as `path.NUMBER.part`, and locked: see part.h. Its files are
// called `part-` something, so that those of a dead writer are known.
#pragma once

#include <limits.h>

#include "io/part.h"

typedef struct mb_folder {
    char path[PATH_MAX], beside[PATH_MAX]; // where it will be, and where it is
    int64_t files;                         // in it, as far as they have numbers
    int fd;                                // of rank 0, else -1
} mb_folder;

#define MB_FOLDER_CLOSED                                                                           \
    (mb_folder)                                                                                    \
    {                                                                                              \
        .fd = -1                                                                                   \
    }

// Begins a folder for a path, where nothing may be but an empty one. A body, collective.
mb_status mb_folder_begin(mb_context *cx, const char *path, mb_folder *folder) MB_MUST_CHECK;

// The path of a file in it, by number; false where that is too long.
bool mb_folder_file(const mb_folder *folder, int64_t number, const char *ending,
                    char path[PATH_MAX]);

// Gives it its name, when its files are on the disk. A body, collective.
mb_status mb_folder_publish(mb_context *cx, mb_folder *folder) MB_MUST_CHECK;

// Closes it; what was not published is removed. Not collective.
void mb_folder_abandon(mb_folder *folder);
