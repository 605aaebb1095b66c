// Where records begin.
#pragma once

#include "io/records/input.h"

// Where the first record begins at a byte of a file or behind it, of a compressed one in the text
// from there on; the end of its records where none does. A guess: of the text inside quotes and
// outside, the more plausible one. Of the record at that byte, at least `longest` bytes are looked
// through for its end. Not collective.
mb_status mb_record_start(mb_context *cx, const mb_record_form *form, const char *path,
                          const mb_record_file *file, int64_t fields, int64_t at, int64_t longest,
                          mb_record_place *start) MB_MUST_CHECK;
