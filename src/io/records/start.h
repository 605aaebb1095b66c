// Where records begin.
#pragma once

#include "io/records/input.h"

// Where the first record begins at a place of a plain file or behind it; the end of its records
// where none does. A guess: of the text behind the place inside quotes and outside, the more
// plausible one. Not collective.
mb_status mb_record_start(mb_context *cx, const mb_record_form *form, const char *path,
                          const mb_record_file *file, int64_t fields, int64_t at,
                          int64_t *start) MB_MUST_CHECK;
