// A file that is made beside the path it is for, and gets that name once it is complete and on the
// disk.
//
// Until then it has no name (O_TMPFILE), so that a process that dies leaves nothing behind. File
// systems that have no such files, and the moment before the rename, show it as `path.PID.part`. It
// is locked while its writer lives: a part that can be locked is a dead writer's.
//
// A link is followed: the file that it leads to is replaced, which keeps its permissions and, where
// the system lets us, its owner.
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/context.h"

typedef struct mb_part {
    int fd;
    char *path, *name; // `path`, `path.PID.part`
    bool named;        // the file has `name` by now
    bool transient;    // it is read and removed soon, and need not come to the disk
} mb_part;

// Fails as a path cannot be written, for the reason of an errno.
mb_status mb_part_fail(mb_context *cx, const char *path, int error) MB_MUST_CHECK;

// Begins a file for reading and writing. Not collective, like all here.
mb_status mb_part_open(mb_context *cx, const char *path, mb_part *part) MB_MUST_CHECK;

// The path by which others in this process open the file until then, of at most MB_PART_PATH bytes;
// false where it is longer.
enum { MB_PART_PATH = 4096 };
bool mb_part_opened_as(const mb_part *part, char path[MB_PART_PATH]);

// The file that a path leads to through links, whether it is there or not. Returns 0 or an errno:
// that is too long, or links go round.
int mb_part_target(const char *path, char target[PATH_MAX]);

// Brings the file to the disk, with a name beside its path. Returns 0 or an errno.
int mb_part_settle(mb_part *part);

// Brings the file to the disk and to its path, and closes it. Returns 0 or an errno; the part must
// then still be abandoned.
int mb_part_publish(mb_part *part);

// Closes the file and frees everything; what was not published is gone. All zeros with fd -1 is
// fine.
void mb_part_abandon(mb_part *part);

// The length of the stem of a name like `stem.PID.part`; 0 for other names.
size_t mb_part_stem(const char *name);

// Removes a part in an open folder if its writer is dead. One that is a folder itself loses the
// files that are called `part-` something, and goes if it has no others.
void mb_part_remove_dead(int folder, const char *name);

// Removes the parts beside a path whose writers are dead.
void mb_part_clean(const char *path);

// Makes a folder beside the path that it is for, `path.PID.part`, and locks it as long as the
// descriptor is open; -1, with an errno, where it cannot be made.
int mb_part_make_folder(const char *name);

// Removes such a folder and the files in it that are called `part-` something, and closes it.
void mb_part_remove_folder(const char *name, int fd);

// Gives it the name of its path, where nothing may be but an empty folder. Returns 0 or an errno.
int mb_part_publish_folder(int fd, const char *name, const char *path);

// Gives a part its name beside the path, for those that have to open it by one. Returns 0 or an
// errno.
int mb_part_name(mb_part *part);

// Whether a file may have this size. The system would send a signal that ends the process, and
// which is not ours to catch; asked first, it is an error like that of a full disk.
bool mb_part_allows(uint64_t size);
