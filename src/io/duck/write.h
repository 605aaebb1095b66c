// Writing Parquet files through DuckDB.
//
// A folder gets a file from each rank, which DuckDB streams from the rank's columns. One file is
// written by rank 0, to which the rows of others come in pieces; it has its name when it is
// complete and on the disk.
#pragma once

#include "column/column.h"
#include "io/folder.h"

typedef struct mb_parquet_output {
    const char *path;
    mb_folder *folder; // for this path, which gets another file of each rank; NULL: it is a file
    const char *const *names;
    mb_column *const *columns; // of one length: numbers, text, times; others are written as numbers
    int64_t n;
    const char *compression; // as DuckDB calls it
    const char *note;        // the text of the key "moonbear" in the metadata
} mb_parquet_output;

// Writes columns. MB_EINVALID for text that is not UTF-8. Memory: DuckDB's for a row group; of one
// file the piece's rows on rank 0; of text whose strings other ranks have these. An operation's
// body. Collective.
mb_status mb_parquet_write(mb_context *cx, const mb_parquet_output *output) MB_MUST_CHECK;
