// Marks: attributes by which datasets that moonbear wrote get their types back. Other readers see
// numbers and strings.
//
// moonbear_type     the type's name
// moonbear_unit     of times and durations: s, ms, us or ns
// moonbear_flags    of flags: the names of the bits, from the lowest on
// moonbear_missing  the path of the dataset of bools that tells which rows are missing
// moonbear_entries  of codes: the path of the group with the dictionary's strings
// moonbear_writing  of a file of each rank: a number that those written together have
#pragma once

#include <hdf5.h>

#include "io/hdf/hdf.h"

// The group of what belongs to datasets, and is none to a reader; in it which rows are missing.
#define MB_HDF_GROUP         "_moonbear"
#define MB_HDF_MISSING_GROUP MB_HDF_GROUP "/missing/"

// The nanoseconds of the time of a file in whose group `_moonbear/zones` all is true: of a dataset
// of ordered numbers the least and the greatest value of each so many rows
// (lua/moonbear/hdf/zones). Who writes to the file later gives it another time.
#define MB_HDF_MOMENT 271828000

// Marks a dataset of a column: `masked` when there is one of its missing rows, `entries` the group
// of its dictionary or NULL, `writing` 0 in a file of all ranks. False where HDF5 fails. Not
// collective, like all here.
bool mb_hdf_mark_write(hid_t dataset, const char *name, const mb_type *type, bool masked,
                       const char *entries, int64_t writing);

// Gives an object an attribute of one value, of a type in the file and one in memory; false where
// HDF5 fails.
bool mb_hdf_attribute_write_value(hid_t object, const char *name, hid_t stored, hid_t type,
                                  const void *value);

// Gives an object an attribute of strings: one, or a list; false where HDF5 fails.
bool mb_hdf_attribute_write(hid_t object, const char *name, const char *const *texts, int n);

// Reads the marks of a dataset into its shape. Returns what is wrong with them, or NULL.
const char *mb_hdf_mark_read(hid_t dataset, mb_hdf_shape *shape);

// Whether two datasets' marks say the same.
bool mb_hdf_mark_equal(const mb_hdf_mark *a, const mb_hdf_mark *b);
