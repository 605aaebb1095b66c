// Encoding: strings that come row by row become a text column. While they come again and are few,
// each is kept once, and these become a sorted dictionary; else each row adds a string to a spread
// one.
#pragma once

#include "column/column.h"
#include "text/sort.h"
#include "types/dictionary.h"

typedef struct mb_text_encoder mb_text_encoder;

enum { MB_TEXT_READABLE = 24 }; // bytes

// Begins a column of n_local rows on this rank. It is held as `storage` says, but not replicated
// where there is no room. Not collective.
mb_status mb_text_encoder_open(mb_context *cx, int64_t n_local, mb_text_storage storage,
                               mb_text_encoder **encoder) MB_MUST_CHECK;

// Makes it one of a type like `model`, whose entries the strings are, instead of text.
void mb_text_encoder_as(mb_text_encoder *encoder, const mb_type *model);

// Appends a row: a copy of a string is kept; bytes NULL: the row is missing. MB_EINVALID past
// n_local rows. Memory: the strings, 12 bytes a row, and up to 96 bytes for each different string.
// Not collective.
mb_status mb_text_encoder_append(mb_text_encoder *encoder, mb_string string) MB_MUST_CHECK;

// Makes it a column of so many rows on this rank, no fewer than were appended, for those who do not
// know the number before. Not collective.
mb_status mb_text_encoder_resize(mb_text_encoder *encoder, int64_t n_local) MB_MUST_CHECK;

// The number of the string of the row that came last, or -1 where strings are no longer looked for.
int64_t mb_text_encoder_number(const mb_text_encoder *encoder);

// Appends a row with a string of this number, which a row before it has; there must be one left.
// Not collective.
void mb_text_encoder_again(mb_text_encoder *encoder, int64_t number);

// The same of n strings, of each of which MB_TEXT_READABLE bytes are readable whatever its length:
// much quicker. Of `padded` ones, zeros at the end are no part.
mb_status mb_text_encoder_append_all(mb_text_encoder *encoder, const mb_string *strings, int64_t n,
                                     bool padded) MB_MUST_CHECK;

// A string without the bytes at its end that are `pad`.
mb_string mb_text_trim(mb_string string, char pad);

// The column, of identity `index` of the running operation. `status` is this rank's so far; each
// must have got all of its rows, as many as the layout says. Inside a body, collective; the encoder
// stays the caller's to close.
mb_status mb_text_encoder_finish(mb_context *cx, mb_status status, mb_text_encoder *encoder,
                                 mb_layout *layout, int index, mb_column **column) MB_MUST_CHECK;

// Frees it, finished or not. NULL is fine.
void mb_text_encoder_close(mb_text_encoder *encoder);
