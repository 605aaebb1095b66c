// Writing an HDF5 file of one-dimensional datasets, chunk by encoded chunk, on one rank.
//
// The file is written beside its name, flushed, and gets the name when it is whole (part.h): a
// failure leaves what was there before. Nothing here is collective; after a failure the output can
// only be abandoned.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/context.h"
#include "types/type.h"

typedef struct mb_hdf_output mb_hdf_output;

// What a dataset is.
typedef struct mb_hdf_field {
    const char *name;
    const mb_type *type; // which says how it is stored,
    size_t size;         // but for strings, of so many bytes, padded with zeros; 0: no strings
} mb_hdf_field;

// Begins the file with n empty datasets in chunks of MB_CHUNK_ROWS; `level` as in mb_encoder_open.
mb_status mb_hdf_output_open(mb_context *cx, const char *path, const mb_hdf_field *fields, int n,
                             int level, mb_hdf_output **output) MB_MUST_CHECK;

// Makes all datasets longer. A dataset is never cut: HDF5 would rewrite its last chunk.
mb_status mb_hdf_output_extend(mb_hdf_output *output, int64_t rows) MB_MUST_CHECK;

// Writes one encoded chunk of dataset `field`; `chunk` counts from 0, and its first row must
// exist. Chunks may come in any order.
mb_status mb_hdf_output_write(mb_hdf_output *output, int field, int64_t chunk, const void *data,
                              size_t size) MB_MUST_CHECK;

// Gives a dataset an attribute: n texts in slots of `size` bytes, padded with NULs. None for n = 0.
mb_status mb_hdf_output_describe(mb_hdf_output *output, int field, const char *name,
                                 const char *texts, int n, size_t size) MB_MUST_CHECK;

// Closes the file, flushes it to the disk and gives it its name.
// The output is gone afterwards, whatever the status.
mb_status mb_hdf_output_finish(mb_hdf_output *output) MB_MUST_CHECK;

// Throws the file away. NULL is fine.
void mb_hdf_output_abandon(mb_hdf_output *output);
