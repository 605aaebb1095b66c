// What the files of the HDF5 reader share.
#pragma once

#include <glob.h>
#include <hdf5.h>
#include <limits.h>
#include <stdbool.h>

#include "core/isa.h"
#include "io/hdf/hdf.h"
#include "io/hdf/heap.h"
#include "text/encode.h"

struct libdeflate_decompressor;

// Printing of HDF5's errors, which is off while we work and then as it was.
typedef struct mb_hdf_printing {
    H5E_auto2_t function;
    void *data;
} mb_hdf_printing;

mb_hdf_printing mb_hdf_printing_off(void);
void mb_hdf_printing_restore(mb_hdf_printing printing);

// Fails with "path: dataset 'name' what: the reason that HDF5 gives"; `name` may be NULL.
mb_status mb_hdf_fail(mb_context *cx, const char *path, const char *name, const char *what);

// The same of n rows from `first` on.
typedef struct mb_hdf_span {
    int64_t first, n;
} mb_hdf_span;

mb_status mb_hdf_fail_rows(mb_context *cx, const char *path, const char *name, mb_hdf_span rows,
                           const char *what);

// Files of ranks are called as Arkouda calls those of its locales: `x_LOCALE0000.h5` and so on, by
// the name that all have in common, `x.h5`.
#define MB_HDF_RANK "_LOCALE"

// The file of a rank; false where its path is too long.
bool mb_hdf_rank_path(const char *path, int rank, char file[PATH_MAX]);

// Those that there are, in byte order, or what is called as they are with a pattern behind; for
// globfree. Not collective.
glob_t mb_hdf_rank_files(const char *path, const char *behind);

// The dimensions of a dataset: along which its rows are, and of a matrix which column is meant.
typedef struct mb_hdf_extent {
    int dimensions;    // 0: a scalar, which is one row
    int along;         // of two, the one of the rows
    bool is_chosen;    // the part says which column
    int64_t column;    // from 0
    int64_t columns;   // of a matrix; else 1
    int64_t row_bytes; // of an element as the file has it
    int64_t place;     // of the part in it
} mb_hdf_extent;

// Where the values of rows lie: each so many bytes after the last one, behind others.
typedef struct mb_hdf_stride {
    int64_t bytes, at;
} mb_hdf_stride;

// How a value is stored in a file.
typedef struct mb_hdf_element {
    int size;       // bytes
    bool is_signed; // of an integer
    bool swapped;   // in the other byte order
    bool is_native; // a machine has such values; others are converted by HDF5
} mb_hdf_element;

enum { MB_HDF_FILTERS = 8, MB_HDF_FILTER_VALUES = 20 };

// A filter of chunks, and its parameters.
typedef struct mb_hdf_filter {
    H5Z_filter_t id;
    unsigned values[MB_HDF_FILTER_VALUES];
} mb_hdf_filter;

// What tells a dataset from others as long as files are read; all zeros where nothing does.
typedef struct mb_hdf_object {
    uint64_t file, address;
} mb_hdf_object;

// Whether both are surely the same dataset.
static inline bool mb_hdf_object_same(mb_hdf_object a, mb_hdf_object b)
{
    return a.address != 0 && a.address == b.address && a.file == b.file;
}

typedef enum mb_hdf_route {
    MB_HDF_CONVERTED,  // through H5Dread
    MB_HDF_CONTIGUOUS, // by pread at its place in the file
    MB_HDF_CHUNKED,    // chunk by chunk, decoded here
} mb_hdf_route;

// An open dataset, or the part of one that is a column. Starts as MB_HDF_CLOSED.
typedef struct mb_hdf_dataset {
    const char *path, *name; // the caller's
    const char *part;        // the end of the name: "" for a whole dataset
    hid_t id, file;          // its own file: behind an external link not the one it was opened in
    mb_hdf_object object;    // the dataset that it is a part of; all zeros for a whole one
    hid_t row_type;          // of the dataset
    hid_t stored_type;       // of the part
    hid_t memory_type;       // HDF5's, for a widened value: not ours to close
    hid_t read_type;         // the same within what it is a part of
    mb_hdf_extent extent;
    mb_hdf_stride read;   // of what H5Dread gives
    mb_hdf_stride rows;   // of what is stored: in the dataset when contiguous, in a chunk when not
    bool is_named;        // an enumeration whose values are to be text,
    mb_hdf_shape numbers; // and what they are else
    bool is_segmented;    // a group of Arkouda's: it is `id`, and nothing else is known
    mb_hdf_shape shape;
    mb_hdf_element element;
    mb_hdf_route route;
    bool is_virtual;
    bool is_boolean; // 0 and 1 in a group of Arkouda's that says so by its form

    bool is_variable;  // strings, each as long as it is
    H5T_str_t padding; // of strings
    int64_t base;      // where the addresses of a file count from that has heaps of strings

    int descriptor; // contiguous, or strings of variable length
    int64_t offset;

    int64_t chunk_bytes;    // of the only chunk, at `offset`, of one that is read without HDF5
    uint32_t chunk_skipped; // filters that it has not passed, a bit for each
    int64_t chunk_rows;     // 0: not chunked
    int64_t chunk_columns;  // of a matrix; else 1
    bool last_unfiltered;   // a chunk that the rows do not fill has passed no filter
    bool bad_filter;        // one has parameters that HDF5 would trust, and must not
    int nfilters;
    mb_hdf_filter filters[MB_HDF_FILTERS]; // in the order of writing
} mb_hdf_dataset;

#define MB_HDF_CLOSED                                                                              \
    (mb_hdf_dataset)                                                                               \
    {                                                                                              \
        .id = H5I_INVALID_HID, .file = H5I_INVALID_HID, .row_type = H5I_INVALID_HID,               \
        .stored_type = H5I_INVALID_HID, .read_type = H5I_INVALID_HID                               \
    }

// Opens a file for reading; fails with what else it is, or who writes to it. Not collective.
mb_status mb_hdf_file_open(mb_context *cx, const char *path, hid_t *file) MB_MUST_CHECK;

// Opens a dataset, or a part of one (see mb_hdf_part_find), and finds out how to read it. The
// strings must outlive it. MB_EINVALID when it is not one that is read, MB_EIO when it cannot be
// opened. Not collective.
mb_status mb_hdf_dataset_open(mb_context *cx, hid_t file, const char *path, const char *name,
                              mb_hdf_dataset *dataset) MB_MUST_CHECK;

// The same; when there is none of that name, the message lists what there is to read.
mb_status mb_hdf_dataset_find(mb_context *cx, hid_t file, const char *path, const char *name,
                              mb_hdf_dataset *dataset) MB_MUST_CHECK;
void mb_hdf_dataset_close(mb_hdf_dataset *dataset);

// Opens the object whose name is that of a column, or begins it: `*length` bytes of it. Columns of
// a dataset are told by what follows its name: `.member` of a compound type, `[k]` of an array or a
// matrix, from 1. Invalid when there is none. Not collective.
hid_t mb_hdf_part_find(hid_t file, const char *name, size_t *length);

// Finds the types of a dataset's part, and where its values are in a row, whose type is known;
// returns what is wrong if there is no such part, or not one for us. Calls mb_hdf_type_describe.
const char *mb_hdf_part_describe(mb_hdf_dataset *dataset);

// Bytes that a value takes in a file: more than in memory where it has strings of variable length.
size_t mb_hdf_stored_size(hid_t type);

// Whether a group has strings as Arkouda writes them; and how many. Not collective.
bool mb_hdf_is_segmented(hid_t group);
mb_status mb_hdf_segmented_describe(mb_context *cx, mb_hdf_dataset *dataset) MB_MUST_CHECK;

// Makes a dataset of an enumeration one of text: of the names of its values. Others stay as they
// are. Not collective.
void mb_hdf_enumeration_name(mb_hdf_dataset *dataset);

// The same as mb_hdf_dataset_open, of a group of strings, too. Not collective.
mb_status mb_hdf_column_open(mb_context *cx, hid_t file, const char *path, const char *name,
                             mb_hdf_dataset *dataset) MB_MUST_CHECK;

// Visits the parts of a type, and of a matrix (of so many columns; else 0) those of each column, as
// what is to be written behind the dataset's name; none of more than 1024.
typedef mb_status mb_hdf_part_visitor(void *argument, const char *part);
mb_status mb_hdf_parts_visit(hid_t type, int64_t columns, mb_hdf_part_visitor *visit,
                             void *argument) MB_MUST_CHECK;

// Finds the type of a dataset's values by how they are stored; returns what is wrong if they are
// not for us.
const char *mb_hdf_type_describe(hid_t stored_type, mb_hdf_dataset *dataset);

// The same of strings.
const char *mb_hdf_text_describe(hid_t stored_type, mb_hdf_dataset *dataset);

// Whether an enumeration is h5py's bool.
bool mb_hdf_is_bool_enumeration(hid_t type);

// Whether MATLAB wrote a dataset: its dimensions are those of the matrix in the other order.
bool mb_hdf_is_matlab(hid_t dataset);

// The attribute with the type of a dataset that stands for one without rows, as MATLAB and pandas
// store these; NULL: it has the rows that it seems to have. And the type and rows of one, as of
// mb_hdf_type_describe.
const char *mb_hdf_empty_attribute(const mb_hdf_dataset *dataset);
const char *mb_hdf_empty_describe(mb_hdf_dataset *dataset, const char *attribute);

// Fails when a source of a virtual dataset is missing or too short, or leads back to itself. To be
// called before rows are read; and, but for sources that do not grow, before HDF5 is asked for
// their number. Not collective.
mb_status mb_hdf_sources_check(mb_context *cx, const mb_hdf_dataset *dataset,
                               bool only_growing) MB_MUST_CHECK;

// Visits the columns of a file that can be read, group by group, under their paths, and before them
// the groups, in no order. A failure of a visitor ends the walk. Not collective.
typedef mb_status mb_hdf_visitor(void *argument, const mb_hdf_dataset *dataset);
typedef struct mb_hdf_visit {
    mb_hdf_visitor *dataset;
    mb_status (*group)(void *argument, hid_t group, const char *name); // or NULL
    // A part of a dataset that is not read; why is the context's message. Or NULL.
    mb_status (*refused)(void *argument, const char *name, const char *part);
    void *argument;
} mb_hdf_visit;
mb_status mb_hdf_walk(mb_context *cx, hid_t file, const char *path,
                      const mb_hdf_visit *visit) MB_MUST_CHECK;

// The same of the parts of a dataset that is no column as a whole.
mb_status mb_hdf_walk_parts(mb_context *cx, hid_t file, const char *path, const char *name,
                            const mb_hdf_visit *visit) MB_MUST_CHECK;

// Adds the strings of an object's attribute, those that are not there yet. None when it has no such
// attribute, or one that is not strings. Not collective.
mb_status mb_hdf_attribute_add(mb_context *cx, hid_t object, const char *name,
                               mb_strings *values) MB_MUST_CHECK;

// The same of strings that may come twice, of an open attribute with n values of a string type.
mb_status mb_hdf_attribute_strings(mb_context *cx, hid_t attribute, hid_t type, int64_t n,
                                   mb_strings *values) MB_MUST_CHECK;

// Reads an attribute that is one integer; false when there is none. Not collective.
bool mb_hdf_attribute_integer(hid_t object, const char *name, int64_t *value);

// Loops over stored values, for each instruction set.
typedef struct mb_hdf_kernels {
    // Undoes the shuffle filter on n values of `size` bytes.
    void (*unshuffle)(void *restrict out, const void *restrict in, int64_t n, int size);
    // Turns the bytes of n values round.
    void (*swap)(void *data, int64_t n, int size);
    // Widens n integers to 8 bytes.
    void (*widen)(int64_t *restrict out, const void *restrict in, int64_t n,
                  mb_hdf_element element);
} mb_hdf_kernels;

extern const mb_hdf_kernels mb_hdf_kernels_base;
#if defined __x86_64__
extern const mb_hdf_kernels mb_hdf_kernels_avx2, mb_hdf_kernels_avx512;
#endif

// What reading needs besides the dataset. Starts as all zeros.
typedef struct mb_hdf_reader {
    mb_context *cx;
    const mb_hdf_kernels *kernels;
    mb_buffer *stored, *decoded, *picked, *widened, *converted;
    mb_hdf_heap heap;
    struct libdeflate_decompressor *inflater;
    struct {
        mb_hdf_object object;
        int64_t row, column; // its first ones
        void *bytes;         // in `stored` or `decoded`; NULL: there is none
    } chunk;                 // that was decoded last, as other parts of the dataset are in it, too
} mb_hdf_reader;

mb_status mb_hdf_reader_open(mb_context *cx, mb_hdf_reader *reader) MB_MUST_CHECK;
void mb_hdf_reader_close(mb_hdf_reader *reader);

// Reads some rows from `row` on, as many as are cheap at once but at most `most`, as values of a
// type that mb_hdf_shapes_join found for them: int64_t, uint64_t, uint8_t bools, or floats of
// `width` bytes. They stay in the reader until its next call. Not collective.
mb_status mb_hdf_rows_read(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t row,
                           int64_t most, const mb_hdf_shape *as, const void **values,
                           int64_t *n) MB_MUST_CHECK;

// Reads some rows from `row` on, at most `*n`, as values of the dataset's own shape: strings with
// their padding, or references to strings, NULL where none were ever written. Not collective.
mb_status mb_hdf_rows_read_stored(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t row,
                                  int64_t *n, void **values) MB_MUST_CHECK;

// Reads exactly `size` bytes at a place in a dataset's file. Not collective.
mb_status mb_hdf_bytes_read(mb_context *cx, const mb_hdf_dataset *dataset, void *bytes, size_t size,
                            int64_t offset) MB_MUST_CHECK;

// Reads n rows by HDF5 as values of the dataset's memory type, which stay in the reader until its
// next call. Not collective.
mb_status mb_hdf_rows_convert(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t row,
                              int64_t n, hid_t transfer, void **values) MB_MUST_CHECK;

// Appends the strings of the rows first..last - 1, without padding, to an encoder. Memory: about 8
// MiB, or a chunk, or the longest string. Not collective.
mb_status mb_hdf_text_read(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t first,
                           int64_t last, mb_text_encoder *encoder) MB_MUST_CHECK;

// The same of the names of an enumeration's values.
mb_status mb_hdf_enumeration_read(mb_hdf_reader *reader, const mb_hdf_dataset *dataset,
                                  int64_t first, int64_t last,
                                  mb_text_encoder *encoder) MB_MUST_CHECK;

// The same of any column that is text.
mb_status mb_hdf_column_strings(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t first,
                                int64_t last, mb_text_encoder *encoder) MB_MUST_CHECK;

// The same of a group's strings, as Arkouda writes them.
mb_status mb_hdf_segmented_read(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t first,
                                int64_t last, mb_text_encoder *encoder) MB_MUST_CHECK;

// Finds the shape of the column that datasets of one name in n files form; that of file i is
// shapes[i * stride]. They must be of one type; if `widen`, each of one whose values that of the
// column has, too. The rows are not added up. Not collective.
mb_status mb_hdf_shapes_join(mb_context *cx, const char *name, const char *const *files,
                             const mb_hdf_shape *shapes, int64_t n, int64_t stride, bool widen,
                             mb_hdf_shape *column) MB_MUST_CHECK;

// The scale-offset and n-bit filters: whether one with so many parameters is undone here, and the
// undoing, of a chunk that has `whole` bytes without it. Returns what is wrong with the chunk.
bool mb_hdf_packed_known(const mb_hdf_filter *filter, size_t nvalues);
const char *mb_hdf_packed_undo(const mb_hdf_filter *filter, const uint8_t *in, size_t length,
                               uint8_t *out, size_t whole);

// The LZF filter: decompresses a chunk; false when it is damaged or needs more than `room` bytes.
enum { MB_HDF_FILTER_LZF = 32000 };
bool mb_hdf_lzf_undo(const uint8_t *in, size_t length, uint8_t *out, size_t room, size_t *size);

// Whether every filter of a dataset is one that mb_hdf_chunk_decode undoes; notes them.
bool mb_hdf_filters_known(hid_t creation, mb_hdf_dataset *dataset);

// Whether HDF5 has a filter, or finds a plugin that has; and the failure when it has none, of the
// name that the file gives. Not collective.
bool mb_hdf_filter_available(H5Z_filter_t id);
mb_status mb_hdf_fail_filter(mb_context *cx, const mb_hdf_dataset *dataset, H5Z_filter_t id,
                             const char *name) MB_MUST_CHECK;

// Decodes the chunk that begins at `row` into `*stored`, as the file's own values. NULL when there
// is no such chunk: HDF5 gives its rows the fill value. Fails when it does not decode to the size
// of a chunk, whatever HDF5 would make of it. Not collective.
mb_status mb_hdf_chunk_decode(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t row,
                              void **stored) MB_MUST_CHECK;
