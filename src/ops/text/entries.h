// Functions of text, and of whatever has a dictionary, computed once for each entry of a column's
// dictionary; rows take what their entries have.
#pragma once

#include "column/column.h"
#include "types/dictionary.h"

// Bytes that a function appends to.
typedef struct mb_text_output {
    mb_context *cx;
    mb_buffer *bytes;
    int64_t length;
} mb_text_output;

mb_status mb_text_append(mb_text_output *output, mb_string string) MB_MUST_CHECK;

// What a function makes of a string: a value, or another string, which it appends; `*valid` false
// makes it missing. Must give the same on all ranks; of a spread dictionary each rank asks for its
// own entries, and not for those that no row has.
typedef mb_status mb_text_measure(mb_context *cx, const void *argument, mb_string string,
                                  mb_value *value, bool *valid);
typedef mb_status mb_text_rewrite(const void *argument, mb_string string, mb_text_output *output,
                                  bool *valid);

// A column of `type`, of a text column's strings: pending where its dictionary is replicated.
// Missing rows stay so. Memory: for each entry 8 bytes; of a spread dictionary the result, too.
// Inside a body, collective.
mb_status mb_text_values(mb_context *cx, mb_column *column, const mb_type *type,
                         mb_text_measure *measure, const void *argument,
                         mb_column **result) MB_MUST_CHECK;

// Fills the values of all entries of a dictionary that this rank has, bools as bytes, others as 8
// bytes; they are zeros.
typedef void mb_text_scan(const void *argument, const mb_dictionary *dictionary, void *values);

// The same where it is quicker to go through the strings of all entries than through one after
// another.
mb_status mb_text_scan_values(mb_context *cx, mb_column *column, const mb_type *type,
                              mb_text_scan *scan, const void *argument,
                              mb_column **result) MB_MUST_CHECK;

// The same of text, whose dictionary has what the function makes: it is spread where this is too
// much for every rank. Memory: the strings, too.
mb_status mb_text_strings(mb_context *cx, mb_column *column, mb_text_rewrite *rewrite,
                          const void *argument, mb_column **result) MB_MUST_CHECK;

// The same of a type like `model`, whose entries are what the function makes.
mb_status mb_text_entries(mb_context *cx, mb_column *column, const mb_type *model,
                          mb_text_rewrite *rewrite, const void *argument,
                          mb_column **result) MB_MUST_CHECK;
