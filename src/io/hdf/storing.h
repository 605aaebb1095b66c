// What the files of the writer of columns share.
#pragma once

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
    mb_column *column; // ours
    hid_t id;          // on rank 0
    int64_t address;   // of its first row, unless it is in chunks
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
    mb_shared_part shared;
    mb_hdf_sink sink;
    hid_t file; // on rank 0
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

// The failure of rank 0's file: the system's reason where there is one, else HDF5's.
mb_status mb_hdf_storing_fail(const mb_hdf_storing *s, const char *name,
                              const char *what) MB_MUST_CHECK;

// Makes the file with all datasets, on rank 0. Not collective.
mb_status mb_hdf_structure(mb_hdf_storing *s) MB_MUST_CHECK;

// Writes the rows of a dataset: contiguous, in chunks, or references and the strings they refer to.
// Inside a body, collective.
mb_status mb_hdf_write_contiguous(mb_hdf_storing *s, const mb_hdf_item *item,
                                  const mb_hdf_source *source) MB_MUST_CHECK;
mb_status mb_hdf_write_chunks(mb_hdf_storing *s, const mb_hdf_item *item,
                              const mb_hdf_source *source) MB_MUST_CHECK;
mb_status mb_hdf_write_strings(mb_hdf_storing *s, const mb_hdf_item *item,
                               const mb_hdf_source *source) MB_MUST_CHECK;

// The layout of whole chunks. Not collective.
mb_status mb_hdf_chunk_layout(mb_context *cx, int64_t rows, int64_t chunk_rows,
                              mb_layout **layout) MB_MUST_CHECK;

// Writes this rank's entries of a dictionary. Not collective.
mb_status mb_hdf_write_entries(mb_hdf_storing *s, const mb_hdf_entries *entries) MB_MUST_CHECK;
