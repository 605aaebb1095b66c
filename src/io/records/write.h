// Columns as delimited text, in one file that all ranks write.
#pragma once

#include "column/column.h"
#include "io/shared.h"
#include "types/dictionary.h"

typedef enum mb_record_quoting {
    MB_QUOTE_NEEDED, // what would be read as something else
    MB_QUOTE_TEXT,   // and all text
    MB_QUOTE_ALL
} mb_record_quoting;

// A column to write; all have values, and one layout.
typedef struct mb_record_source {
    const char *name;
    mb_column *column;
    const mb_string *strings; // of this rank's rows, where other ranks have them; else NULL
} mb_record_source;

typedef struct mb_record_output {
    const char *path;
    char separator;
    mb_record_quoting quoting;
    bool header;
    const char *na; // for missing rows
    int level;      // of gzip, 1 to 12; 0: plain text
} mb_record_output;

// A file that rows are added to, and that has no name before it is published.
typedef struct mb_record_text {
    mb_shared_part shared;
    int64_t size; // in bytes, so far
} mb_record_text;

// Begins a file for a path, adds rows of n columns, and gives it its name, complete and on the
// disk. After a failure it can only be abandoned (as after all else: mb_shared_abandon). Bodies;
// collective.
mb_status mb_records_begin(mb_context *cx, const char *path, mb_record_text *text) MB_MUST_CHECK;
mb_status mb_records_append(mb_context *cx, const mb_record_output *output,
                            const mb_record_source *sources, int64_t n,
                            mb_record_text *text) MB_MUST_CHECK;
mb_status mb_records_publish(mb_context *cx, const char *path, mb_record_text *text) MB_MUST_CHECK;

// Writes n columns; the file gets its name when it is complete and on the disk. Each rank formats
// its rows, and writes them behind those of the ranks before. Memory: the text of a rank's rows, or
// that text compressed, and at most a quarter of what is free: rows beyond are formatted twice. The
// end of a body, collective.
mb_status mb_records_write(mb_context *cx, const mb_record_output *output,
                           const mb_record_source *sources, int64_t n) MB_MUST_CHECK;
