// What DuckDB's types become here, and the values of its vectors.
//
// Integers become int, those of 64 bits without a sign uint; decimals without a fraction of up to
// 18 digits int, others float; text, bytes, names of enumerations and UUIDs text; dates and
// timestamps time; times of a day and intervals without months duration. Nested types are refused.
#pragma once

#include "column/column.h"
#include "io/duck/session.h"
#include "types/dictionary.h"

typedef enum mb_duck_form {
    MB_DUCK_REFUSED,
    MB_DUCK_BOOL,
    MB_DUCK_INT,
    MB_DUCK_UINT,
    MB_DUCK_FLOAT4,
    MB_DUCK_FLOAT,
    MB_DUCK_TEXT,
    MB_DUCK_TIME_S,
    MB_DUCK_TIME_MS,
    MB_DUCK_TIME_US,
    MB_DUCK_TIME_NS,
    MB_DUCK_DURATION_US,
    MB_DUCK_DURATION_NS,
    MB_DUCK_FORMS
} mb_duck_form;

// The type of columns of a form: of text before there are strings. `*float_width` as
// mb_builder_open takes it.
const mb_type *mb_duck_form_type(mb_duck_form form, int *float_width);

// The form that a type of DuckDB's becomes.
mb_duck_form mb_duck_form_of(const mb_duck_api *api, duck_type type);

// The name of a type that is refused, as "struct".
const char *mb_duck_type_name(const mb_duck_api *api, duck_type type);

// A column of a result.
typedef struct mb_duck_column {
    int id;                 // duck_type_id
    int stored;             // that of decimals and enumerations within
    double unit;            // of decimals: 10 to the power of the scale
    mb_duck_form form;      // of its own
    mb_buffer *names;       // of an enumeration: an mb_string each,
    mb_buffer *names_bytes; // and their bytes
} mb_duck_column;

mb_status mb_duck_column_open(mb_context *cx, const mb_duck_api *api, duck_type type,
                              mb_duck_column *column) MB_MUST_CHECK;
void mb_duck_column_close(mb_duck_column *column);

enum { MB_DUCK_PADDED = 24 }; // bytes that can be read behind the first one of each string

// Rows of a vector as mb_builder_append_words takes them, or, where `words` stays NULL, as
// mb_builder_append does (`values`). `bad` is what is wrong with row `bad_row`, where the status is
// MB_EOVERFLOW.
typedef struct mb_duck_converted {
    const void *values;
    uint64_t *words;
    int64_t bad_row;
    const char *bad;
} mb_duck_converted;

// `room` has space for DUCK_VECTOR_ROWS words.
mb_status mb_duck_numbers(const mb_duck_column *column, const void *data, const uint8_t *valid,
                          int64_t n, mb_duck_form as, uint64_t *room,
                          mb_duck_converted *converted) MB_MUST_CHECK;

// Rows of a vector of a column of text; `room` has MB_DUCK_ROOM bytes for each.
enum { MB_DUCK_ROOM = 40 };
void mb_duck_strings(const mb_duck_column *column, const void *data, const uint8_t *valid,
                     int64_t n, char *room, mb_string *strings);
