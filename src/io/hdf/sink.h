// An HDF5 driver for files being written, whose writes never fail.
//
// HDF5 1.10 cannot close a file whose writes fail: it keeps a broken file open and crashes when the
// library ends. So this driver remembers the first error, drops what is written after it, and lets
// the library close in peace; the writer looks at `error` and throws the file away.
#pragma once

#include <hdf5.h>
#include <stdbool.h>

typedef struct mb_hdf_sink {
    H5FD_t base; // what HDF5 knows of an open file
    haddr_t end_of_addresses, end_of_file;
    int fd;    // open for reading and writing; stays the caller's
    int error; // errno of the first failure, or 0

    // While `planning`, raw data is not written: whoever has it writes it to `planned`.
    bool planning;
    haddr_t planned;
    hid_t class; // of the driver, while a file is open
} mb_hdf_sink;

// Creates an HDF5 file in the sink's descriptor: its id, or a negative number.
hid_t mb_hdf_sink_create(mb_hdf_sink *sink, const char *path);

// Creates an HDF5 file for the data of many, or opens the one that is in the descriptor, to be
// changed.
hid_t mb_hdf_sink_create_shared(mb_hdf_sink *sink, const char *path);
hid_t mb_hdf_sink_open(mb_hdf_sink *sink, const char *path);

// Takes so many bytes at the end of the file, for what HDF5 does not write. Returns their address.
haddr_t mb_hdf_sink_reserve(mb_hdf_sink *sink, size_t size);

// Closes the file and forgets the driver; false when HDF5 reports a failure.
bool mb_hdf_sink_close(mb_hdf_sink *sink, hid_t file);
