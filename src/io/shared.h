// A part (part.h) that all ranks write, each at its own places.
//
// Rank 0 begins it. The ranks of its machine open it by its descriptor, so that it has no name
// while it is written; where others take part it is given its name, which they open.
#pragma once

#include <stdint.h>

#include "io/part.h"

typedef struct mb_shared_part {
    mb_part part; // rank 0's, or each rank's own
    int fd;       // of each rank
    bool own;     // each rank has a part of its own
    long moment;  // what the nanoseconds of the file's time become; 0: as they come
} mb_shared_part;

#define MB_SHARED_CLOSED                                                                           \
    (mb_shared_part)                                                                               \
    {                                                                                              \
        .part = {.fd = -1}, .fd = -1                                                               \
    }

// Begins a part for a path, after removing those that dead writers left. With `copy` it begins as a
// copy of the file that is there. Inside a body, collective.
mb_status mb_shared_open(mb_context *cx, const char *path, bool copy,
                         mb_shared_part *shared) MB_MUST_CHECK;

// Begins a part of its own on each rank, for a path of its own. These get their names after all are
// complete and on the disk: one that fails leaves all old files. Inside a body, collective.
mb_status mb_shared_open_own(mb_context *cx, const char *path,
                             mb_shared_part *shared) MB_MUST_CHECK;

// Writes bytes at a place of the file. Not collective.
mb_status mb_shared_write(mb_context *cx, const mb_shared_part *shared, const char *path,
                          const void *data, size_t size, int64_t offset) MB_MUST_CHECK;

// Brings the file to the disk and to its path; `status` is this rank's so far. The end of a body,
// collective. The part must be abandoned afterwards.
mb_status mb_shared_publish(mb_context *cx, mb_status status, const char *path,
                            mb_shared_part *shared) MB_MUST_CHECK;

// Closes the file and frees everything; what was not published is gone. Not collective.
void mb_shared_abandon(mb_shared_part *shared);
