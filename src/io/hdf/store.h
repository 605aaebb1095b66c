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
    bool transient; // it is read and removed soon, and need not come to the disk
    bool marked;    // with the time that says that nobody has written since: see mark.h
    bool keeps;     // a dataset that replaces one keeps its attributes
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

// A file whose rows come piece by piece. How many there are is known when it begins, and what their
// cells must have room for: a text for each column, made by measuring pieces.
typedef struct mb_hdf_pieces mb_hdf_pieces;

// Measures columns of a request; `before` are the texts of the pieces before this one, or NULL. A
// body. Collective.
mb_status mb_hdf_pieces_measure(mb_context *cx, const mb_hdf_store *request,
                                const char *const *before, mb_strings *measures) MB_MUST_CHECK;

// Begins the file: columns of the request tell types, and attributes are written. `each`,
// `segmented`, `coded` and `values` are not for these. A body. Collective.
mb_status mb_hdf_pieces_begin(mb_context *cx, const mb_hdf_store *request,
                              const char *const *measures, int64_t rows,
                              mb_hdf_pieces **pieces) MB_MUST_CHECK;

// Writes a piece, which has `before` rows before it: where chunks are compressed a multiple of
// their rows, and so many rows, but for the last piece. The columns are as many as those that it
// was begun with. Peak memory: what mb_hdf_store_columns takes of the piece. A body. Collective.
mb_status mb_hdf_pieces_add(mb_hdf_pieces *pieces, mb_column *const *columns,
                            int64_t before) MB_MUST_CHECK;

// Writes n datasets of other lengths at once. A body. Collective.
mb_status mb_hdf_pieces_whole(mb_hdf_pieces *pieces, const char *const *names,
                              mb_column *const *columns, int64_t n) MB_MUST_CHECK;

// Brings the file to the disk and gives it its name. A body. Collective.
mb_status mb_hdf_pieces_end(mb_hdf_pieces *pieces) MB_MUST_CHECK;

// Closes the file; what was not ended is gone. NULL is fine. Not collective.
void mb_hdf_pieces_close(mb_hdf_pieces *pieces);

// How many columns a piece has, and the path of the file. Not collective.
int64_t mb_hdf_pieces_columns(const mb_hdf_pieces *pieces);
const char *mb_hdf_pieces_path(const mb_hdf_pieces *pieces);

// The text of a snapshot, for all ranks. An operation's body. Collective.
mb_status mb_hdf_read_values(mb_context *cx, const char *path, mb_strings *values) MB_MUST_CHECK;
