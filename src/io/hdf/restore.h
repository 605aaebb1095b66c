// What a column that moonbear wrote has beside its values: which rows are missing, strings of
// codes, and its type. See mark.h.
#pragma once

#include "io/hdf/internal.h"

// Types made of dictionaries, by the paths of their groups. Starts as all zeros.
typedef struct mb_hdf_entry_types {
    mb_strings paths;
    mb_buffer *types;
} mb_hdf_entry_types;

// Finds the type of the numbers that a dataset has, which is to be released. Names of flags are
// those of rank 0's file. Inside a body, collective.
mb_status mb_hdf_restore_type(mb_context *cx, const char *path, const char *name,
                              const mb_hdf_shape *shape, const mb_type **type) MB_MUST_CHECK;

// Clears the bits of rows first..last - 1 of a dataset that are missing; that of row `first` is bit
// `at`. Not collective.
mb_status mb_hdf_restore_missing(mb_hdf_reader *reader, hid_t file, const mb_hdf_dataset *dataset,
                                 int64_t first, int64_t last, uint64_t *words,
                                 int64_t at) MB_MUST_CHECK;

// Replaces a column, of identity `index`, by one whose rows are valid as a bitmap says, which is
// retained. Inside a body, collective.
mb_status mb_hdf_restore_validity(mb_context *cx, mb_buffer *words, int index,
                                  mb_column **column) MB_MUST_CHECK;

// Replaces a column of codes, or of texts of addresses, by what they stand for. Inside a body,
// collective.
mb_status mb_hdf_restore_values(mb_context *cx, const char *path, const char *name,
                                const mb_hdf_shape *shape, mb_hdf_entry_types *known, int index,
                                mb_column **column) MB_MUST_CHECK;
void mb_hdf_entry_types_release(mb_hdf_entry_types *known);
