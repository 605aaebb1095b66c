// Functions that make several strings of one, its pieces: as columns, or as rows.
//
// A function runs once for each string: it packs its pieces into one, from which they are taken.
#pragma once

#include "ops/text/entries.h"

// For a function that makes pieces (an mb_text_rewrite): appends the next one; bytes NULL: a
// missing one.
mb_status mb_text_append_piece(mb_text_output *output, mb_string piece) MB_MUST_CHECK;

// Pending text columns of the first n pieces of each row, missing where it has not so many. Inside
// a body, collective.
mb_status mb_text_piece_columns(mb_context *cx, mb_column *column, mb_text_rewrite *cut,
                                const void *argument, int64_t n, mb_column **results) MB_MUST_CHECK;

// All pieces of all rows, in order, as rows of a text column, and an int column of the rows, from
// 1, that they are of: results 0 and 1 of the running operation. Both are laid out as the rows are.
// Inside a body, collective.
mb_status mb_text_piece_rows(mb_context *cx, mb_column *column, mb_text_rewrite *cut,
                             const void *argument, mb_column **pieces,
                             mb_column **rows) MB_MUST_CHECK;
