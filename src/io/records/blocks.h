// Reading a stretch of a file, block by block, into columns.
#pragma once

#include "io/records/input.h"
#include "io/records/json.h"

// Columns while they are read, and the memory for it. Starts as all zeros but for the first lines.
typedef struct mb_record_reader {
    mb_context *cx;
    const mb_records *records;
    const char *const *names; // of the columns, for messages
    int64_t fields;
    mb_record_state *states;
    const bool *active; // columns that are read
    int64_t n;
    int64_t rows;                // so far
    mb_text_sum sum;             // of compressed files
    int64_t expected;            // bytes of text in all
    int64_t taken;               // bytes of text, so far,
    bool stopped;                // which were enough
    bool opened;                 // the columns are
    bool survey;                 // of JSON; no columns are read,
    bool sample;                 // and of each stretch only a block
    mb_json *json;               // NULL: the text is delimited
    const mb_record_file *files; // in which stretches are
    mb_record_devices *devices;  // NULL: no column has names of such
    mb_buffer *skipped_table;    // of mb_record_skipped, a file each
    int64_t n_skipped;
    mb_buffer *text, *lists, *arena_bytes;
    int64_t room; // of the text
    mb_batch *batch;
} mb_record_reader;

mb_status mb_record_reader_open(mb_record_reader *reader) MB_MUST_CHECK;
void mb_record_reader_close(mb_record_reader *reader);

// Reads the records of a file that begin from `first` on, where one does, and before the byte
// `last` or, of a compressed file, the first stretch there or behind it. `*end` is behind the last
// of them; where `stopped` is set, more records begin before `last`. Not collective.
mb_status mb_record_stretch(mb_record_reader *reader, const char *path, const mb_record_file *file,
                            mb_record_place first, int64_t last,
                            mb_record_place *end) MB_MUST_CHECK;

// Gives the first line that was skipped in a file its number.
mb_status mb_record_number(mb_record_reader *reader, const char *path,
                           mb_record_skipped *skipped) MB_MUST_CHECK;

// Opens the columns where no record has done it, and makes them of as many rows as there are.
mb_status mb_record_settle(mb_record_reader *reader) MB_MUST_CHECK;
