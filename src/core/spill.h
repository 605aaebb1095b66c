// Memory on a disk: blocks that lie in files of a folder, MOONBEAR_TMPDIR, and are mapped. The
// kernel writes them out and reads them back as it needs memory for others. A file has no name and
// its room is reserved, so that nothing stays behind however the process ends, and a full disk is
// found when a block is made, not when it is used.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Whether a folder can have such files: it is there, can be written to and is on a disk, while a
// tmpfs has its files in memory.
bool mb_spill_folder(const char *folder);

// A block of `size` bytes, all zero; NULL where the folder has no room: errno says why.
void *mb_spill_take(const char *folder, size_t size);

// Moves `size` bytes of mapped memory to the folder, where they have the same address and contents;
// false where it has no room.
bool mb_spill_move(const char *folder, void *block, size_t size);

// Announces that a block is read at random: the kernel reads no more of it from the disk than what
// is used, and what mb_spill_fetch asks for.
void mb_spill_scattered(void *block, size_t size);

// Bytes first .. first + size - 1 of a block will be needed.
void mb_spill_fetch(void *block, size_t first, size_t size);

// Frees it, with its file.
void mb_spill_give(void *block, size_t size);

// Bytes that are free in the folder; 0 where this is unknown.
double mb_spill_room(const char *folder);
