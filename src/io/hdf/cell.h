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

// The narrowest cell that has all values of a stored column, and zero where rows are missing; of a
// column of codes that of the codes.
mb_hdf_cell mb_hdf_cell_of(const mb_column *column);

// Types of h5py's bool, and of strings of `size` bytes; negative where HDF5 fails.
hid_t mb_hdf_bool_type(void);
hid_t mb_hdf_text_type(size_t size);

// The type of a cell; negative where HDF5 fails.
hid_t mb_hdf_cell_type(mb_hdf_cell cell);
