// The state of a reading of many files, and its first part: finding out what is in them.
#pragma once

#include "column/builder.h"
#include "io/hdf/internal.h"
#include "io/hdf/places.h"
#include "io/hdf/restore.h"

// What tells one state of a file from another; all zeros for one that grows while it is read.
typedef struct mb_hdf_seen {
    int64_t inode, size, seconds, nanoseconds;
    int64_t changed; // of a marked file (mark.h), whose nanoseconds tell nothing: else 0
} mb_hdf_seen;

enum { MB_HDF_SEEN_TEXT = 96 };

// What a reading knows and holds. Shapes and sizes are the same on all ranks.
typedef struct mb_hdf_reading {
    mb_context *cx;
    const char *attribute;
    bool (*is_note)(const char *text);
    unsigned how;
    const char *const *expected; // of every file, as mb_hdf_seen_tell tells it; or NULL
    int64_t wanted[2];           // rows, as in a request
    int64_t skipped_rows;        // before the first one that is wanted
    mb_paths paths;
    mb_hdf_report report;
    mb_buffer *shape_table, *column_table, *start_table, *range_table, *builder_table,
        *encoder_table, *type_table, *mask_table, *seen_table, *open_table;
    const char **files;
    const char *const *names;
    int64_t nfiles, nnames;
    mb_hdf_shape *shapes;  // of every name in the first file, then in the second, ...
    mb_hdf_shape *columns; // of the column of each name, but for its rows
    int64_t *start;        // first row of each file in the columns, and the end
    mb_layout *layout;
    mb_range *ranges;           // a guess for each name
    mb_builder **builders;      // of numbers,
    mb_text_encoder **encoders; // and of text
    const mb_type **types;      // of numbers; NULL of what was not opened
    mb_buffer **masks;          // which of this rank's rows are valid, where files tell that
    mb_hdf_entry_types entry_types;
    mb_hdf_reader reader;
    mb_hdf_seen *seen;          // of every file
    mb_hdf_places *places, own; // the request's, or those of this reading alone
    mb_hdf_dataset *open;       // of the file that is read
    hid_t file;                 // the file that was opened last,
    int64_t opened;
    int descriptor; // and the one that was without HDF5
    int64_t bare;
} mb_hdf_reading;

static inline mb_hdf_shape *mb_hdf_shape_of(const mb_hdf_reading *r, int64_t file, int64_t name)
{
    return &r->shapes[file * r->nnames + name];
}

// Finds the files that are meant: rank 0 looks, all are told. Collective.
mb_status mb_hdf_reading_find(mb_hdf_reading *r, const char *const *paths,
                              int64_t npaths) MB_MUST_CHECK;

// Finds the shapes of all columns in all files, of which each rank inspects a share, and the notes.
// Collective.
mb_status mb_hdf_reading_inspect(mb_hdf_reading *r) MB_MUST_CHECK;

// Opens a column of a file, and the file unless it was the last one. Not collective, like the rest.
mb_status mb_hdf_reading_open(mb_hdf_reading *r, int64_t file, int64_t name,
                              mb_hdf_dataset *dataset) MB_MUST_CHECK;
void mb_hdf_reading_close(mb_hdf_reading *r);

// What the open file is now, which is to be what is expected; and whether one that is open is what
// it was when it was inspected.
mb_status mb_hdf_reading_see(const mb_hdf_reading *r, int64_t file,
                             mb_hdf_seen *seen) MB_MUST_CHECK;
mb_status mb_hdf_reading_check(const mb_hdf_reading *r, int64_t file) MB_MUST_CHECK;

// As MB_HDF_SEEN_TEXT bytes of text, in which a marked file is said to be "marked"; "" of one that
// grows.
void mb_hdf_seen_tell(const mb_hdf_seen *seen, char *text);

// Keeps what is known of a dataset of the open file for later; finds one that can be read without
// HDF5; and tells the shapes of a file's datasets and how it is where all are known, and the file
// is what is expected.
mb_status mb_hdf_reading_keep(mb_hdf_reading *r, const mb_hdf_dataset *dataset) MB_MUST_CHECK;
bool mb_hdf_reading_kept(const mb_hdf_reading *r, int64_t file, int64_t name,
                         mb_hdf_dataset *dataset);
bool mb_hdf_reading_recall(mb_hdf_reading *r, int64_t file, mb_hdf_shape *shapes,
                           mb_hdf_seen *seen);

// Opens a file without HDF5, unless it is the one that is.
mb_status mb_hdf_reading_open_bare(mb_hdf_reading *r, int64_t file) MB_MUST_CHECK;
void mb_hdf_reading_close_bare(mb_hdf_reading *r);

// Whether a failure is one of a file that is to be left out then; its message is noted.
bool mb_hdf_reading_may_skip(mb_hdf_reading *r, mb_status *status);

// Leaves out the files whose first shape has -1 rows, alike on all ranks.
mb_status mb_hdf_reading_leave_out(mb_hdf_reading *r) MB_MUST_CHECK;
