// Cells: how a row is stored in a file that we write; and the HDF5 types of such.
#pragma once

#include <hdf5.h>
#include <stddef.h>

#include "column/column.h"

typedef enum mb_hdf_cell_form {
    MB_CELL_BOOL,     // h5py's: an enumeration in one byte
    MB_CELL_INT,      // signed
    MB_CELL_UINT,     // unsigned
    MB_CELL_FLOAT,    // IEEE
    MB_CELL_FIXED,    // UTF-8, padded with zeros
    MB_CELL_VARIABLE, // a reference to UTF-8 in a heap
} mb_hdf_cell_form;

typedef struct mb_hdf_cell {
    mb_hdf_cell_form form;
    int64_t size; // bytes
} mb_hdf_cell;

// What cells must have room for: the values of a column, or of all its pieces.
typedef struct mb_hdf_measure {
    mb_hdf_cell_form form; // of strings MB_CELL_FIXED
    bool is_float_wide;    // a float has 8 bytes
    bool is_address;       // of version 4
    bool missing;          // rows are missing
    bool zeros;            // strings have zero bytes
    int unit;              // of times and durations
    uint64_t low, high;    // integers: the least and the greatest value, or its bits
    uint64_t longest;      // strings: bytes of the longest, and of all
    int64_t bytes;
} mb_hdf_measure;

// Measures the values of a stored column, of a column of codes the codes. Where no row is valid it
// has zero alone.
mb_hdf_measure mb_hdf_measure_values(const mb_column *column);

// The narrowest cell that has all values and, where rows are missing, zero. Strings get one of
// fixed length where that takes little more room for so many rows, or little at all, and loses
// nothing.
mb_hdf_cell mb_hdf_cell_for(const mb_hdf_measure *measure, int64_t rows);

// Types of h5py's bool, and of strings of `size` bytes; negative where HDF5 fails.
hid_t mb_hdf_bool_type(void);
hid_t mb_hdf_text_type(size_t size);

// The type of a cell; negative where HDF5 fails.
hid_t mb_hdf_cell_type(mb_hdf_cell cell);
