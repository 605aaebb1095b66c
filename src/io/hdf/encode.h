// Chunks of a dataset as they stand in a file: shuffled and deflated, as HDF5's filters do it, but
// by a faster library, and on any rank.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/context.h"

enum { MB_CHUNK_ROWS = 1 << 15 }; // of every dataset that we write

typedef struct mb_encoder mb_encoder;

// For chunks of values of at most `words` words of 8 bytes, compressed at `level` 1 to 9, or 0:
// neither shuffled nor deflated. Not collective.
mb_status mb_encoder_open(mb_context *cx, int level, int words, mb_encoder **encoder) MB_MUST_CHECK;
void mb_encoder_close(mb_encoder *encoder);

// The most bytes that a chunk of values of so many words can take.
size_t mb_encoder_bound(const mb_encoder *encoder, int words);

// Encodes a chunk of n rows, `width` bytes each in the file (8, or 1 of bools); rows up to
// MB_CHUNK_ROWS are zeros, for which `values` has room. Returns the bytes written to `chunk`. Does
// not fail.
size_t mb_encode(mb_encoder *encoder, int64_t *values, int64_t n, int width, void *chunk);

// The same of values of several words: words[i] has word i of each row, those of the chunk from
// `first` on.
size_t mb_encode_words(mb_encoder *encoder, int64_t *const *words, int n_words, int64_t first,
                       int64_t n, void *chunk);
