// Delimited text (CSV and its kin) of many files as columns.
//
// The files are put one behind another, and each rank reads the records that begin in its share of
// their bytes. Where a share begins within a file, its first record is guessed from the text behind
// it, and the guess is verified by where the rank before has ended; a wrong one costs reading the
// share again. The bytes of a compressed file are those of the file as it is: a rank reads the text
// of the stretches that begin in its share (io/packed/source.h).
//
// The type of a column is a function of what all its fields look like (look.h). A sample guesses
// it; columns of which the guess was wrong are read a second time.
#pragma once

#include "io/records/column.h"
#include "io/records/json.h"
#include "io/strings.h"

typedef enum mb_bad_records {
    MB_BAD_RECORDS_FAIL,
    MB_BAD_RECORDS_SKIPPED,
    MB_BAD_RECORDS_MISSING // fields that cannot be read are missing, those past the last dropped
} mb_bad_records;

typedef struct mb_record_kept mb_record_kept;

typedef enum mb_header { MB_HEADER_NONE, MB_HEADER_LINE, MB_HEADER_FOUND } mb_header;

enum { MB_RECORD_REASON = 512 };

typedef struct mb_records {
    const char *const *paths;
    int64_t npaths;
    mb_record_form form;
    const char *encoding;       // NULL: UTF-8, or bytes as they are
    int64_t skip;               // lines at the beginning of each file
    mb_header header;           // FOUND: whether the first record looks like one
    const mb_json_fields *json; // lines of objects, of which these are read; NULL: delimited text
    const char *trailer; // what the line begins with behind which nothing is read; NULL: none
    mb_bad_records bad;
    int64_t block; // bytes that are read at a time
    // Which records are read: those that begin in a stretch of their bytes, one file behind
    // another. It must begin with a record, or so many bytes of text behind that.
    int64_t first, behind;
    int64_t last;         // -1: their end
    int64_t most;         // bytes of compressed text behind which a rank stops; 0: it does not
    mb_record_kept *kept; // for the text where it has stopped (kept.h); NULL: it is not kept
    bool unnumbered;      // nobody asks for the numbers of lines that are skipped
} mb_records;

// The lines of a file that were skipped.
typedef struct mb_record_skipped {
    int64_t file, lines; // its number, and how many they are
    int64_t line;        // the number of the first of them,
    int64_t from, place; // the byte of the file from which it was read, and its place in the text
    int64_t rank;        // that read it
    char reason[MB_RECORD_REASON];
} mb_record_skipped;

enum { MB_RECORD_BLOCK = 1 << 18, MB_RECORD_LONGEST = 1 << 26 };

// What there is to read.
typedef struct mb_survey {
    bool header;
    int64_t fields;          // of a record
    mb_strings names;        // of the header, if there is one
    mb_buffer *column_table; // of mb_record_column, one for each field, with guesses
    mb_record_column *columns;
} mb_survey;

// Inspects the files, and guesses what the fields are. Inside a body, collective.
mb_status mb_records_survey(mb_context *cx, const mb_records *records,
                            mb_survey *survey) MB_MUST_CHECK;
void mb_survey_close(mb_survey *survey);

// Guesses the columns of its fields by what each rank has seen of them; `status`: this rank's so
// far. Inside a body, collective.
mb_status mb_survey_guess(mb_context *cx, mb_status status, const uint32_t *looks,
                          mb_survey *survey) MB_MUST_CHECK;

// The same of JSON: the fields as they are told, and those that are learned, by all lines or by a
// sample of each rank's.
mb_status mb_records_survey_json(mb_context *cx, const mb_records *records,
                                 mb_survey *survey) MB_MUST_CHECK;

// What was read of the bytes of all files.
typedef struct mb_record_window {
    int64_t first, last; // where records began
    int64_t end, behind; // of the last of them: a byte, and bytes of text behind it
    int64_t total;       // bytes of all records
    int64_t text;        // bytes of text that were read
    bool packed;         // some of them are compressed
    bool stopped;        // before `last`, as a rank had enough text
} mb_record_window;

// What a reading is of, and what it tells.
typedef struct mb_record_reading {
    bool header;               // the first record of each file is one
    int64_t fields;            // of a record
    mb_record_column *columns; // become what was found, by what their fields look like and what
    int64_t n;                 // `looks` they had before
    const char *const *names;  // of the columns, for messages
    mb_record_window window;   // that was read
    mb_survey *seen;           // the names of JSON that were learned; NULL: nobody asks
    mb_buffer *skipped_table;  // lists of mb_record_skipped, in the order of files,
    int64_t n_skipped;
    mb_strings skipped_paths; // and the files' paths
    mb_buffer *devices_table; // of mb_device_prefix: all that names of devices have taught
    int64_t n_devices;
} mb_record_reading;

// Releases what a reading tells beside its columns.
void mb_record_reading_close(mb_record_reading *what);

// Reads columns; addresses of both versions are still text. Fails for pieces of compressed files
// with a trailer. Inside a body, collective.
mb_status mb_records_read(mb_context *cx, const mb_records *records, mb_record_reading *what,
                          mb_column **results) MB_MUST_CHECK;
