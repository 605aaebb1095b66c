// Columns of C arrays, for tests of whole-column operations without Lua and without other ranks.
#pragma once

#include "check.h"
#include "column/column.h"

enum { COLUMNS_MOST = 4 };

// What an operation is given and gives; bodies take of it what they need.
typedef struct columns_call {
    mb_column *in[COLUMNS_MOST], *out[COLUMNS_MOST];
    int64_t number;
    const void *option;
    void *answer;
} columns_call;

// New columns with the values of arrays; `valid` has a byte a row, 0 for missing, or is NULL. A
// float column's values are stored in 8 bytes; those of another type are given by their bits.
mb_column *columns_bool(mb_context *cx, const uint8_t *values, const uint8_t *valid, int64_t n);
mb_column *columns_int(mb_context *cx, const int64_t *values, const uint8_t *valid, int64_t n);
mb_column *columns_typed(mb_context *cx, const mb_type *type, const int64_t *values, int64_t n);
mb_column *columns_float(mb_context *cx, const double *values, const uint8_t *valid, int64_t n);

// Runs a body as an operation, and checks its status, or returns it.
void columns_run(mb_context *cx, mb_body body, columns_call *call);
mb_status columns_try(mb_context *cx, mb_body body, columns_call *call);

// Checks that an int or bool column, or a float column, has these values, where `valid` says so.
void columns_check_int(const mb_column *column, const int64_t *values, const uint8_t *valid,
                       int64_t n);
void columns_check_float(const mb_column *column, const double *values, int64_t n);

// Releases all columns of a call.
void columns_close(columns_call *call);
