// Reading HDF5: one-dimensional datasets of many files as columns.
//
// Each rank opens the files whose rows it holds, read-only, with the serial driver; no call of HDF5
// is collective, and nothing that a host program opened is touched.
#pragma once

#include <stdbool.h>

#include "column/column.h"
#include "io/strings.h"

// What a dataset is, for a reader.
typedef struct mb_hdf_shape {
    int64_t rows;
    int32_t kind;   // mb_kind
    bool is_text;   // strings, which become codes of that kind
    int32_t width;  // of floats in memory: 4 or 8; of strings those of a stored row; else the bytes
                    // of a widened value
    int32_t digits; // of integers: binary digits of the stored values, without the sign
    bool is_signed; // of integers
} mb_hdf_shape;

// The type of its column: of text before there are strings.
static inline const mb_type *mb_hdf_shape_type(const mb_hdf_shape *shape)
{
    return shape->is_text ? &mb_type_text : mb_type_of((mb_kind)shape->kind);
}

// What is read: the datasets `names` of the files that `paths` name (see mb_paths_expand).
typedef struct mb_hdf_request {
    const char *const *paths;
    int64_t npaths;
    const char *const *names;
    int64_t nnames;
    const char *attribute;             // whose strings are wanted besides
    bool (*is_note)(const char *text); // whether one of them is as it should be; NULL: any is
    bool widen;                        // join files whose types differ, without loss
} mb_hdf_request;

// Reads datasets: the rows of all files in their order form one column for each name, evenly split.
// The columns get the identities 0, 1, ... of the running operation. `notes` gets the strings that
// the datasets have in the attribute, each once. Fails when a dataset is missing, not
// one-dimensional or of a class that is not read, when files disagree in its type (with `widen`:
// when no type has the values of both), or when the datasets of a file differ in length. An
// operation's body. Collective.
mb_status mb_hdf_read(mb_context *cx, const mb_hdf_request *request, mb_column **columns,
                      mb_strings *notes) MB_MUST_CHECK;

// Lists the datasets that mb_hdf_read takes in the first file that `paths` name, in no order: path,
// type and number of rows of each, three strings a dataset. An
// operation's body. Collective.
mb_status mb_hdf_list(mb_context *cx, const char *const *paths, int64_t npaths,
                      mb_strings *listing) MB_MUST_CHECK;
