// Rows of results become columns: a builder or a text encoder for each.
#pragma once

#include "column/builder.h"
#include "io/duck/form.h"
#include "text/encode.h"

typedef struct mb_duck_rows {
    mb_context *cx;
    mb_duck *duck;
    int64_t n;                     // columns
    const mb_duck_form *forms;     // of each
    const char *const *names;      // for messages
    const char *source;            // the same: the file, or NULL
    mb_builder **builders;         // of numbers,
    mb_text_encoder **encoders;    // and of text
    mb_duck_column *columns;       // of the result that is read
    mb_buffer *memory, *scratch;   // lists of the above; a vector's rows
    int64_t filled, room, skipped; // rows, and how many there is room for
    int64_t first_row;             // of the source, for messages
    bool grows;                    // whether there may be more than there is room for
} mb_duck_rows;

// Begins n columns of `room` rows on this rank, or, where they grow, of more. `forms` and `names`
// must stay. Not collective.
mb_status mb_duck_rows_open(mb_context *cx, mb_duck *duck, int64_t n, const mb_duck_form *forms,
                            const char *const *names, int64_t room, bool grows,
                            mb_duck_rows *rows) MB_MUST_CHECK;

// Appends all rows of a result, whose columns have the forms or such that go into them. Not
// collective.
mb_status mb_duck_rows_append(mb_duck_rows *rows, duck_result *result) MB_MUST_CHECK;

// The columns, where each rank holds the rows that it has appended, unless one would hold far more
// than the others. `status` is this rank's so far. Inside a body, collective.
mb_status mb_duck_rows_finish(mb_duck_rows *rows, mb_status status,
                              mb_column **columns) MB_MUST_CHECK;

// Frees what was opened; may be all zeros.
void mb_duck_rows_close(mb_duck_rows *rows);
