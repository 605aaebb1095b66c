// The strings of some rows, on every rank.
#pragma once

#include "column/column.h"

// Brings the strings of n codes of a type to every rank; all ranks have the codes, of which
// valid[i] is 0 where there is none (NULL: all are there). Where the type's dictionary is spread
// `*strings` becomes a column whose type has them, and the codes become those of this type; else
// nothing is done. Takes a column that was there before. Memory: the strings, and 32 bytes for
// each. Inside a body, collective.
mb_status mb_text_fetch(mb_context *cx, const mb_type *type, mb_value *values, const uint8_t *valid,
                        int64_t n, mb_column **strings) MB_MUST_CHECK;

// mb_fetch_rows, and then the strings of the rows. Inside a body, collective; concludes it.
mb_status mb_text_fetch_rows(mb_context *cx, mb_column *column, int64_t first, int64_t n,
                             mb_value *values, uint8_t *valid, mb_column **strings) MB_MUST_CHECK;
