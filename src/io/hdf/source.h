// Rows of columns as the bytes of cells.
#pragma once

#include "io/hdf/cell.h"
#include "types/dictionary.h"

// What a dataset takes of a column.
typedef enum mb_hdf_part {
    MB_HDF_VALUES,  // values, or codes of those that have a dictionary
    MB_HDF_STRINGS, // of a text column
    MB_HDF_STARTS,  // where each of them begins in their bytes, from 0
    MB_HDF_BYTES,   // of strings, with a zero behind each
    MB_HDF_MISSING, // which rows are missing, as bools
} mb_hdf_part;

// The rows of a column on this rank. Starts as all zeros.
typedef struct mb_hdf_source {
    mb_context *cx;
    mb_column *column;
    mb_hdf_part part;
    mb_hdf_cell cell;
    const mb_dictionary *dictionary; // of strings
    mb_buffer *strings, *bytes;      // where other ranks have strings of these rows
} mb_hdf_source;

// Opens the rows of a column, laid out as it is or, where `layout` is not NULL, by that. Memory:
// the column where the layout is another; where rows have strings of other ranks, all strings of
// the rows and 40 bytes a row. Inside a body, collective.
mb_status mb_hdf_source_open(mb_context *cx, mb_column *column, mb_layout *layout, mb_hdf_part part,
                             mb_hdf_cell cell, mb_hdf_source *source) MB_MUST_CHECK;
void mb_hdf_source_close(mb_hdf_source *source);

// The string of a local row, empty where it is missing.
mb_string mb_hdf_source_string(const mb_hdf_source *source, int64_t row);

// Writes the cells of n local rows from `first` on. Missing ones are zeros, empty, or NaN.
void mb_hdf_source_fill(const mb_hdf_source *source, int64_t first, int64_t n, void *cells);

// The cells of all local rows where memory has them as they are; else NULL.
const void *mb_hdf_source_cells(const mb_hdf_source *source);

// Measures the strings of a text column. MB_EINVALID for strings that no cell holds. Inside a body,
// collective.
mb_status mb_hdf_measure_text(mb_context *cx, const char *path, const char *name, mb_column *column,
                              mb_hdf_measure *measure) MB_MUST_CHECK;

// How many bytes the strings of this rank's rows have, with a zero behind each. MB_EINVALID for
// strings with such. Inside a body, collective.
mb_status mb_hdf_measure_segments(mb_context *cx, const char *path, const char *name,
                                  mb_column *column, int64_t *bytes) MB_MUST_CHECK;
