// Columns of text that meet: they get one dictionary.
#pragma once

#include "column/column.h"
#include "text/sort.h"

// The same columns with one dictionary that has the strings of all, and so with one type: pending
// where they stay replicated and codes change, else themselves, with a reference more. The
// dictionary is held as `storage` says: see text/sort.h. Memory: of replicated ones the strings
// twice, and 4 bytes for each, else that of mb_text_sort, and the results. Inside a body,
// collective.
mb_status mb_text_unite(mb_context *cx, mb_column *const *columns, int64_t n,
                        mb_text_storage storage, mb_column **united) MB_MUST_CHECK;

// A text column held by a replicated dictionary, or by a spread one of a string a row: itself, with
// a reference more, where it is. MB_EINVALID where there is no room for a replicated one. Inside a
// body, collective.
mb_status mb_text_store(mb_context *cx, mb_column *column, mb_text_storage storage,
                        mb_column **stored) MB_MUST_CHECK;
