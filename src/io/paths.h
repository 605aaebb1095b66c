// Paths as users write them: files, and patterns that stand for files.
#pragma once

#include <limits.h>
#include <stdbool.h>

#include "io/strings.h"

// What else stands for files of one kind.
typedef struct mb_path_kind {
    const char *const
        *endings;     // of the names in a folder that stand for it, in any case; to a NULL
    const char *none; // what is told of a folder without any
    // Adds the files that a path stands for which is no file; `*added` says whether there are any.
    // NULL: there are none of this sort.
    mb_status (*others)(mb_context *cx, const char *path, mb_strings *files, bool *added);
} mb_path_kind;

// Adds the files that `paths` name, in their order; a pattern (with *, ? or [) stands for its
// matches in byte order, unless there is a file of that very name, and what `kind` says, unless it
// is NULL, for others. Fails when a pattern matches nothing, and when there is no path; whether a
// plain path exists is found when it is opened. Not collective: meant for rank 0.
mb_status mb_paths_expand(mb_context *cx, const mb_path_kind *kind, const char *const *paths,
                          int64_t n, mb_strings *files) MB_MUST_CHECK;

// Whether a file of that name, or a folder that a pattern leads to, may not be looked at. Not
// collective.
bool mb_path_is_shut(const char *pattern);

// What tells a file from one that has its name later, or from itself when it was written to.
typedef struct mb_file_state {
    int64_t device, inode, size;
    int64_t born[2], written[2]; // seconds, nanoseconds; inodes are used again
} mb_file_state;

// All zeros where there is no file. Not collective.
mb_file_state mb_file_state_of(const char *path);

// The files that paths name, on all ranks. Starts as all zeros.
typedef struct mb_paths {
    mb_strings strings;
    mb_buffer *index, *states; // each rank has the states of some files
    const char **files;        // strings of the list, which may be reordered
    int64_t n;
} mb_paths;

// Finds the files that `paths` name: rank 0 looks, all are told. Inside a body, collective.
mb_status mb_paths_find(mb_context *cx, const mb_path_kind *kind, const char *const *paths,
                        int64_t n, mb_paths *found) MB_MUST_CHECK;

// Fails for a file that has been replaced, cut or written over since it was found; one that grows
// does not. Not collective: each rank looks at some of the files.
mb_status mb_paths_unchanged(mb_context *cx, const mb_paths *found) MB_MUST_CHECK;

void mb_paths_release(mb_paths *found);

// The name in a path, behind its folder.
const char *mb_path_name(const char *path);

// The folder of a path, "." where it has none; false when it is longer than the system allows.
bool mb_path_folder(const char *path, char folder[PATH_MAX]);
