// Columns of delimited text: their fields, batch by batch, become values, and these a builder's or
// an encoder's rows.
#pragma once

#include "column/builder.h"
#include "io/records/device.h"
#include "io/records/lines.h"
#include "io/records/look.h"
#include "text/encode.h"

enum { MB_BATCH_ROWS = 256 };

// What a column is to become.
typedef struct mb_record_column {
    int64_t field; // its number in a line, from 0
    mb_field_kind kind;
    bool guessed;   // by what fields looked like, and may become another; else it was asked for
    uint32_t looks; // that fields were found to have
    int unit;       // of times and durations; found in fields, as the kind where it is guessed
    bool counts;    // these are numbers, of the next unit
    int counted;
    const char *pattern; // or NULL: that times are written by
} mb_record_column;

// How fields are read, whatever the column.
typedef struct mb_record_form {
    mb_dialect dialect;
    mb_number_marks marks;
    const char *const *na; // unquoted fields that are missing
    int64_t n_na;
    size_t longest_na;
    // Of an encoding that is not UTF-8: what the bytes from 0x80 on become, each a length and up to
    // four bytes; else NULL.
    const char (*encoding)[5];
    bool quick; // numbers are written plainly, and none of `na` is one
    bool typed; // what is in quotes, and only that, is a string
} mb_record_form;

// Rows of a text: pointers into lists of a scan.
typedef struct mb_batch {
    char *text;
    const uint32_t *begins; // of the fields of all lines, before a gap,
    const uint32_t *ends;   // and where they end
    const uint32_t *inner;  // quotes within quotes
    int64_t n_inner;
    uint32_t gap;
    int64_t n;
    uint32_t first[MB_BATCH_ROWS]; // number of a row's first field among them
    uint32_t start[MB_BATCH_ROWS]; // where the row begins in the text
    uint32_t fields[MB_BATCH_ROWS];
    bool ragged; // not all rows have all fields
    bool any_bad;
    uint8_t bad[MB_BATCH_ROWS]; // rows that cannot be read
} mb_batch;

// Memory for strings that are made of fields, for as long as a batch.
typedef struct mb_record_arena {
    char *bytes;
    size_t used;
} mb_record_arena;

// A column while it is read.
typedef struct mb_record_state {
    mb_record_column what;
    uint32_t looks; // of its fields so far
    bool settled;   // by which it is text, whatever comes
    bool outgrown;  // fields are no longer converted, only looked at
    mb_builder *builder;
    mb_text_encoder *encoder;
    int64_t room; // of these, in rows
    union {
        uint64_t words[MB_BATCH_ROWS];
        mb_string strings[MB_BATCH_ROWS];
    };
    uint8_t valid[MB_BATCH_ROWS];
} mb_record_state;

// The first field of a batch that is no value of the type that was asked for.
typedef struct mb_record_failure {
    int64_t row; // in the batch; -1: none
    int64_t column;
    mb_string field;
    bool quotes;                        // there is text behind its closing quote
    char reason[MB_DEVICE_REASON_SIZE]; // what is wrong with it; "": it is none of the type
} mb_record_failure;

// What is known of names of devices, which all columns of a file that have such learn together.
typedef struct mb_record_devices {
    mb_device_table table, before; // `before`: as it was before the row at hand
} mb_record_devices;

typedef enum mb_field_state { MB_FIELD_MISSING, MB_FIELD_THERE, MB_FIELD_BROKEN } mb_field_state;

// A field without its quotes; missing where a line has none, where it is one of `na`; empty ones in
// quotes are there. `quoted` may be NULL.
mb_field_state mb_record_field(const mb_record_form *form, const mb_batch *batch, int64_t row,
                               int64_t field, mb_record_arena *arena, mb_string *string,
                               bool *quoted);

// Converts the fields of a batch; rows with fields that cannot be read become bad, where the type
// was asked for.
void mb_record_convert(const mb_record_form *form, mb_batch *batch, mb_record_state *state,
                       mb_record_arena *arena, mb_record_failure *failure);

// Takes a row out as one whose field cannot be read.
void mb_record_fail(mb_batch *batch, const mb_record_state *state, int64_t row, mb_string field,
                    mb_record_failure *failure);

// The same of all columns of devices among n, once the others are converted: names in rows that are
// bad, unless `all` rows are kept, teach nothing.
void mb_record_convert_devices(const mb_record_form *form, mb_batch *batch, mb_record_state *states,
                               int64_t n, bool all, mb_record_arena *arena,
                               mb_record_devices *devices, mb_record_failure *failure);

// Before the first batch; opening does it, too.
void mb_record_begin(mb_record_state *state);

// Opens a builder or an encoder for so many rows, makes room for more, appends the rows of a batch
// that are not bad (or all of them), and makes it one of so many rows.
mb_status mb_record_open(mb_context *cx, mb_record_state *state, int64_t rows) MB_MUST_CHECK;
mb_status mb_record_append(mb_record_state *state, const mb_batch *batch, bool all,
                           int64_t filled) MB_MUST_CHECK;
mb_status mb_record_resize(mb_record_state *state, int64_t rows) MB_MUST_CHECK;
void mb_record_close(mb_record_state *state);

// The type of its column, as far as it has values.
const mb_type *mb_record_type(const mb_record_column *column);
