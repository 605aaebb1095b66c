// Datasets that were opened once: what they are, and whether their values can be read without HDF5.
#pragma once

#include "io/hdf/internal.h"

// Adds what is known of an open dataset, unless there are many; no object of HDF5 is kept. Not
// collective, as the next one is.
mb_status mb_hdf_places_add(mb_context *cx, mb_hdf_places *places, const mb_hdf_dataset *dataset,
                            bool is_plain) MB_MUST_CHECK;

// Finds a dataset of a file, as it was then; false where it was not added. The strings must outlive
// what is found.
bool mb_hdf_places_find(const mb_hdf_places *places, const char *path, const char *name,
                        mb_hdf_dataset *dataset, bool *is_plain);
