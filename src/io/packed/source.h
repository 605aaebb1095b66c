// The text of a file, decompressed as it is read, by one rank.
//
// A compressed file is a list of stretches that decompress each by itself: members of gzip, blocks
// of bzip2 and xz, frames of zstd. Reading may begin with any of them that can be found without
// decompressing those before: blocks of bzip2 by their mark, of xz by the index at the end, frames
// of zstd by the sizes of their blocks, members of gzip that tell their size (BGZF).
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

// How n bytes are compressed that a file begins with; plain where they do not tell.
mb_text_kind mb_text_kind_of(const void *bytes, int64_t n);

// How a regular file is compressed, by its first bytes or its name, and its size. Not collective,
// like all that follows.
mb_status mb_text_recognise(mb_context *cx, const char *path, mb_text_kind *kind,
                            int64_t *size) MB_MUST_CHECK;

// "gzip", "bzip2", "zstd", "xz"; empty for plain text.
const char *mb_text_kind_name(mb_text_kind kind);

// Opens a file for reading: its descriptor.
mb_status mb_text_open_file(mb_context *cx, const char *path, int *fd) MB_MUST_CHECK;

typedef struct mb_text_source mb_text_source;

// What part of a file says of checksums that are made of those of several stretches: the one that
// ends a stream of bzip2 is that of its blocks' (turned by a bit for each, and added without
// carry). All zeros: nothing.
typedef struct mb_text_sum {
    bool wrong;      // parts are not of one file
    bool ended;      // a stream has,
    uint32_t wanted; // for which the parts before must come to this
    uint32_t sum;    // of the stretches behind the last end, or of all of them,
    uint32_t count;  // which are so many
} mb_text_sum;

#define MB_TEXT_WRONG_SUM "blocks of a stream are not those that were written"

// Adds what the part behind says.
void mb_text_sum_add(mb_text_sum *sum, mb_text_sum behind);

// Opens a compressed file at the first stretch that is found to begin at a byte or behind it. Where
// there is none, there is no text.
mb_status mb_text_open(mb_context *cx, const char *path, mb_text_kind kind, int64_t first,
                       mb_text_source **source) MB_MUST_CHECK;
void mb_text_close(mb_text_source *source);

// Goes on with the first stretch that begins at `first` or behind it, and not before where reading
// has stopped, and stops before one that begins at `limit` or behind it. Plain text is one stretch
// of these bytes. The sum of what is read begins anew. Only before the first byte is read, or when
// all up to the limit before was.
mb_status mb_text_window(mb_text_source *source, int64_t first, int64_t limit) MB_MUST_CHECK;

// Reads up to `room` bytes of text, of one stretch; 0 are read at the end only. Fails for corrupt
// data.
mb_status mb_text_read(mb_text_source *source, char *text, size_t room, size_t *size) MB_MUST_CHECK;

// The byte at which the stretch of what was read last begins.
int64_t mb_text_stretch(const mb_text_source *source);

// Of what was read, up to the stretch at hand.
mb_text_sum mb_text_sum_of(const mb_text_source *source);

// At the end: whether the compressed data stop before theirs.
bool mb_text_cut_off(const mb_text_source *source);

// Bytes of the file up to where it was read.
int64_t mb_text_position(const mb_text_source *source);
