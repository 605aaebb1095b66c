// What files are, by their bytes.
#pragma once

#include "core/context.h"
#include "io/strings.h"

typedef enum mb_file_kind {
    MB_FILE_UNKNOWN,
    MB_FILE_HDF5,
    MB_FILE_PARQUET,
    MB_FILE_ARROW,  // a file of Arrow's IPC format, as Feather is
    MB_FILE_NETCDF, // of the classic format; that of version 4 is HDF5
    MB_FILE_MATLAB, // of a format before 7.3; that is HDF5
    MB_FILE_GZIP,
    MB_FILE_BZIP2,
    MB_FILE_ZSTD,
    MB_FILE_XZ,
    MB_FILE_JSON,
    MB_FILE_ZEEK, // with Zeek's header lines
    MB_FILE_CSV,  // any other text
    MB_FILE_KINDS
} mb_file_kind;

// What n bytes are the beginning of.
mb_file_kind mb_file_kind_of(const char *bytes, int64_t n);

// Adds "hdf5", "parquet", "arrow", "netcdf", "matlab", "json", "zeek" or "csv"; nothing for a file
// that is none of these; and behind what text is, when it is compressed, "gzip", "bzip2", "zstd" or
// "xz". Rank 0 looks, all are told. Inside a body, collective.
mb_status mb_file_kind_find(mb_context *cx, const char *path, mb_strings *found) MB_MUST_CHECK;
