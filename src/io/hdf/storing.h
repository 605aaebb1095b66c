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
    mb_column *column;    // ours
    int64_t cells, first; // of the dataset, and of those which is this rank's first
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
    mb_buffer *item_table, *entry_table;
    mb_hdf_item *items;
    mb_hdf_entries *entries;
    int64_t nitems, nentries;
} mb_hdf_storing;

static inline bool mb_hdf_item_chunked(const mb_hdf_storing *s, const mb_hdf_item *item)
{
    return s->request->level > 0 && item->cell.form != MB_CELL_VARIABLE;
}

// Whether this rank makes a file.
static inline bool mb_hdf_has_file(const mb_hdf_storing *s)
{
    return s->request->each || mb_rank(s->cx) == 0;
}

// The failure of such a file: the system's reason where there is one, else HDF5's.
mb_status mb_hdf_storing_fail(const mb_hdf_storing *s, const char *name,
                              const char *what) MB_MUST_CHECK;

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
