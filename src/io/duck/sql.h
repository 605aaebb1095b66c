// Statements of SQL, which DuckDB runs on rank 0.
//
// A statement is begun, which tells all ranks what it gives, and its rows are fetched by another
// operation: they stream into columns on rank 0, which go to the other ranks where they are many.
#pragma once

#include "column/column.h"
#include "io/strings.h"

// A value in a statement's place for one.
typedef struct mb_sql_value {
    const char *name;    // of $name; NULL: of the next ? or $1, $2, ...
    const mb_type *type; // bool, int, uint, float, text, a time or a duration; NULL: null
    mb_value value;
    const char *text; // of text
    size_t length;
} mb_sql_value;

// What a statement gives.
typedef struct mb_sql_outcome {
    bool has_rows;
    int64_t changed;    // rows that it has changed; -1 where it changes none
    mb_strings columns; // name and form of each, two strings a column
} mb_sql_outcome;

// Runs a statement until its first rows are there. One that was begun before, and not fetched, is
// forgotten. An operation's body. Collective.
mb_status mb_sql_begin(mb_context *cx, const char *sql, const mb_sql_value *values, int64_t n,
                       mb_sql_outcome *outcome) MB_MUST_CHECK;

// The rows of the statement that was begun last: columns with the names and forms of its outcome.
// Where memory ran out it begins anew, if it is a query. An operation's body. Collective.
mb_status mb_sql_fetch(mb_context *cx, const char *const *names, const char *const *forms,
                       int64_t n, mb_column **columns) MB_MUST_CHECK;
