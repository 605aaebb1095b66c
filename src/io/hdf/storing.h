// What the files of the writer of columns share.
#pragma once

#include "comm/comm.h"
#include "io/hdf/mark.h"
#include "io/hdf/sink.h"
#include "io/hdf/source.h"
#include "io/hdf/store.h"
#include "io/shared.h"

// A dataset that is being written.
typedef struct mb_hdf_item {
    int64_t name; // of the request
    mb_hdf_part part;
    mb_hdf_cell cell;
    mb_column *column;    // ours: all rows, or those that are written now
    bool masked;          // rows are missing, and a dataset of its own tells which
    int64_t cells, first; // of the dataset, and of those which is this rank's first
    int64_t before;       // cells of the rows before those of the column
    hid_t id;             // on ranks that have the file
    int64_t address;      // of its first cell, unless it is in chunks
} mb_hdf_item;

// The strings of a dictionary, in two datasets: where each begins, and their bytes.
typedef struct mb_hdf_entries {
    mb_dictionary *dictionary; // the column's
    int64_t bytes, before;     // of all ranks, and of those before this one
    int64_t offset_address, byte_address;
} mb_hdf_entries;

typedef struct mb_hdf_storing {
    mb_context *cx;
    const mb_hdf_store *request;
    const char *path; // of the file
    mb_shared_part shared;
    mb_hdf_sink sink;
    hid_t file;      // on rank 0, or of each rank
    int64_t writing; // which files of ranks belong together, or 0
    bool copies;
    bool stale; // what the copied file tells of its values may be wrong
    mb_buffer *item_table, *entry_table;
    mb_hdf_item *items;
    mb_hdf_entries *entries;
    int64_t nitems, nentries;
} mb_hdf_storing;

static inline bool mb_hdf_item_chunked(const mb_hdf_storing *s, const mb_hdf_item *item)
{
    return s->request->level > 0 && item->cell.form != MB_CELL_VARIABLE;
}

// Rows of a chunk: as many as the request says or, of long strings, a part of that, since a chunk
// takes memory as a whole, also where a dataset has few rows.
static inline int64_t mb_hdf_chunk_rows(const mb_hdf_storing *s, mb_hdf_cell cell)
{
    const int64_t most = 1 << 24; // bytes
    int64_t rows = s->request->chunk_rows;
    while (rows % 2 == 0 && rows > most / cell.size)
        rows /= 2;
    return rows;
}

// Whether this rank makes a file.
static inline bool mb_hdf_has_file(const mb_hdf_storing *s)
{
    return s->request->each || mb_rank(s->cx) == 0;
}

// The failure of such a file: the system's reason where there is one, else HDF5's.
mb_status mb_hdf_storing_fail(const mb_hdf_storing *s, const char *name,
                              const char *what) MB_MUST_CHECK;

// Adds a dataset of a column. Not collective.
mb_hdf_item *mb_hdf_storing_add(mb_hdf_storing *s, int64_t name, mb_hdf_part part,
                                mb_column *column);

// Measures a column for datasets of values or strings; what is to be written of it: itself, or of
// addresses that are strings their text. Inside a body, collective.
mb_status mb_hdf_storing_measure(mb_context *cx, const mb_hdf_store *request, int64_t name,
                                 mb_column *column, mb_column **written,
                                 mb_hdf_measure *measure) MB_MUST_CHECK;

// Finds out how the columns of the request are stored. Inside a body, collective.
mb_status mb_hdf_storing_plan(mb_hdf_storing *s) MB_MUST_CHECK;

// Begins the file, with all datasets; ends it and gives it its name. Inside a body, collective.
mb_status mb_hdf_storing_open(mb_hdf_storing *s) MB_MUST_CHECK;
mb_status mb_hdf_storing_publish(mb_hdf_storing *s) MB_MUST_CHECK;

// Writes the rows of a dataset. Inside a body, collective.
mb_status mb_hdf_storing_write(mb_hdf_storing *s, const mb_hdf_item *item) MB_MUST_CHECK;

// Closes what is open, and drops what was not published. Not collective.
void mb_hdf_storing_release(mb_hdf_storing *s);

// Makes one more dataset; its address, unless it is in chunks, is rank 0's to tell. On ranks that
// have the file. Not collective.
mb_status mb_hdf_structure_item(mb_hdf_storing *s, mb_hdf_item *item) MB_MUST_CHECK;

// Gives a dataset the attributes of another one, but for those that tell how rows are
// stored. Not collective.
mb_status mb_hdf_attributes_copy(const mb_hdf_storing *s, hid_t from, hid_t to) MB_MUST_CHECK;

// Tells all ranks where the datasets of rank 0's file begin. Inside a body, collective.
mb_status mb_hdf_storing_share(mb_hdf_storing *s) MB_MUST_CHECK;

// Makes the file with all datasets, on ranks that have one. Not collective.
mb_status mb_hdf_structure(mb_hdf_storing *s) MB_MUST_CHECK;

// Writes the rows of a dataset: contiguous, in chunks, or references and the strings they refer to.
// Inside a body, collective.
mb_status mb_hdf_write_contiguous(mb_hdf_storing *s, const mb_hdf_item *item,
                                  const mb_hdf_source *source) MB_MUST_CHECK;
mb_status mb_hdf_write_chunks(mb_hdf_storing *s, const mb_hdf_item *item,
                              const mb_hdf_source *source) MB_MUST_CHECK;
mb_status mb_hdf_write_strings(mb_hdf_storing *s, const mb_hdf_item *item,
                               const mb_hdf_source *source) MB_MUST_CHECK;

// Writes strings with a zero byte behind each, and where they begin, which is the item before. Not
// collective.
mb_status mb_hdf_write_segments(mb_hdf_storing *s, const mb_hdf_item *bytes,
                                const mb_hdf_source *source) MB_MUST_CHECK;

// The layout of whole chunks. Not collective.
mb_status mb_hdf_chunk_layout(mb_context *cx, int64_t rows, int64_t chunk_rows,
                              mb_layout **layout) MB_MUST_CHECK;

// Writes this rank's entries of a dictionary. Not collective.
mb_status mb_hdf_write_entries(mb_hdf_storing *s, const mb_hdf_entries *entries) MB_MUST_CHECK;
