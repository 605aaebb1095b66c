// Writing columns as datasets of one HDF5 file, by all ranks.
//
// Rank 0 makes the file and keeps its structure, through the driver of sink.h; every rank writes
// its own rows to their places in it. So no rows pass through rank 0, and HDF5 is called on rank 0
// alone. The file is a part (io/shared.h): a failure leaves what was there before. Or each rank
// makes and writes a file of its own rows.
#pragma once

#include "column/column.h"
#include "io/strings.h"

typedef enum mb_hdf_mode {
    MB_HDF_NEW,     // a file of these datasets alone
    MB_HDF_ADD,     // those of the file that is there, if one is, and these
    MB_HDF_REPLACE, // the same of a file that must be there, in which these replace others
} mb_hdf_mode;

// An attribute, its value as a string.
typedef struct mb_hdf_attribute {
    const char *holder; // the group or dataset that gets it, "" for the file
    const char *name, *value;
    char kind; // of the value: 's'tring, 'i'nteger, 'f'loat or 'b'ool; a 'c' string that ends in a
               // zero byte; a float of 4 bytes, 'r'
} mb_hdf_attribute;

typedef struct mb_hdf_store {
    const char *path;
    mb_hdf_mode mode;
    bool each;      // a file of each rank, as mb_hdf_rank_path calls them: MB_HDF_NEW alone
    bool marked;    // with the time that says that nobody has written since: see mark.h
    bool segmented; // as Arkouda has columns: 8 bytes, and strings as a group of two datasets
    const char *const *names; // paths of datasets
    mb_column *const *columns;
    int64_t n;
    int level;          // 1 to 9: in chunks, shuffled and deflated; 0: contiguous
    int64_t chunk_rows; // of chunks
    bool coded;         // text as codes, and the dictionaries beside: else as strings
    const mb_hdf_attribute *attributes;
    int64_t nattributes;
    const char *values; // a text that a snapshot has besides, or NULL
} mb_hdf_store;

// Writes the file. Peak memory: a column at a time that is compressed, or has strings of other
// ranks; 16 MiB. MB_EINVALID for names that are none, or are there already. An operation's body.
// Collective.
mb_status mb_hdf_store_columns(mb_context *cx, const mb_hdf_store *store) MB_MUST_CHECK;

// The text of a snapshot, for all ranks. An operation's body. Collective.
mb_status mb_hdf_read_values(mb_context *cx, const char *path, mb_strings *values) MB_MUST_CHECK;
