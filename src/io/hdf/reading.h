// The state of a reading of many files, and its first part: finding out what is in them.
#pragma once

#include "column/builder.h"
#include "io/hdf/internal.h"
#include "io/hdf/restore.h"

// What a reading knows and holds. Shapes and sizes are the same on all ranks.
typedef struct mb_hdf_reading {
    mb_context *cx;
    const char *attribute;
    bool (*is_note)(const char *text);
    unsigned how;
    int64_t wanted[2];    // rows, as in a request
    int64_t skipped_rows; // before the first one that is wanted
    mb_paths paths;
    mb_hdf_report report;
    mb_buffer *shape_table, *column_table, *start_table, *range_table, *builder_table,
        *encoder_table, *type_table, *mask_table;
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
    hid_t file; // the file that was opened last
    int64_t opened;
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

// Whether a failure is one of a file that is to be left out then; its message is noted.
bool mb_hdf_reading_may_skip(mb_hdf_reading *r, mb_status *status);

// Leaves out the files whose first shape has -1 rows, alike on all ranks.
mb_status mb_hdf_reading_leave_out(mb_hdf_reading *r) MB_MUST_CHECK;
