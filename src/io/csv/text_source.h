// The text of a file, decompressed as it is read, by one rank.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/context.h"

typedef enum mb_text_kind {
    MB_TEXT_PLAIN,
    MB_TEXT_GZIP,
    MB_TEXT_BZIP2,
    MB_TEXT_ZSTD,
    MB_TEXT_XZ,
    MB_TEXT_KINDS
} mb_text_kind;

// How a regular file is compressed, by its first bytes or its name, and its size. Not collective,
// like all that follows.
mb_status mb_text_recognise(mb_context *cx, const char *path, mb_text_kind *kind,
                            int64_t *size) MB_MUST_CHECK;

// "gzip", "bzip2", "zstd", "xz"; empty for plain text.
const char *mb_text_kind_name(mb_text_kind kind);

// Opens a file for reading: its descriptor.
mb_status mb_text_open_file(mb_context *cx, const char *path, int *fd) MB_MUST_CHECK;

typedef struct mb_text_source mb_text_source;

mb_status mb_text_open(mb_context *cx, const char *path, mb_text_kind kind,
                       mb_text_source **source) MB_MUST_CHECK;
void mb_text_close(mb_text_source *source);

// Reads up to `room` bytes of text; 0 are read at the end only. Fails for corrupt data.
mb_status mb_text_read(mb_text_source *source, char *text, size_t room, size_t *size) MB_MUST_CHECK;

// At the end: whether the compressed data stop before theirs.
bool mb_text_cut_off(const mb_text_source *source);

// Bytes of the file read so far.
int64_t mb_text_position(const mb_text_source *source);
