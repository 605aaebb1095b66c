// Reading Parquet files through DuckDB.
//
// Each rank has a DuckDB of its own, which reads the row groups that hold this rank's rows; nothing
// goes through another rank.
#pragma once

#include "column/column.h"
#include "io/strings.h"

// What is read: columns of the files that `paths` name: see mb_paths_expand; a folder stands for
// the files in it whose names end with .parquet.
typedef struct mb_parquet_request {
    const char *const *paths;
    int64_t npaths;
    const char *const *names;
    int64_t nnames;
    int64_t first, last; // rows of all files, counted from 1, or with -1 for the last one
    const char *where;   // a condition as DuckDB reads it, or NULL
} mb_parquet_request;

// Reads columns: the rows of all files in their order form one column for each name, evenly split,
// or, with a condition, where they were read. They get the identities 0, 1, ... of the running
// operation. `notes` gets the texts of the key "moonbear" in the files' metadata, each once, empty
// for files without, and `files` the path of each file and the number of its rows. Fails for
// columns that there are not, or of nested types, and where files disagree in the type of one. An
// operation's body. Collective.
mb_status mb_parquet_read(mb_context *cx, const mb_parquet_request *request, mb_column **columns,
                          mb_strings *notes, mb_strings *files) MB_MUST_CHECK;

// Lists the columns of the first file that `paths` name, in its order: name, type and number of
// rows of each, three strings a column. The type of those that are not read is DuckDB's name for
// it. An operation's body. Collective; rank 0 looks.
mb_status mb_parquet_list(mb_context *cx, const char *const *paths, int64_t npaths,
                          mb_strings *listing) MB_MUST_CHECK;
