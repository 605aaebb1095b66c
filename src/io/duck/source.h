// Rows of columns as a table function of DuckDB's, "moonbear_rows": what is written streams from
// here.
#pragma once

#include "column/column.h"
#include "io/duck/session.h"
#include "types/dictionary.h"

// A column whose rows on this rank are handed out.
typedef struct mb_duck_given {
    mb_column *column;
    const mb_dictionary *dictionary; // of text
    mb_buffer *strings, *bytes;      // of text whose strings other ranks have: an mb_string a row
} mb_duck_given;

typedef struct mb_duck_writing {
    mb_context *cx;
    mb_duck *duck;
    const char *const *names;
    mb_column *const *columns; // all rows, on all ranks
    int64_t n;
    mb_duck_given *given; // the rows at hand, of each column
    mb_buffer *memory;
    int64_t rows, done, before; // at hand; of these those that went out; before them
    int64_t out;                // all that went out
    bool gathers;               // rows of all ranks go out on rank 0, in pieces:
    int64_t next;               // how many have come
    mb_status status;           // what has failed while DuckDB asked for rows
    char message[MB_MESSAGE_SIZE];
} mb_duck_writing;

// Begins to hand rows out; makes the table function known where `duck` is not NULL. Not collective.
mb_status mb_duck_writing_open(mb_context *cx, mb_duck *duck, const char *const *names,
                               mb_column *const *columns, int64_t n,
                               mb_duck_writing *writing) MB_MUST_CHECK;
void mb_duck_writing_close(mb_duck_writing *writing);

// Runs a statement that takes the rows from the table function, in this thread: DuckDB must have no
// other one. Collective where it gathers, else not.
mb_status mb_duck_write_rows(mb_duck_writing *writing, const char *sql) MB_MUST_CHECK;

// Has this rank's rows at hand. Inside a body, collective.
mb_status mb_duck_take_own(mb_duck_writing *writing) MB_MUST_CHECK;

// Brings the next piece of all rows to rank 0; whether there was one. On rank 0 the table function
// calls it. Inside a body, collective.
mb_status mb_duck_take_piece(mb_duck_writing *writing, bool *more) MB_MUST_CHECK;
