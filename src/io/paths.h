// Paths as users write them: files, and patterns that stand for files.
#pragma once

#include <limits.h>
#include <stdbool.h>

#include "io/strings.h"

// Adds the files that `paths` name, in their order; a pattern (with *, ? or [) stands for its
// matches in byte order, unless there is a file of that very name. Fails when a pattern matches
// nothing; whether a plain path exists is found when it is opened. Not collective: meant for
// rank 0.
mb_status mb_paths_expand(mb_context *cx, const char *const *paths, int64_t n,
                          mb_strings *files) MB_MUST_CHECK;

// The name in a path, behind its folder.
const char *mb_path_name(const char *path);

// The folder of a path, "." where it has none; false when it is longer than the system allows.
bool mb_path_folder(const char *path, char folder[PATH_MAX]);
