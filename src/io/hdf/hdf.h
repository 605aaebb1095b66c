// Reading HDF5: one-dimensional datasets of many files as columns.
//
// Each rank opens the files whose rows it holds, read-only, with the serial driver; no call of HDF5
// is collective, and nothing that a host program opened is touched.
#pragma once

#include <stdbool.h>

#include "column/column.h"
#include "io/paths.h"

// A type that a file that moonbear wrote tells beside the values: see mark.h.
typedef enum mb_mark_type {
    MB_MARK_NONE,
    MB_MARK_TEXT, // codes
    MB_MARK_IP,   // codes, numbers, or strings
    MB_MARK_FLAGS,
    MB_MARK_TIME,
    MB_MARK_DURATION,
} mb_mark_type;

typedef struct mb_hdf_mark {
    uint8_t type;      // mb_mark_type
    int8_t unit;       // of times and durations
    bool is_masked;    // another dataset tells which rows are missing
    bool is_coded;     // values are codes of entries that the file has, too
    uint64_t identity; // of flags
    int64_t writing;   // which files of ranks belong together; 0: unknown
} mb_hdf_mark;

// What a dataset is, for a reader.
typedef struct mb_hdf_shape {
    int64_t rows;
    int32_t kind;   // mb_kind
    bool is_text;   // strings, which become codes of that kind
    int32_t width;  // of floats in memory: 4 or 8; of strings those of a stored row; else the bytes
                    // of a widened value
    int32_t digits; // of integers: binary digits of the stored values, without the sign
    bool is_signed; // of integers
    mb_hdf_mark mark;
} mb_hdf_shape;

// The type of its column: of text before there are strings, of flags before there are names.
const mb_type *mb_hdf_shape_type(const mb_hdf_shape *shape);

// What readings of the same files have found there, each rank in those that it has opened, for the
// next ones: which need not open them by HDF5 then. Starts as all zeros.
typedef struct mb_hdf_places {
    mb_strings keys;
    mb_buffer *table, *slots;
    int64_t n;
} mb_hdf_places;

void mb_hdf_places_release(mb_hdf_places *places);

// What is read: the columns `names` of the files that `paths` name (see mb_hdf_path_kind).
typedef struct mb_hdf_request {
    const char *const *paths;
    int64_t npaths;
    const char *const *names;
    int64_t nnames;
    const char *attribute;             // whose strings are wanted besides
    bool (*is_note)(const char *text); // whether one of them is as it should be; NULL: any is
    unsigned how;                      // of mb_hdf_how
    int64_t first, last;               // the rows that are wanted, from 1 on; from the end below 0
    const char *const *seen;           // how each of the paths, which are files, is to be
    int64_t nseen;                     // 0: any will do
    mb_hdf_places *places;             // of readings whose `how` agrees about names; or NULL
} mb_hdf_request;

typedef enum mb_hdf_how {
    MB_HDF_WIDEN = 1,  // join files whose types differ, without loss
    MB_HDF_SKIP = 2,   // leave out files that cannot be read
    MB_HDF_TELL = 4,   // report the files,
    MB_HDF_NAMES = 8,  // enumerations as text
    MB_HDF_COUNT = 16, // report the files with the numbers of their rows instead, and how each is
} mb_hdf_how;

// What reading finds besides rows. Starts as all zeros; the lists are the caller's to release.
typedef struct mb_hdf_report {
    mb_strings notes;   // the strings that the datasets have in the attribute, each once
    mb_strings skipped; // what is wrong with files that were left out
    mb_strings files;   // those that were not, each before the number of its first row in the
                        // columns; or of its rows, and what `seen` of a request takes
} mb_hdf_report;

// Reads datasets: the rows of all files in their order form one column for each name, evenly split.
// The columns get the identities 0, 1, ... of the running operation. Fails when a dataset is
// missing or one that is not read, when files disagree in its type (to widen: when no type has the
// values of both), or when the datasets of a file differ in length. An operation's body.
// Collective.
mb_status mb_hdf_read(mb_context *cx, const mb_hdf_request *request, mb_column **columns,
                      mb_hdf_report *report) MB_MUST_CHECK;

// Describes what mb_hdf_read takes in the first file that `paths` name, or with `skip` in the first
// one that can be read, in no order: everything, or
// what `names` stand for; of names that are not there nothing is told. MB_HDF_DESCRIPTION strings
// each: the number of the name, from 1, or 0; the name; how long that of its dataset is; "column",
// "scalar", "part", "refused" for a part that is not read, whose mark is the reason, or "group" for
// one that pandas or Arkouda marked or that was asked for; type, rows, dimensions, filters; the
// mark. An operation's body. Collective.
enum { MB_HDF_DESCRIPTION = 9 };
mb_status mb_hdf_list(mb_context *cx, const char *const *paths, int64_t npaths,
                      const char *const *names, int64_t nnames, bool skip,
                      mb_strings *listing) MB_MUST_CHECK;

// Reads the attributes of an object of the first file that `paths` name, "/" for those of the file:
// for each its name, "b", "i", "u", "f" or "s" for the type of its values, their number, or "-" of
// a scalar, and the values as text. Attributes of other types are left out. An operation's body.
// Collective.
mb_status mb_hdf_attributes(mb_context *cx, const char *const *paths, int64_t npaths,
                            const char *name, mb_strings *listing) MB_MUST_CHECK;

// Paths of HDF5 files: a folder stands for those in it, by name, and `x.h5`, where there is no such
// file, for `x_LOCALE0000.h5` and its like.
extern const mb_path_kind mb_hdf_path_kind;
