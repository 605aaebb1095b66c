// Writing an HDF5 file of one-dimensional datasets that grow by encoded chunks: by all ranks, of
// which rank 0 has the file open, or by one alone.
//
// The file is written beside its name, flushed, and gets the name when it is whole (part.h): a
// failure leaves what was there before; after one the output can only be abandoned.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/hdf/chunks.h"
#include "types/type.h"

typedef struct mb_hdf_output mb_hdf_output;

// What a dataset is.
typedef struct mb_hdf_field {
    const char *name;
    const mb_type *type; // which says how it is stored,
    size_t size;         // but for strings, of so many bytes, padded with zeros; 0: no strings
} mb_hdf_field;

// Begins the file with n empty datasets in chunks of MB_CHUNK_ROWS; `level` as in mb_encoder_open.
// Inside a body, collective, or, of a rank alone, not collective.
mb_status mb_hdf_output_open(mb_context *cx, const char *path, const mb_hdf_field *fields, int n,
                             int level, bool alone, mb_hdf_output **output) MB_MUST_CHECK;

// Makes all datasets longer, on the rank that has the file open. A dataset is never cut: HDF5 would
// rewrite its last chunk. Not collective.
mb_status mb_hdf_output_extend(mb_hdf_output *output, int64_t rows) MB_MUST_CHECK;

// Writes chunks, of all datasets in turn, to the outputs of ranks, which may differ: this rank
// finds places for those of the ranks first .. end - 1, and its own, one behind another at `bytes`,
// go to its output. NULL: it has none. The status of the writing is this rank's. Inside a body,
// collective.
mb_status mb_hdf_output_write(mb_context *cx, mb_hdf_output *output, int first, int end,
                              const mb_hdf_round *round, const char *bytes) MB_MUST_CHECK;

// Gives a dataset an attribute: n texts in slots of `size` bytes, padded with NULs. None for n = 0.
// On the rank that has the file open, not collective.
mb_status mb_hdf_output_describe(mb_hdf_output *output, int field, const char *name,
                                 const char *texts, int n, size_t size) MB_MUST_CHECK;

// Closes the file, flushes it to the disk and gives it its name; `status` is this rank's so far.
// The end of a body, collective, or, of a rank alone, not collective. The output must be abandoned
// afterwards.
mb_status mb_hdf_output_finish(mb_hdf_output *output, mb_status status, bool alone) MB_MUST_CHECK;

// Throws away what was not finished. NULL is fine. Not collective.
void mb_hdf_output_abandon(mb_hdf_output *output);
