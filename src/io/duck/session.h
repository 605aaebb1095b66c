// DuckDB in memory, one for each rank of a runtime: made when it is first asked for, closed with
// the runtime. It loads no extension and keeps its own memory within a part of the budget; what
// does not fit goes to files in a folder for temporary ones.
//
// No function here is collective.
#pragma once

#include "io/duck/api.h"

typedef struct mb_duck {
    mb_duck_api api;
    duck_database database;
    duck_connection connection;
    int threads;     // that it has now
    bool registered; // the table function of source.h
    // The statement whose rows are being fetched: see sql.h.
    duck_statement statement;
    duck_result result;
    bool has_result;
} mb_duck;

enum { MB_DUCK_CORES = -1 }; // as many threads as the process has cores

// The context's DuckDB, with so many threads from now on: one runs in the caller's thread alone.
mb_status mb_duck_open(mb_context *cx, int threads, mb_duck **duck) MB_MUST_CHECK;

// Closes it. Fine where there is none.
void mb_duck_close(mb_context *cx);

// Fails with DuckDB's message in one line; "interrupted" where the user asked for that.
mb_status mb_duck_fail(mb_context *cx, const char *message) MB_MUST_CHECK;

// Runs a statement whose rows do not matter.
mb_status mb_duck_do(mb_context *cx, mb_duck *duck, const char *sql) MB_MUST_CHECK;

// Prepares a statement, to be destroyed by the caller.
mb_status mb_duck_prepare(mb_context *cx, mb_duck *duck, const char *sql,
                          duck_statement *statement) MB_MUST_CHECK;

// Runs a prepared one until its first rows can be fetched, to be destroyed by the caller. An
// interrupt ends it.
mb_status mb_duck_run(mb_context *cx, mb_duck *duck, duck_statement statement,
                      duck_result *result) MB_MUST_CHECK;

// The next rows of a result, to be destroyed by the caller; NULL behind the last ones.
mb_status mb_duck_fetch(mb_context *cx, mb_duck *duck, duck_result *result,
                        duck_chunk *chunk) MB_MUST_CHECK;

// A statement that is put together.
typedef struct mb_duck_text {
    mb_context *cx;
    mb_buffer *buffer;
    size_t length;
    mb_status status; // of what was added so far
} mb_duck_text;

// Adds text, which may end with a zero byte no longer; as a name in quotes; as a string; as the
// path of one file, in which no character stands for others.
void mb_duck_add(mb_duck_text *text, const char *more);
void mb_duck_addf(mb_duck_text *text, const char *format, ...) MB_PRINTF(2, 3);
void mb_duck_add_name(mb_duck_text *text, const char *name);
void mb_duck_add_string(mb_duck_text *text, const char *string);
void mb_duck_add_path(mb_duck_text *text, const char *path);

// The text, once all could be added.
static inline const char *mb_duck_text_of(const mb_duck_text *text)
{
    return text->buffer->data;
}
